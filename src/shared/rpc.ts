/**
 * The daemon's contract: JSON-RPC 2.0 with `Content-Length` framing over a per-user socket (0600) or named pipe.
 *
 * `params` are parsed with these schemas at the daemon's door; results are typed here and trusted after the handshake.
 */
import { z } from 'zod'
import type { Fault } from './errors'
import type { Need } from './needs'
import { needAnswerSchema } from './needs'
import {
  apiEnableSchema,
  apiNameSchema,
  reportSettingsSchema,
  type ApiView,
  type AuditEntry,
  type ReportState,
} from './apis'
import { cloudParams, type CloudResults } from './cloud-requests'
import type { CloudConflict, CloudView } from './cloud-views'
import { relayDraftSchema, relayPatchSchema, relayProtocols } from './relays'
import type { ConfigImport, ResolvedConfig, ServerConfig } from './resolved-config'
import type {
  ActivityEvent,
  CheckStep,
  ConnectionSnapshot,
  ForwardView,
  LogEntry,
  PortHolder,
  RateSample,
  SessionSnapshot,
} from './snapshots'
import type { RelayView } from './relay-snapshots'
import type { EndedConnection, TrafficRow, Usage } from './traffic'
import {
  forwardDraftSchema,
  forwardPatchSchema,
  hostKeyPolicySchema,
  serverDraftSchema,
  serverPatchSchema,
  type ServerSpec,
} from './specs'

/** Grows when a client of the version before could misunderstand. */
export const PROTOCOL_VERSION = 1
/** A larger message is refused and its sender disconnected. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024

/** A forward that shall run longer needs no limit. */
export const MAX_TIMED_SECONDS = 30 * 86_400

const id = z.string().min(1).max(100)
const ids = z.array(id).max(10_000)
const none = z.strictObject({})

/** What a client wants to hear about. Rates are sampled only while somebody listens. */
export const topics = [
  'forwards',
  'relays',
  'apis',
  'cloud',
  'servers',
  'sessions',
  'needs',
  'activity',
  'rates',
  'connections',
  'logs',
] as const
export type Topic = (typeof topics)[number]

