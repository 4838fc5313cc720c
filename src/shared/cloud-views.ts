/** What views show of the cloud: the account, the teams, the state of sync, and what a forward shares. Observed, read-only. */
import type { Fault } from './errors'
import type { ForwardType } from './specs'

/** `owner` decides about the team, `developer` changes its forwards, `user` runs them. */
export const teamRoles = ['owner', 'developer', 'user'] as const
export type TeamRole = (typeof teamRoles)[number]

/** The namespace of what belongs to the account alone: the document's `null`. */
export const PERSONAL = 'personal'

/**
 * What a forward says to the cloud, in the words of the document. Everything else of it stays on this machine.
 *
 * `serverAddress` is `host`, `host:port` or `[IPv6]:port`.
 */
export interface CloudFields {
  readonly name: string
  readonly type: ForwardType
  readonly localHost: string | null
  readonly localPort: number | null
  readonly remoteHost: string | null
  readonly remotePort: number | null
  readonly bindAddress: string | null
  readonly bindPort: number | null
  readonly serverAddress: string | null
  readonly username: string | null
  readonly tags: readonly string[]
  readonly description: string
  /** Sealed text (`SEALED_PREFIX`), never clear. */
  readonly password: string | null
  readonly keyContent: string | null
  readonly passphrase: string | null
}
export const cloudFieldNames = [
  'name',
  'type',
  'localHost',
  'localPort',
  'remoteHost',
  'remotePort',
  'bindAddress',
  'bindPort',
  'serverAddress',
  'username',
  'tags',
  'description',
  'password',
  'keyContent',
  'passphrase',
] as const satisfies readonly (keyof CloudFields)[]
export type CloudField = (typeof cloudFieldNames)[number]

export type SyncState =
  /** No account. */
  | 'signed-out'
  /** The server wants a login again: see `fault`. */
  | 'login-needed'
  /** Connecting for the first time since the daemon started. */
  | 'starting'
  | 'in-sync'
  /** Changes of this machine wait to be sent; they are being sent. */
  | 'waiting'
  /** The server cannot be reached since `since`; changes wait. */
  | 'offline'
  /** A person must decide: see the inbox. */
  | 'conflict'

/** Whether this machine can open sealed secrets. */
export type KeyState =
  /** The server knows no sealed text: no secret is sent. */
  | 'unsupported'
  /** The account has no key yet; the first secret that is shared makes one. */
  | 'none'
  /** The recovery code is needed once on this machine. */
  | 'locked'
  | 'ready'

export interface CloudTeam {
  readonly id: string
  readonly name: string
  readonly role: TeamRole
  /** Whether this machine holds the team's newest key; `waiting`: another member must give it. */
  readonly key: 'none' | 'ready' | 'waiting' | 'locked'
}

export interface CloudAccount {
  /** `https://host:port`, without a slash at the end. */
  readonly url: string
  readonly email: string
  readonly username: string
  readonly userId: string
}

export interface CloudView {
  readonly account: CloudAccount | null
  readonly state: SyncState
  /** ISO 8601, when `state` began. */
  readonly since: string
  /** Changes of this machine that the server has not confirmed. */
  readonly waiting: number
  readonly conflicts: number
  /** What the server refused for good, until it is edited. */
  readonly refused: number
  /** Why it is offline, or wants a login. */
  readonly fault: Fault | null
  /** ISO 8601. */
  readonly lastSyncAt: string | null
  /** ISO 8601 of the next try, while offline. */
  readonly nextTryAt: string | null
  /** `events`: changes come at once. `polling`: every `pollSeconds`. */
  readonly mode: 'events' | 'polling'
  readonly pollSeconds: number
  readonly teams: readonly CloudTeam[]
  readonly key: KeyState
  /** Where the login rests. */
  readonly keeps: 'keychain' | 'file' | 'memory'
  readonly device: { readonly id: string; readonly name: string }
}

/** How a forward stands to the cloud; `null` in a view means it is kept on this machine only. */
export interface ForwardCloud {
  /** {@link PERSONAL} or the id of a team. */
  readonly namespace: string
  /** Name of the team, or `Personal`. */
  readonly space: string
  readonly state: 'synced' | 'waiting' | 'conflict' | 'refused'
  /** Why the server refused it. */
  readonly fault: Fault | null
  /** Whether this account may change the shared part. */
  readonly editable: boolean
  /** The shared values as last agreed with the server; `null` before the first time. */
  readonly shared: CloudFields | null
  /** Fields whose value here is this machine's own. */
  readonly overrides: readonly CloudField[]
  /** The port it was given here because the shared one was taken. */
  readonly remapped: { readonly from: number; readonly to: number } | null
  /** Which secrets come sealed with it, and whether this machine can open them. */
  readonly secrets: readonly { readonly kind: 'password' | 'keyContent' | 'passphrase'; readonly readable: boolean }[]
  /** Somebody runs it now, as the server last said. */
  readonly activeElsewhere: boolean
}

export interface CloudConflict {
  readonly id: string
  /** Of the forward here; `null` when it was deleted here. */
  readonly forwardId: string | null
  readonly name: string
  readonly namespace: string
  readonly space: string
  readonly kind: ConflictKind
  /** ISO 8601. */
  readonly at: string
  /** The fields that both sides changed; all that differ for a deletion. */
  readonly fields: readonly CloudField[]
  readonly base: CloudFields | null
  readonly mine: CloudFields | null
  readonly theirs: CloudFields | null
}
export type ConflictKind =
  /** The same field was changed here and there. */
  | 'edited'
  /** Deleted there; changed here since, or running here. */
  | 'deleted-there'
  /** Deleted here; changed there since. */
  | 'deleted-here'

export interface CloudMember {
  readonly userId: string
  readonly email: string
  readonly username: string
  readonly role: TeamRole
  /** This account. */
  readonly isMe: boolean
  /** `has`: holds the team's key. `waits`: has a key of its own and waits for the team's. `keyless`: never shared a secret. */
  readonly key: 'has' | 'waits' | 'keyless' | 'no-team-key' | 'unsupported'
  /** Of the member's public key, to compare by voice; four groups of four. */
  readonly fingerprint: string | null
  /** Their public key is another one than this machine saw before. */
  readonly keyChanged: boolean
}

export interface CloudInvitation {
  readonly id: string
  readonly role: TeamRole
  readonly expiresAt: string
  /** Told once, when it is made. */
  readonly link: string | null
}

export interface CloudAuditEntry {
  readonly id: number
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: string
}

/** A device that runs a forward now. */
export interface CloudRun {
  readonly deviceId: string
  readonly deviceName: string
  readonly user: string
  readonly since: string
  readonly isThisDevice: boolean
}
