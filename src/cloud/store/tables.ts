/** The cloud's tables as Kysely sees them: column names are turned to camel case by its plugin. Times are ISO 8601, UTC. */
import type { Generated } from 'kysely'

export interface UserRow {
  id: string
  email: string
  /** Lower case: what is unique. */
  emailKey: string
  username: string
  /** `null` for accounts of an identity provider. */
  passwordHash: string | null
  /** Tokens of an earlier epoch are not valid any more. */
  tokenEpoch: number
  failedLogins: number
  lockedUntil: string | null
  /** Of the identity provider, with the subject: `issuer subject`. */
  external: string | null
  createdAt: string
}

/** A chain of refresh tokens of one device; each use replaces the secret. */
export interface RefreshRow {
  id: string
  userId: string
  /** SHA-256 of the secret that is valid now. */
  hash: string
  /** And of the one before: whoever shows it has stolen it, or an answer was lost. */
  previousHash: string | null
  device: string
  createdAt: string
  usedAt: string
  expiresAt: string
  revokedAt: string | null
}

/** Access tokens that were logged out before their time. */
export interface RevokedRow {
  jti: string
  expiresAt: string
}

export interface TeamRow {
  id: string
  name: string
  createdAt: string
  dissolvedAt: string | null
  /** The newest key of the team; 0 while there is none. */
  keyGeneration: number
  /** 1 when somebody who could hold it left. */
  rekeyDue: number
}

export interface MemberRow {
  teamId: string
  userId: string
  role: string
  joinedAt: string
}

export interface InviteRow {
  id: string
  /** `null`: an invitation to make an account only. */
  teamId: string | null
  role: string | null
  hash: string
  createdBy: string | null
  createdAt: string
  expiresAt: string
  usedAt: string | null
  usedBy: string | null
}

export interface ForwardRow {
  id: string
  localId: string | null
  name: string
  type: string
  localHost: string | null
  localPort: number | null
  remoteHost: string | null
  remotePort: number | null
  bindAddress: string | null
  bindPort: number | null
  serverId: string | null
  serverAddress: string | null
  username: string | null
  authType: string | null
  password: string | null
  keyPath: string | null
  keyContent: string | null
  passphrase: string | null
  /** JSON array. */
  tags: string
  description: string
  status: string
  lastUsed: string | null
  tunnelId: string | null
  connectionId: string | null
  userId: string
  namespace: string | null
  /** `personal:USER` or `team:TEAM`: what a cursor counts in. */
  scope: string
  /** Of the scope, at the last change. */
  rev: number
  /** Grows with each change of the forward itself, not with its status. */
  version: number
  createdAt: string
  updatedAt: string
  deletedAt: string | null
}

/** The last revision of a scope. Its row is locked while one is given out, so that cursors never skip a change. */
export interface ScopeRow {
  scope: string
  rev: number
  /** The newest deletion that is forgotten. */
  floor: Generated<number>
}

/** Which device runs a forward now. */
export interface ActivityRow {
  forwardId: string
  deviceId: string
  deviceName: string
  userId: string
  tunnelId: string
  connectionId: string
  startedAt: string
  /** The login that it was told with; empty for a client that names no device, of which nobody says when it ends. */
  session: string
  /** When that login was last heard of. */
  heardAt: string
  /** 1 when that is too long ago to say that it runs. */
  lapsed: number
}

/** A team's key, wrapped for one member; opaque here. */
export interface TeamKeyRow {
  teamId: string
  generation: number
  userId: string
  /** Of the public key that it was wrapped for. */
  keyVersion: number
  wrapped: string
  createdBy: string
  createdAt: string
}

/** A member's key pair for team keys: the private half is sealed on the member's machine. */
export interface UserKeyRow {
  userId: string
  publicKey: string
  sealedPrivateKey: string
  /** Grows by one with each change. */
  version: number
  /** The version at the last change of the public half. */
  keyVersion: number
  createdAt: string
  updatedAt: string
}

export interface AuditRow {
  id: Generated<number>
  at: string
  teamId: string | null
  userId: string | null
  actor: string
  action: string
  subject: string
  detail: string
}

export interface SettingRow {
  key: string
  value: string
}

export interface Tables {
  users: UserRow
  refreshTokens: RefreshRow
  revokedTokens: RevokedRow
  teams: TeamRow
  members: MemberRow
  invites: InviteRow
  forwards: ForwardRow
  scopes: ScopeRow
  activities: ActivityRow
  teamKeys: TeamKeyRow
  userKeys: UserKeyRow
  audit: AuditRow
  settings: SettingRow
}
