/** What a cloud server can be asked. Every method throws a WarrenError `cloud.*`. */
import type { CloudAuditEntry, CloudFields, CloudInvitation, CloudRun, TeamRole } from '@shared/cloud-views'
import type { KeyRoutes } from '../seal/types'
import type { CloudRow, Extensions, Namespace, TeamMembership, TokenStore } from '../types'

export interface CloudClientOptions {
  /** `https://host[:port][/path]`. */
  readonly url: string
  readonly tokens: TokenStore
  /** Told at the login, and with `start` and `stop`. */
  readonly device: { readonly id: string; readonly name: string }
  /** Allows `http` to another machine. */
  readonly insecure?: boolean
  /** How long an answer may take; shorter in tests. */
  readonly timeoutMs?: number
}

export interface CloudUser {
  readonly id: string
  readonly email: string
  readonly username: string
}

/** A row that this Warren cannot represent. It is left alone on both sides. */
export interface UnreadableRow {
  readonly id: string
  readonly name: string
  /** What is wrong with it, to stand after its name. */
  readonly reason: string
}

export interface CloudRows {
  readonly rows: readonly CloudRow[]
  readonly unreadable: readonly UnreadableRow[]
}

export interface CloudList extends CloudRows {
  /** Where a delta begins that misses nothing; `null` without the extension `since`. */
  readonly cursor: string | null
}

export interface CloudDelta extends CloudRows {
  /** Ids. */
  readonly deleted: readonly string[]
  readonly cursor: string
  readonly more: boolean
}

/** What is sent of a forward. */
export interface NewRow {
  readonly localId: string
  readonly fields: Partial<CloudFields> & Pick<CloudFields, 'name' | 'type'>
}

/** The outcome of one element of a sync, in their order. */
export interface SyncResult {
  readonly result: 'created' | 'updated' | 'unchanged' | 'conflict' | 'rejected'
  readonly id: string | null
  readonly version: number | null
  /** Why it was rejected. */
  readonly message: readonly string[]
}

/** What runs on this machine, as it is told to the server. */
export interface RunIds {
  readonly tunnelId: string | null
  readonly connectionId: string | null
}

export interface TeamDetails extends TeamMembership {
  /** Of its newest key, 0 for none. */
  readonly keyGeneration: number
  /** Somebody who could hold the newest key left. */
  readonly rekeyDue: boolean
}

export interface TeamMember {
  readonly userId: string
  readonly email: string
  readonly username: string
  readonly role: TeamRole
}

export interface EventListeners {
  /** The server took the stream. */
  readonly onOpen?: () => void
  /** The list stands at `cursor` now. */
  readonly onChange: (cursor: string) => void
  /** On the personal stream: my teams, roles or my published key changed. */
  readonly onTeams?: () => void
  /** On a team's stream: its members, roles or keys changed. */
  readonly onTeam?: () => void
}

export interface TeamRoutes {
  readonly mine: () => Promise<readonly TeamDetails[]>
  readonly create: (name: string) => Promise<TeamDetails>
  /** By the token of an invitation. */
  readonly join: (token: string) => Promise<TeamDetails>
  readonly members: (teamId: string) => Promise<readonly TeamMember[]>
  readonly invite: (
    teamId: string,
    what: { readonly role: TeamRole; readonly days: number },
  ) => Promise<CloudInvitation>
  readonly invites: (teamId: string) => Promise<readonly CloudInvitation[]>
  readonly withdraw: (teamId: string, invitationId: string) => Promise<void>
  readonly leave: (teamId: string) => Promise<void>
  readonly removeMember: (teamId: string, userId: string) => Promise<void>
  readonly setRole: (teamId: string, userId: string, role: TeamRole) => Promise<void>
  readonly dissolve: (teamId: string) => Promise<void>
  readonly audit: (
    teamId: string,
    page: { readonly limit: number; readonly before?: number | undefined },
  ) => Promise<readonly CloudAuditEntry[]>
}

export interface ForwardRoutes {
  readonly list: (namespace: Namespace) => Promise<CloudList>
  /** `null`: the server does not know the cursor (any more), list anew. */
  readonly since: (namespace: Namespace, cursor: string) => Promise<CloudDelta | null>
  /** `null`: it is gone. */
  readonly read: (id: string) => Promise<CloudRow | UnreadableRow | null>
  /** Not idempotent: after a lost answer look for the `localId` first. */
  readonly create: (namespace: Namespace, row: NewRow) => Promise<CloudRow | UnreadableRow>
  /** Makes those that are not there; one that is there comes back as `conflict`. At most `MAX_SYNC`. Needs the extension `etag`. */
  readonly createMany: (namespace: Namespace, rows: readonly NewRow[]) => Promise<readonly SyncResult[]>
  /**
   * Writes the named fields. Throws `cloud.changed-meanwhile` when the row has another version, `cloud.not-found` when it is gone.
   * `version` is heeded by a server with `etag`.
   */
  readonly patch: (
    id: string,
    fields: Partial<CloudFields>,
    version: number | null,
  ) => Promise<CloudRow | UnreadableRow>
  /** As {@link patch}. */
  readonly remove: (id: string, version: number | null) => Promise<void>
  /** Whether the row is active afterwards. */
  readonly start: (id: string, run: RunIds) => Promise<boolean>
  readonly stop: (id: string) => Promise<boolean>
  /** Who runs it; empty for a server that does not say. */
  readonly status: (id: string) => Promise<{ readonly isActive: boolean; readonly runs: readonly CloudRun[] }>
}

export interface CloudClient extends ForwardRoutes {
  readonly url: string
  /** Of the last answer; empty before the first. */
  readonly extensions: () => Extensions
  /** Keeps the tokens. Throws `cloud.login-refused`. */
  readonly login: (who: { readonly email: string; readonly password: string }) => Promise<CloudUser>
  readonly register: (who: {
    readonly email: string
    readonly username: string
    readonly password: string
    /** The token of an invitation's or a first start's link. */
    readonly invitation: string | null
  }) => Promise<CloudUser>
  /** Voids the login at the server and forgets the tokens here, also when the server cannot be told. */
  readonly logout: () => Promise<void>
  readonly changePassword: (oldPassword: string, newPassword: string) => Promise<void>
  /** Whose token it is; `null` for a server that cannot tell. Throws `cloud.login-needed`. */
  readonly validate: () => Promise<CloudUser | null>
  /** Stays open until the server ends it (resolves), `signal` (resolves), or it breaks (throws). */
  readonly events: (namespace: Namespace, listeners: EventListeners, signal: AbortSignal) => Promise<void>
  readonly teams: TeamRoutes
  readonly keys: KeyRoutes
  /** The same client; what is asked through it ends with `signal`, as `cloud.unreachable`. */
  readonly until: (signal: AbortSignal) => CloudClient
}
