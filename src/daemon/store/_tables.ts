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
  /** JSON object. */
  limits: string | null
  createdAt: string
  updatedAt: string
  deletedAt: string | null
  wanted: number
  lastUsed: string | null
}

export interface RelayRow {
  id: string
  name: string
  nameKey: string
  protocol: string
  listenHost: string
  listenPort: number
  portCount: number
  /** JSON array. */
  targets: string
  balance: string
  /** JSON array. */
  allow: string
  /** JSON array. */
  deny: string
  acceptProxy: number
  sendProxy: string | null
  connectTimeoutSeconds: number
  idleSeconds: number | null
  /** JSON object. */
  limits: string
  /** JSON array. */
  tags: string
  description: string
  autoStart: number
  favourite: number
  origin: string
  createdAt: string
  updatedAt: string
  deletedAt: string | null
  wanted: number
  lastUsed: string | null
}

/** What a forward or relay moved since it was made. */
export interface CounterRow {
  ownerId: string
  bytesUp: number
  bytesDown: number
  connections: number
}

export interface TrafficHourRow {
  ownerId: string
  /** Unix seconds of the begin of the hour. */
  at: number
  up: number
  down: number
  connections: number
}

export interface TrafficDayRow {
  ownerId: string
  /** `YYYY-MM-DD` in the machine's zone. */
  day: string
  up: number
  down: number
  connections: number
}

/** The last name of a forward or relay, for rows that outlive it. */
export interface OwnerNameRow {
  ownerId: string
  name: string
}

export interface EndedConnectionRow {
  id: Generated<number>
  ownerId: string
  /** JSON of an endpoint. */
  source: string | null
  target: string | null
  startedAt: string
  endedAt: string
  bytesUp: number
  bytesDown: number
  reason: string
}

/** A connection that was not over when the books were last written. */
export interface LiveConnectionRow {
  /** Of the daemon. */
  run: string
  id: string
  ownerId: string
  source: string | null
  target: string | null
  startedAt: string
  seenAt: string
  bytesUp: number
  bytesDown: number
}

export interface ApiRow {
  name: string
  enabled: number
  /** JSON object. */
  settings: string
}

export interface AuditRow {
  id: Generated<number>
  at: string
  api: string
  caller: string
  action: string
  subject: string
  result: string
}

/** What the X Port Forward API keeps of a relay beside its spec. Bytes. */
export interface XForwardRow {
  relayId: string
  /** Up to the last flush, since the last reset. */
  used: number
  /** Since the last flush. */
  hourUp: number
  hourDown: number
  /** As the panel gave them. */
  storedMaxConnections: number
  storedRateKb: number
}

export interface XTrafficLogRow {
  id: Generated<number>
  relayId: string
  forwardName: string
  bytes: number
  /** Unix milliseconds. */
  hourTime: number
  /** `wait` or `ok`. */
  reportStatus: string
  createdAt: number
  updatedAt: number
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

/** The account of a cloud server. */
export interface CloudAccountRow {
  id: number
  url: string
  userId: string
  email: string
  username: string
  keeps: string
  insecure: number
  isSignedIn: number
}

export interface CloudSpaceRow {
  /** `personal`, or the id of a team. */
  namespace: string
  name: string
  role: string
  cursor: string | null
}

export interface CloudBindingRow {
  forwardId: string
  namespace: string
  localId: string
  cloudId: string | null
  version: number | null
  /** JSON object. */
  base: string | null
  /** JSON array. */
  overrides: string
  /** JSON object. */
  refused: string | null
  activeElsewhere: number
  /** JSON object of sealed text. */
  secrets: string
  remappedFrom: number | null
  toldRunning: number
}

export interface CloudBuriedRow {
  forwardId: string
  /** JSON object. */
  binding: string
  at: string
}

export interface CloudOutboxRow {
  key: string
  seq: number
  namespace: string
  at: string
  /** JSON object. */
  entry: string
}

export interface CloudConflictRow {
  id: string
  namespace: string
  /** JSON object. */
  conflict: string
}

export interface CloudServerRow {
  serverId: string
}

export interface CloudPinRow {
  teamId: string
  userId: string
  publicKey: string
  keyVersion: number
  grantedAt: string | null
}

export interface CloudTeamKeyRow {
  teamId: string
  generation: number
  /** A hash of the key. */
  keyCheck: string
  /** Our copy of it, sealed for us. */
  wrapped: string
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
  relays: RelayRow
  counters: CounterRow
  trafficHours: TrafficHourRow
  trafficDays: TrafficDayRow
  ownerNames: OwnerNameRow
  endedConnections: EndedConnectionRow
  liveConnections: LiveConnectionRow
  apis: ApiRow
  audit: AuditRow
  xForwards: XForwardRow
  xTrafficLogs: XTrafficLogRow
  cloudAccount: CloudAccountRow
  cloudSpaces: CloudSpaceRow
  cloudBindings: CloudBindingRow
  cloudBuried: CloudBuriedRow
  cloudOutbox: CloudOutboxRow
  cloudConflicts: CloudConflictRow
  cloudServers: CloudServerRow
  cloudPins: CloudPinRow
  cloudTeamKeys: CloudTeamKeyRow
  meta: MetaRow
}
