/** What the parts of the daemon's cloud ask of each other, and what the daemon asks of them. */
import type { CloudField, CloudTeam, CloudView, ForwardCloud, KeyState } from '@shared/cloud-views'
import type { RpcMethod, RpcParsed, RpcResults } from '@shared/rpc'
import type { Namespace, Tokens } from '@sync'
import type { CloudChange } from '../store/index'
import type { Edits } from './edits'

type CloudMethod = Extract<RpcMethod, `cloud.${string}`>
type NameOf<M extends CloudMethod> = M extends `cloud.${infer Name}` ? Name : never

/** One function for each request `cloud.*`; all but `status`, `login`, `register` and `conflicts` throw `cloud.signed-out` without an account. */
export type CloudRequests = {
  readonly [M in CloudMethod as NameOf<M>]: (params: RpcParsed<M>) => Promise<RpcResults[M]> | RpcResults[M]
}

export interface Cloud extends CloudRequests {
  /** How a forward stands to the cloud; `null` when it is kept on this machine only, or nobody is signed in. */
  readonly viewOf: (forwardId: string) => ForwardCloud | null
  /** What an edit means for what is shared; what it gives is written with the edit, then {@link written}. */
  readonly edits: Edits
  /** Resolves when the kept login is open, or cannot be had: until then an edit could not seal anew what is sealed. Asks no server. */
  readonly ready: () => Promise<void>
  readonly written: (change: CloudChange) => void
  /** Something is being sent, or is about to: the daemon stays. */
  readonly isBusy: () => boolean
  readonly isSignedIn: () => boolean
  /** Clients can reach the daemon: sync begins. */
  readonly begin: () => Promise<void>
  readonly networkChanged: () => void
  readonly close: () => Promise<void>
}

/** The account of this data folder; saved, and without a secret. Stays after a logout, so that the same account finds its forwards. */
export interface AccountRecord {
  readonly url: string
  readonly userId: string
  readonly email: string
  readonly username: string
  readonly keeps: CloudView['keeps']
  readonly insecure: boolean
  readonly isSignedIn: boolean
}

// --- keychain.ts: where the login rests ---

/** One entry: the tokens, and the private key of the account (base64url) once it was unlocked here. */
export interface Kept {
  readonly tokens: Tokens | null
  readonly privateKey: string | null
  /** Whose login it is, and where: they rest in the same write, so that no crash makes it that of another account. */
  readonly userId?: string | undefined
  readonly url?: string | undefined
}

export interface Keychain {
  readonly keeps: CloudView['keeps']
  /** From memory; what was read when it was opened. */
  readonly get: () => Kept
  /** Resolves when it rests. Parts that are absent stay. */
  readonly set: (part: Partial<Kept>) => Promise<void>
  /** Takes the entry away; what comes late, as a token that was being renewed, is not kept any more. */
  readonly clear: () => Promise<void>
  /** Another login rests in its place: nothing is written any more. */
  readonly retire: () => void
}

/** Teams that this person is leaving or dissolving by a request of their own: that they are gone then is no news. */
export type Departures = Map<string, 'left' | 'dissolved'>

export interface KeychainOptions {
  /** The data folder; with `url` the name of the entry. */
  readonly home: string
  readonly url: string
  readonly keep: CloudView['keeps']
  /** For a login: what rests there and cannot be read is replaced. */
  readonly isNew?: boolean
}

// --- team-keys.ts, secrets.ts: sealing ---

/** A sealed field of a shared forward, as the replica holds it. */
export interface SealedField {
  readonly forwardId: string
  readonly namespace: Namespace
  readonly field: SecretField
  readonly text: string
  /** As the cloud says it: part of what the text was sealed for. */
  readonly serverAddress: string | null
}
export type SecretField = Extract<CloudField, 'password' | 'keyContent' | 'passphrase'>

/** The sealed text of the replica. */
export interface SealedFields {
  /** Of one namespace (`null`: personal). */
  readonly list: (namespace: Namespace) => readonly SealedField[]
  readonly of: (forwardId: string) => readonly SealedField[]
  /** Of the forwards that go to this server. */
  readonly ofServer: (serverId: string) => readonly SealedField[]
  /** Puts other text in their place and into the outbox, in one transaction. What is no more `before` by then stays as it is. */
  readonly replace: (
    changes: readonly (Omit<SealedField, 'text' | 'namespace' | 'serverAddress'> & {
      readonly before: string | null
      readonly text: string | null
    })[],
  ) => Promise<void>
}

/** Keys of the account and its teams on this machine. Everything sync here needs `prepareSealing` before. */
export interface Keys {
  readonly state: () => KeyState
  readonly team: (teamId: string) => CloudTeam['key']
  /** Whether the text can be opened here. */
  readonly isReadable: (sealed: SealedField) => boolean
  /** Throws `cloud.no-sealing`, `cloud.key-locked`, `cloud.team-key-waiting`. The first personal secret needs a key before. */
  readonly seal: (plain: Omit<SealedField, 'text' | 'forwardId'> & { readonly value: string }) => string
  /** Throws as {@link seal}, and `cloud.sealed-for-other`. */
  readonly open: (sealed: SealedField) => string
  /** For another server or namespace; `null` when it cannot be opened or sealed here. */
  readonly reseal: (
    sealed: SealedField,
    to: { readonly serverAddress: string | null; readonly namespace: Namespace },
  ) => string | null
  /** The server said that teams, members or keys changed: looks, opens, and gives what is automatic. */
  readonly look: () => Promise<void>
  readonly close: () => void
}
