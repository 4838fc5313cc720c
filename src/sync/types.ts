/** What sync asks of the machine it runs on, and what it gives. Who composes it implements {@link Replica} and {@link TokenStore}. */
import type { Extension } from '@shared/cloud'
import type { CloudField, CloudFields, ConflictKind, TeamRole } from '@shared/cloud-views'
import type { Fault } from '@shared/errors'

/** `null`: personal. */
export type Namespace = string | null

/** A forward that is shared, as this machine knows it. */
export interface Binding {
  /** Of the forward here. */
  readonly forwardId: string
  readonly namespace: Namespace
  /** The document's `localId`: makes a create that is sent twice one. */
  readonly localId: string
  /** `null` until the server confirmed it. */
  readonly cloudId: string | null
  /** Of the server, with the extension `etag`. */
  readonly version: number | null
  /** The last common version; `null` until the server confirmed it. */
  readonly base: CloudFields | null
  /** Fields whose value here is this machine's own: never sent, never overwritten. */
  readonly overrides: readonly CloudField[]
  /** Why the server refused the last change; until the next edit nothing is sent. */
  readonly refused: Fault | null
  /** The server's `status` was `active` for somebody else. */
  readonly activeElsewhere: boolean
}

/** A shared forward with its values here, overrides among them. */
export interface Shared {
  readonly binding: Binding
  readonly fields: CloudFields
  /** It is wanted here: a deletion there asks before it stops it. */
  readonly isWanted: boolean
}

/** A change that waits for the server. One `save` and one `run` per forward: the newest; a newer one has a higher `seq`. */
export type OutboxEntry = {
  readonly seq: number
  readonly namespace: Namespace
  /** ISO 8601. */
  readonly at: string
} & (
  | { readonly kind: 'save'; readonly forwardId: string }
  /** `localId` finds what was sent and never confirmed. `base` tells whether somebody changed it since; `null`: delete whatever it is. */
  | {
      readonly kind: 'delete'
      readonly cloudId: string | null
      readonly localId: string
      readonly version: number | null
      readonly base: CloudFields | null
    }
  | {
      readonly kind: 'run'
      readonly forwardId: string
      readonly running: boolean
      readonly tunnelId: string | null
      readonly connectionId: string | null
    }
)
export type NewOutboxEntry = OutboxEntry extends infer Entry
  ? Entry extends OutboxEntry
    ? Omit<Entry, 'seq' | 'at'>
    : never
  : never

/** A decision that a person must take. While one is open for a forward, its `save` is not sent. */
export interface Conflict {
  readonly id: string
  readonly namespace: Namespace
  readonly kind: ConflictKind
  /** `null` for `deleted-here`. */
  readonly forwardId: string | null
  readonly localId: string
  readonly cloudId: string | null
  /** Of the server's row, `null` for a deleted one. */
  readonly version: number | null
  readonly fields: readonly CloudField[]
  readonly base: CloudFields | null
  readonly mine: CloudFields | null
  readonly theirs: CloudFields | null
  /** ISO 8601. */
  readonly at: string
}

/** What this machine holds, read while no edit can come between. */
export interface ReplicaState {
  readonly all: (namespace: Namespace) => readonly Shared[]
  readonly byForward: (forwardId: string) => Shared | null
  readonly byCloudId: (cloudId: string) => Shared | null
  readonly byLocalId: (namespace: Namespace, localId: string) => Shared | null
  /** Oldest first. */
  readonly outbox: (namespace: Namespace) => readonly OutboxEntry[]
  readonly conflicts: (namespace: Namespace) => readonly Conflict[]
  /** Where the last delta ended; `null` asks for everything. */
  readonly cursor: (namespace: Namespace) => string | null
  /** Teams of which something is kept here: bindings, outbox, conflicts or a cursor. */
  readonly namespaces: () => readonly string[]
}

/** Written in one transaction, then told. What is absent stays. `release` and `remove` come before `arrive`: they make room for it. */
export interface ReplicaChanges {
  /** Forwards that stay and are shared no more. */
  readonly release?: readonly string[]
  /**
   * New values of forwards that are here, with their binding. Fields in `overrides` keep what they are here; the replica may add overrides
   * when the machine cannot take a value (a taken name).
   */
  readonly save?: readonly { readonly binding: Binding; readonly fields: CloudFields }[]
  /**
   * Forwards that arrive. The replica makes the forward (never started), finds or makes its server, takes another local port or name when
   * it must, and completes `overrides` and `forwardId`.
   */
  readonly arrive?: readonly {
    readonly binding: Omit<Binding, 'forwardId' | 'overrides'>
    readonly fields: CloudFields
  }[]
  /** Forwards that go away here (deleted there). */
  readonly remove?: readonly string[]
  readonly bindings?: readonly Binding[]
  /** `seq` of entries that are done. An entry that was replaced by a newer one is not touched. */
  readonly done?: readonly number[]
  readonly outbox?: readonly NewOutboxEntry[]
  readonly conflicts?: readonly Conflict[]
  readonly settled?: readonly string[]
  readonly cursor?: { readonly namespace: Namespace; readonly value: string | null }
  /** Everything of a namespace that is no more ours: its forwards are removed here, its outbox and conflicts forgotten. */
  readonly forgetNamespace?: string
}

/** The shared forwards of one machine. */
export interface Replica {
  /**
   * Runs `work` when no edit can come between and writes what it returns in one transaction; when it cannot be written, nothing changed
   * and it throws. `work` may be run only once and must not wait for anything.
   */
  readonly transact: <T>(
    work: (state: ReplicaState) => { readonly changes: ReplicaChanges; readonly result: T },
  ) => Promise<T>
}

/** Tokens of the account. What it holds is in the keychain; reading is from memory. */
export interface TokenStore {
  readonly get: () => Tokens | null
  /** Resolves when they are kept: a refresh token is used once, so the new one must rest before the next is asked for. */
  readonly set: (tokens: Tokens | null) => Promise<void>
}
export interface Tokens {
  readonly token: string
  /** `null` for a server that has none. */
  readonly refreshToken: string | null
}

/** A row of the server, parsed. Secrets are sealed text or left out (`null`). */
export interface CloudRow {
  readonly id: string
  readonly localId: string | null
  readonly fields: CloudFields
  readonly version: number | null
  readonly updatedAt: string | null
  readonly status: string | null
  /** Fields that the answer did not have, or has in a way that says nothing: what is here of them stays. */
  readonly missing: readonly CloudField[]
  /** Nobody changed it since it was made. */
  readonly isUntouched: boolean
  /** The server's secret fields held text that was not sealed: it is not used. */
  readonly hasClearSecrets: boolean
}

export interface TeamMembership {
  readonly id: string
  readonly name: string
  readonly role: TeamRole
}

/** What the server announced with its last answer; empty for one that knows the document alone. */
export type Extensions = ReadonlySet<Extension>

/** Time, as sync asks for it. */
export interface Clock {
  readonly now: () => number
  /** Runs `task` after `ms`; returns the way to cancel. */
  readonly after: (ms: number, task: () => void) => () => void
}

/** For people; without secrets. */
export type SyncLog = (level: 'info' | 'warning', message: string) => void

export interface SyncReport {
  /** `null` while all is well. */
  readonly fault: Fault | null
  readonly isOffline: boolean
  /** ISO 8601. */
  readonly lastSyncAt: string | null
  readonly nextTryAt: string | null
  readonly mode: 'events' | 'polling'
  readonly isBusy: boolean
  readonly extensions: Extensions
  readonly teams: readonly TeamMembership[]
}