const adHocForward = forwardDraftSchema
const paramsByMethod = {
  /** First request of every client. */
  'daemon.hello': z.strictObject({
    client: z.enum(['app', 'cli', 'test']),
    protocol: z.int(),
    build: z.string().max(200),
    pid: z.int(),
  }),
  'daemon.status': none,
  /**
   * Stops every forward and relay and ends the daemon. With `handover` the forwards stay wanted, so that the daemon started next (another
   * build) brings them back; without it only auto-start ones come back. Answered for any protocol version, as `daemon.status` is.
   */
  'daemon.stop': z.strictObject({ handover: z.boolean().default(false) }),

  'servers.list': none,
  'servers.add': serverDraftSchema,
  'servers.update': z.strictObject({ id, patch: serverPatchSchema }),
  /** Refused with `spec.in-use` while a forward or another server's jump chain needs it. */
  'servers.remove': z.strictObject({ id }),
  /** Brings back what a remove took, for undo. */
  'servers.restore': z.strictObject({ id }),
  /** Makes a server of one's own out of one of the ssh config, as the config reads now. */
  'servers.copy': z.strictObject({ id }),
  /** Gives the daemon a password or passphrase to use for this server; see the daemon's secrets. */
  'servers.setSecret': z.strictObject({
    id,
    /** `proxy`: the password of the proxy in front of it. */
    kind: z.enum(['password', 'passphrase', 'proxy']),
    value: z.string().max(65_536),
    /** `memory`: until the daemon ends. `file`: in the 0600 secrets file of the data folder. */
    keep: z.enum(['memory', 'file']),
  }),

  'forwards.list': none,
  'forwards.get': z.strictObject({ id }),
  'forwards.add': forwardDraftSchema,
  'forwards.update': z.strictObject({ id, patch: forwardPatchSchema }),
  'forwards.remove': z.strictObject({ ids }),
  /** Those that can still be brought back, whoever removed them; newest first. */
  'forwards.removed': none,
  'forwards.restore': z.strictObject({ ids }),
  /**
   * Returns at once; `forwards.wait` tells the outcome. `hostKeyPolicy` holds for this start only. With `forSeconds` they stop by
   * themselves; without it they run until they are stopped, also those whose time was limited before.
   */
  'forwards.start': z.strictObject({
    ids,
    hostKeyPolicy: hostKeyPolicySchema.optional(),
    forSeconds: z.int().min(1).max(MAX_TIMED_SECONDS).optional(),
  }),
  /** Returns when every listener is closed. */
  'forwards.stop': z.strictObject({ ids }),
  /** Ends a `waiting` early. */
  'forwards.retry': z.strictObject({ ids }),
  /** Returns when each is running or has given up, or after `timeoutMs`. */
  'forwards.wait': z.strictObject({ ids, timeoutMs: z.int().min(0).max(86_400_000) }),
  /** Makes forwards that are not saved and end with this client's connection. Returns their ids. */
  'forwards.runAdHoc': z.strictObject({
    server: serverDraftSchema,
    /** Hops to the server that are not saved either, first hop first; they come after those of `server.jump`. */
    jumps: z.array(serverDraftSchema).max(16).default([]),
    forwards: z.array(adHocForward).max(100),
    hostKeyPolicy: hostKeyPolicySchema.optional(),
  }),
  /** Gives the daemon the password that clients of a proxy port must give; one that runs starts again with it. */
  'forwards.setSecret': z.strictObject({
    id,
    value: z.string().min(1, 'must not be empty').max(255, 'is too long'),
    keep: z.enum(['memory', 'file']),
  }),
  /** Preflight: what a start would meet. Needs nothing to be running and leaves nothing running. */
  'forwards.check': z.strictObject({ id, hostKeyPolicy: hostKeyPolicySchema.optional() }),

  'relays.list': none,
  'relays.get': z.strictObject({ id }),
  'relays.add': relayDraftSchema,
  /** Limits, lists and targets take effect at once without dropping a connection; another listening end or protocol restarts it. */
  'relays.update': z.strictObject({ id, patch: relayPatchSchema }),
  'relays.remove': z.strictObject({ ids }),
  'relays.restore': z.strictObject({ ids }),
  'relays.start': z.strictObject({ ids }),
  'relays.stop': z.strictObject({ ids }),
  'relays.retry': z.strictObject({ ids }),
  /** Returns when each is running or has given up, or after `timeoutMs`. */
  'relays.wait': z.strictObject({ ids, timeoutMs: z.int().min(0).max(86_400_000) }),

  /** Of forwards and relays, saved across restarts. */
  'traffic.usage': z.strictObject({ ids }),
  /** Oldest first. Hours are kept for 32 days, days for ever. `from` and `to` (not included): ISO 8601. */
  'traffic.rows': z.strictObject({
    /** `null`: all forwards and relays, deleted ones too. */
    id: id.nullable().default(null),
    by: z.enum(['hour', 'day']),
    from: z.iso.datetime({ offset: true }).optional(),
    to: z.iso.datetime({ offset: true }).optional(),
    limit: z.int().min(1).max(50_000).default(10_000),
  }),
  /** Ended connections, newest first. */
  'traffic.history': z.strictObject({
    id: id.nullable().default(null),
    limit: z.int().min(1).max(10_000).default(200),
  }),

  'apis.list': none,
  /** Sets what is given and starts it; a running one starts again with it. */
  'apis.enable': apiEnableSchema,
  'apis.disable': z.strictObject({ name: apiNameSchema }),
  /** The traffic report of the X Port Forward API. */
  'apis.report': none,
  'apis.setReport': reportSettingsSchema,
  /** Reports now instead of at the next interval; resolves with its outcome. */
  'apis.reportNow': none,
  /** What was asked over control APIs, newest first. */
  'apis.audit': z.strictObject({ limit: z.int().min(1).max(1000).default(200) }),

  ...cloudParams,

  'connections.list': z.strictObject({ forwardId: id.optional() }),
  'connections.end': z.strictObject({ id }),
  'sessions.list': none,

  'logs.read': z.strictObject({ forwardId: id, limit: z.int().min(1).max(10_000).default(500) }),
  'activity.list': z.strictObject({ limit: z.int().min(1).max(1000).default(200), before: z.int().optional() }),

  'needs.list': none,
  'needs.answer': z.strictObject({ id, answer: needAnswerSchema }),

  /** Is the local end free? With its holder and the next free port when it is not. */
  'ports.check': z.strictObject({
    host: z.string().min(1).max(255),
    port: z.int().min(0).max(65_535),
    protocol: z.enum(relayProtocols).default('tcp'),
  }),

  'trust.list': none,
  'trust.remove': z.strictObject({ id }),
  /** Appends the key to the person's known_hosts, as ssh would; refused with `trust.unwritable`. */
  'trust.write': z.strictObject({ id }),

  /**
   * What the ssh config means for a destination (`host`, `user@host`, `ssh://user@host:port`), as `ssh -G` prints it.
   *
   * Refused with `config.invalid` naming `FILE:LINE` for what ssh would refuse. A `Match exec` runs when it was allowed before or
   * with `allowExec`, which holds for this call only.
   */
  'config.resolve': z.strictObject({
    destination: z.string().min(1).max(2000),
    /** As `ssh -F`: an absolute path, `none` for no file at all, `null` for the usual ones. */
    file: z.string().min(1).max(4096).nullable(),
    username: z.string().min(1).max(255).nullable(),
    port: z.int().min(1).max(65_535).nullable(),
    allowExec: z.boolean(),
  }),
  /** The same for a server whose `configHost` is set; runs nothing that was not allowed, and tells a fault as data. */
  'config.server': z.strictObject({ id }),
  /** Saves the hosts of an ssh config, their hops and their forwards as servers and forwards of one's own; starts nothing. */
  'config.import': z.strictObject({ file: z.string().min(1).max(4096).nullable() }),
  /** Whether the hosts of the ssh config are listed as servers. */
  'config.listing': none,
  'config.setListing': z.strictObject({ on: z.boolean() }),
  /** Remembers that the person allowed the command of a `Match exec` in that file. */
  'config.allowCommand': z.strictObject({ command: z.string().min(1).max(100_000), file: z.string().min(1).max(4096) }),

  /** Makes the demo server and three sample forwards, once; starts the demo server. */
  'demo.start': none,

  /** Replaces this client's subscriptions. `forwardId` narrows `connections` and `logs`. */
  'events.subscribe': z.strictObject({
    topics: z.array(z.enum(topics)).max(20),
    forwardId: id.nullable().default(null),
  }),
  /** The machine woke up or its network changed: probe sessions now, retry what waits in 2 s. */
  'network.changed': none,
} as const satisfies Record<string, z.ZodType>

