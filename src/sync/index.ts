/** Cloud sync: pure Node, without the daemon. It talks to the server, merges, and leaves the machine's side to a {@link Replica}. */
export type {
  Binding,
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
  SyncReport,
  TeamMembership,
  Tokens,
  TokenStore,
} from './types'
