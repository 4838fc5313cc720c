/** What sealing asks of the server and of the machine. */
import type { CloudMember, TeamRole } from '@shared/cloud-views'

/** `/keys/me`. */
export interface OwnKey {
  readonly publicKey: string
  readonly sealedPrivateKey: string
  /** What the next one `replaces`. */
  readonly version: number
}

/** `/teams/:id/keys`. */
export interface TeamKeyState {
  /** The newest; 0 while there is none. */
  readonly generation: number
  /** Somebody who could hold the newest key left. */
  readonly rekeyDue: boolean
  /** There is a key, and no member holds the newest. */
  readonly lost: boolean
  readonly mine: readonly { readonly generation: number; readonly wrapped: string; readonly createdBy: string }[]
  readonly members: readonly {
    readonly userId: string
    readonly email: string
    readonly username: string
    readonly role: TeamRole
    readonly publicKey: string | null
    readonly keyVersion: number | null
    readonly generations: readonly number[]
  }[]
}

export interface WrappedCopy {
  readonly userId: string
  readonly keyVersion: number
  readonly wrapped: string
}

/**
 * The key routes of the server. Every method throws `cloud.*`: `cloud.changed-meanwhile` for 409, `cloud.forbidden` for 403,
 * `cloud.not-found` for 404.
 */
export interface KeyRoutes {
  /** `null` when none was published. */
  readonly mine: () => Promise<OwnKey | null>
  readonly publish: (key: Omit<OwnKey, 'version'> & { /** 0 for none. */ readonly replaces: number }) => Promise<OwnKey>
  readonly ofTeam: (teamId: string) => Promise<TeamKeyState>
  readonly newGeneration: (
    teamId: string,
    next: { readonly generation: number; readonly copies: readonly WrappedCopy[] },
  ) => Promise<TeamKeyState>
  readonly addCopies: (
    teamId: string,
    copies: readonly (WrappedCopy & { readonly generation: number })[],
  ) => Promise<TeamKeyState>
  readonly dropCopy: (teamId: string, generation: number) => Promise<TeamKeyState>
}

/** A public key that this machine saw for a member. */
export interface Pin {
  readonly teamId: string
  readonly userId: string
  readonly publicKey: string
  readonly keyVersion: number
  /** ISO 8601 since when the team's keys are shared with it; `null`: seen, or revoked. */
  readonly grantedAt: string | null
}

/** What this machine remembers about members' keys, whatever the server says later. */
export interface PinStore {
  readonly of: (teamId: string) => readonly Pin[]
  readonly save: (pin: Pin) => Promise<void>
  /** Of one member, or everything about the team, its keys too. */
  readonly forget: (teamId: string, userId?: string) => Promise<void>
  /** The team's keys that were ever believed here. A server that shows another one, or only older ones, is noticed. */
  readonly keys: (teamId: string) => readonly SeenKey[]
  readonly saveKey: (teamId: string, key: SeenKey) => Promise<void>
}

export interface SeenKey {
  readonly generation: number
  /** A hash of it: it opens nothing. */
  readonly check: string
  /** Our copy as the server gave it, so that it opens without the server. */
  readonly wrapped: string
}

export interface TeamOfMine {
  readonly id: string
  readonly name: string
  readonly role: TeamRole
}

/** How a team's key stands, as last seen. */
export interface TeamKeyView {
  readonly generation: number
  /** `ready`: the newest is open here. */
  readonly key: 'none' | 'ready' | 'waiting'
  readonly rekeyDue: boolean
  readonly lost: boolean
  /** This account made the newest generation: one of its machines seals the team's secrets anew. */
  readonly isMaker: boolean
  /** And it is this machine that made it, since its daemon started: it seals them at once. */
  readonly isMadeHere: boolean
  readonly members: readonly Pick<
    CloudMember,
    'userId' | 'email' | 'username' | 'role' | 'key' | 'fingerprint' | 'keyChanged'
  >[]
}
