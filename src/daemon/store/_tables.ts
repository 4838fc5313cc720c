/** The tables as Kysely sees them: column names are turned to camel case by its plugin. */
import type { Generated } from 'kysely'

export interface ServerRow {
  id: string
  name: string
  nameKey: string
  host: string
  port: number
  username: string | null
  /** JSON array. */
  identityFiles: string
  identitiesOnly: number
  agent: string | null
  /** JSON array. */
  jump: string
  proxy: string | null
  proxyCommand: string | null
  hostKeyPolicy: string
  keepaliveSeconds: number
  keepaliveCount: number
  connectTimeoutSeconds: number
  demo: number
  /** JSON array. */
  certificateFiles: string
  addressFamily: string
  sourceAddress: string | null
  configHost: string | null
  createdAt: string
  updatedAt: string
  deletedAt: string | null
}

export interface ForwardRow {
  id: string
  name: string
  nameKey: string
  type: string
  localHost: string | null
  localPort: number | null
  remoteHost: string | null
  remotePort: number | null
  bindAddress: string | null
  bindPort: number | null
  serverId: string
  /** JSON array. */
  tags: string
  description: string
  autoStart: number
  favourite: number
  portCount: number
  onDemand: number
  idleSeconds: number
  /** JSON object. */
  health: string | null
  proxyUsername: string | null
  servePac: number
  configLine: string | null
  createdAt: string
  updatedAt: string
  deletedAt: string | null
  wanted: number
  lastUsed: string | null
}

/** A forward that stops by itself. */
export interface ForwardTimeRow {
  forwardId: string
  stopsAt: string
}

export interface TrustedKeyRow {
  id: string
  host: string
  keyType: string
  /** Public key blob, base64. */
  key: string
  addedAt: string
}

export interface AllowedCommandRow {
  key: string
  command: string
  file: string
  allowedAt: string
}

export interface ActivityRow {
  id: Generated<number>
  at: string
  kind: string
  forwardId: string | null
  serverId: string | null
  subject: string
  message: string
  code: string | null
}

export interface MetaRow {
  key: string
  value: string
}

export interface Tables {
  servers: ServerRow
  forwards: ForwardRow
  forwardTimes: ForwardTimeRow
  trustedKeys: TrustedKeyRow
  allowedCommands: AllowedCommandRow
  activity: ActivityRow
  meta: MetaRow
}