export const rpcParams: typeof paramsByMethod = paramsByMethod
export type RpcMethod = keyof typeof paramsByMethod
/** What a caller passes. */
export type RpcParams<M extends RpcMethod> = z.input<(typeof paramsByMethod)[M]>
/** What a handler receives, after parsing. */
export type RpcParsed<M extends RpcMethod> = z.output<(typeof paramsByMethod)[M]>

export interface DaemonStatus {
  readonly pid: number
  readonly version: string
  readonly build: string
  readonly protocol: number
  readonly startedAt: string
  readonly home: string
  readonly socket: string
  readonly node: string
  /** Whether ssh2's native crypto is in use; pure JS works but is slower. */
  readonly nativeCrypto: boolean
  readonly clients: number
  readonly forwards: number
  /** Forwards that run. */
  readonly running: number
  readonly relays: number
  readonly relaysRunning: number
  readonly rssBytes: number
  /** Things a person should know at once (a damaged store was set aside, the disk is full …). */
  readonly warnings: readonly Fault[]
}

/** A host key that the person trusted in Warren (not in known_hosts). */
export interface TrustedKey {
  readonly id: string
  /** `host` or `[host]:port`. */
  readonly host: string
  readonly keyType: string
  readonly fingerprint: string
  readonly addedAt: string
}

export interface PortCheck {
  readonly free: boolean
  readonly holder: PortHolder | null
  /** Set when the port may not be used at all (`port.forbidden`, `port.address-unavailable`) or is taken. */
  readonly fault: Fault | null
  readonly suggestion: number | null
}

