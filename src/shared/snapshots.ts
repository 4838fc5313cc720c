/** Snapshots: what is true now. Observed, read-only, never saved. */
import type { ForwardCloud } from './cloud-views'
import type { Endpoint } from './endpoints'
import type { Fault } from './errors'
import type { LimitDrops } from './limits'
import type { ForwardSpec, ForwardType } from './specs'

export const forwardStates = [
  'stopped',
  'resolving',
  'connecting',
  'verifying',
  'authenticating',
  'binding',
  'running',
  'degraded',
  'waiting',
  'needs-you',
  'failed',
] as const
export type ForwardState = (typeof forwardStates)[number]

/** The states between a start and its outcome. */
export const startingStates: ReadonlySet<ForwardState> = new Set([
  'resolving',
  'connecting',
  'verifying',
  'authenticating',
  'binding',
])

export interface ForwardSnapshot {
  readonly id: string
  readonly name: string
  readonly type: ForwardType
  /** Name of the server. */
  readonly server: string
  readonly tags: readonly string[]
  /** What the person wants; `state` is what is. */
  readonly wanted: boolean
  readonly state: ForwardState
  /** ISO 8601, when `state` began. */
  readonly since: string
  /** The bound end; while nothing is bound, the one that would be. */
  readonly listen: Endpoint
  readonly target: Endpoint | null
  /** Ports in a row at both ends, from `listen` and `target` on; 1 for one port. */
  readonly portCount: number
  /** Failed attempts since it last ran. */
  readonly attempt: number
  /** ISO 8601, only while `waiting`. */
  readonly nextTryAt: string | null
  readonly reason: Fault | null
  /** Live connections. */
  readonly connections: number
  /** All connections since the daemon started. */
  readonly totalConnections: number
  /** Payload bytes that clients sent, since the daemon started. */
  readonly bytesUp: number
  /** Payload bytes that clients received, since the daemon started. */
  readonly bytesDown: number
  /** Names of the servers on the way, first hop first; the last one is `server`. */
  readonly via: readonly string[]
  /** Whether other machines can reach the listener. */
  readonly exposed: boolean
  /** The open question, while `needs-you`. */
  readonly needId: string | null
  /** What is otherwise than asked though it runs ("the server bound 127.0.0.1 only: GatewayPorts is no"). */
  readonly notice: string | null
  /** The result of the forward's own health check; `null` without one, or before the first result. */
  readonly health: { readonly healthy: boolean; readonly message: string; readonly at: string } | null
  /** An on-demand forward that listens without a session: the next connection dials. */
  readonly asleep: boolean
  /** ISO 8601, when a timed forward stops by itself. */
  readonly stopsAt: string | null
  /** What its limits kept out. */
  readonly drops: LimitDrops
}

/** A forward as views want it: what was written and what is. */
export interface ForwardView {
  readonly spec: ForwardSpec
  readonly snapshot: ForwardSnapshot
  /** ISO 8601 of the last manual start; feeds "recent". */
  readonly lastUsed: string | null
  /** What of it the cloud shares; `null` when it is kept on this machine only. */
  readonly cloud: ForwardCloud | null
}

export interface SessionSnapshot {
  readonly id: string
  readonly serverId: string
  readonly server: string
  readonly state: 'connecting' | 'ready' | 'closing'
  readonly since: string
  /** `192.0.2.7:22`, once connected. */
  readonly remoteAddress: string | null
  /** How many forwards and sessions hold it open. */
  readonly leases: number
  readonly algorithms: {
    readonly kex: string
    readonly hostKey: string
    readonly cipher: string
    /** Whether the key exchange withstands a quantum computer. */
    readonly postQuantum: boolean
  } | null
  readonly serverVersion: string | null
}

export interface ConnectionSnapshot {
  readonly id: string
  /** Of the forward or relay. */
  readonly forwardId: string
  /** Name of the forward or relay. */
  readonly forward: string
  /** The client's end, as the listener saw it. */
  readonly source: Endpoint | null
  /** The program behind a local source, where the system tells. */
  readonly process: { readonly name: string; readonly pid: number } | null
  readonly target: Endpoint | null
  readonly since: string
  readonly bytesUp: number
  readonly bytesDown: number
}

export interface LogEntry {
  /** Grows by one per forward while the daemon runs; begins behind what it still had of its earlier runs. */
  readonly seq: number
  readonly at: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly code: string | null
}

/** What happened, for people: the Activity screen and notifications. Saved, bounded. */
export interface ActivityEvent {
  readonly id: number
  readonly at: string
  readonly kind:
    | 'started'
    | 'stopped'
    | 'failed'
    | 'interrupted'
    | 'recovered'
    | 'needs-you'
    | 'added'
    | 'changed'
    | 'removed'
    | 'trusted'
    | 'daemon'
  readonly forwardId: string | null
  readonly serverId: string | null
  /** Name of the forward or server at that time. */
  readonly subject: string
  readonly message: string
  readonly code: string | null
}

/** Bytes per second, sampled once a second while somebody looks. */
export interface RateSample {
  readonly id: string
  readonly up: number
  readonly down: number
  readonly bytesUp: number
  readonly bytesDown: number
  readonly connections: number
  readonly totalConnections: number
}

/** One step of a preflight. */
export interface CheckStep {
  readonly step:
    | 'server'
    | 'dns'
    | 'tcp'
    | 'banner'
    | 'key-exchange'
    | 'host-key'
    | 'auth'
    | 'login'
    | 'listen'
    | 'forwarding'
    | 'target'
  /** Name of the server that the step is about, when there are hops; `null` otherwise. */
  readonly server: string | null
  readonly title: string
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly detail: string
  readonly milliseconds: number
  readonly fault: Fault | null
}

/** Who holds a port. */
export interface PortHolder {
  readonly pid: number | null
  readonly process: string | null
}
