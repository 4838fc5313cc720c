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
export { defaultOverrides, differingFields, forwardIssue } from './fields'
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
export {
  fingerprintOf,
  identityOf,
  makeIdentity,
  openIdentity,
  sealIdentity,
  type Identity,
  type NewIdentity,
} from './seal/identity'
export {
  generationOf,
  openSecret,
  personalKey,
  sealSecret,
  wordOf,
  type SealingKey,
  type SecretField,
  type SecretPlace,
} from './seal/secret'
export { prepareSealing } from './seal/sodium'
export { createTeamKeys, type TeamKeys, type TeamKeysOptions } from './seal/team-keys'
export type {
  KeyRoutes,
  OwnKey,
  Pin,
  PinStore,
  SeenKey,
  TeamKeyState,
  TeamKeyView,
  TeamOfMine,
  WrappedCopy,
} from './seal/types'
