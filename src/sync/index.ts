/** Cloud sync: pure Node, without the daemon. It talks to the server, merges, and leaves the machine's side to a {@link Replica}. */
export { createCloudClient } from './client'
export type {
  CloudClient,
  CloudClientOptions,
  CloudUser,
  EventListeners,
  NewRow,
  RunIds,
  SyncResult,
  TeamDetails,
  TeamMember,
  UnreadableRow,
} from './client/types'
export { defaultOverrides, differingFields, forwardIssue, isSameValue } from './fields'
export { resolveConflict, type Choice } from './resolve'
export { formatServerAddress, isSameServer, parseServerAddress, type ServerAddress } from './server-address'
export { createSync, type Sync, type SyncOptions } from './sync'
export type {
  Binding,
  Clock,
  CloudRow,
  Conflict,
  Extensions,
  Namespace,
  NewOutboxEntry,
  OutboxEntry,
  Replica,
  ReplicaChanges,
  ReplicaState,
  Shared,
  SyncLog,
  SyncReport,
  TeamMembership,
  Tokens,
  TokenStore,
} from './types'