export interface RpcResults extends CloudResults {
  /** `running`: forwards and relays that a stop would interrupt. */
  'daemon.hello': { readonly protocol: number; readonly build: string; readonly pid: number; readonly running: number }
  'daemon.status': DaemonStatus
  /** `stopped`: forwards and relays; `relays` of them are relays. */
  'daemon.stop': { readonly stopped: number; readonly relays: number }
  'servers.list': readonly ServerSpec[]
  'servers.add': ServerSpec
  'servers.update': ServerSpec
  'servers.remove': null
  'servers.restore': ServerSpec
  'servers.copy': ServerSpec
  'servers.setSecret': null
  'forwards.list': readonly ForwardView[]
  'forwards.get': ForwardView
  'forwards.add': ForwardView
  'forwards.update': ForwardView
  'forwards.remove': null
  'forwards.removed': readonly { readonly id: string; readonly name: string; readonly removedAt: string }[]
  'forwards.restore': readonly ForwardView[]
  'forwards.start': readonly ForwardView[]
  'forwards.stop': readonly ForwardView[]
  'forwards.retry': readonly ForwardView[]
  'forwards.wait': readonly ForwardView[]
  'forwards.runAdHoc': { readonly ids: readonly string[] }
  'forwards.setSecret': null
  'forwards.check': readonly CheckStep[]
  'relays.list': readonly RelayView[]
  'relays.get': RelayView
  'relays.add': RelayView
  'relays.update': RelayView
  'relays.remove': null
  'relays.restore': readonly RelayView[]
  'relays.start': readonly RelayView[]
  'relays.stop': readonly RelayView[]
  'relays.retry': readonly RelayView[]
  'relays.wait': readonly RelayView[]
  'traffic.usage': readonly Usage[]
  'traffic.rows': readonly TrafficRow[]
  'traffic.history': readonly EndedConnection[]
  'apis.list': readonly ApiView[]
  'apis.enable': ApiView
  'apis.disable': ApiView
  'apis.report': ReportState
  'apis.setReport': ReportState
  'apis.reportNow': ReportState
  'apis.audit': readonly AuditEntry[]
  'connections.list': readonly ConnectionSnapshot[]
  'connections.end': { readonly ended: boolean }
  'sessions.list': readonly SessionSnapshot[]
  'logs.read': readonly LogEntry[]
  'activity.list': readonly ActivityEvent[]
  'needs.list': readonly Need[]
  'needs.answer': null
  'ports.check': PortCheck
  'trust.list': readonly TrustedKey[]
  'trust.remove': null
  /** `written` is false when the file had it already. */
  'trust.write': { readonly file: string; readonly written: boolean }
  'config.resolve': ResolvedConfig
  'config.server': ServerConfig
  'config.import': ConfigImport
  'config.listing': { readonly on: boolean }
  'config.setListing': null
  'config.allowCommand': null
  'demo.start': { readonly serverId: string; readonly forwardIds: readonly string[] }
  'events.subscribe': null
  'network.changed': null
}

/** What the daemon says unasked, each to the clients that subscribed to its topic. Whole snapshots, never patches. */
export interface RpcNotifications {
  'forwards.changed': { readonly changed: readonly ForwardView[]; readonly removed: readonly string[] }
  'relays.changed': { readonly changed: readonly RelayView[]; readonly removed: readonly string[] }
  'apis.changed': { readonly apis: readonly ApiView[]; readonly report: ReportState }
  'cloud.changed': { readonly cloud: CloudView; readonly conflicts: readonly CloudConflict[] }
  'servers.changed': { readonly servers: readonly ServerSpec[] }
  'sessions.changed': { readonly sessions: readonly SessionSnapshot[] }
  'needs.changed': { readonly needs: readonly Need[] }
  'activity.added': { readonly event: ActivityEvent }
  /** At 1 Hz while anything moves; `forwards`: those that run, relays among them. */
  'rates.sampled': { readonly up: number; readonly down: number; readonly forwards: readonly RateSample[] }
  'connections.sampled': { readonly forwardId: string | null; readonly connections: readonly ConnectionSnapshot[] }
  'logs.added': { readonly forwardId: string; readonly entries: readonly LogEntry[] }
}
export type RpcNotification = keyof RpcNotifications

export const topicOf = {
  'forwards.changed': 'forwards',
  'relays.changed': 'relays',
  'apis.changed': 'apis',
  'cloud.changed': 'cloud',
  'servers.changed': 'servers',
  'sessions.changed': 'sessions',
  'needs.changed': 'needs',
  'activity.added': 'activity',
  'rates.sampled': 'rates',
  'connections.sampled': 'connections',
  'logs.added': 'logs',
} as const satisfies Record<RpcNotification, Topic>
