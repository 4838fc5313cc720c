/** Relay snapshots: what is true now about a relay. Observed, read-only, never saved. */
import type { Endpoint } from './endpoints'
import type { LimitDrops } from './limits'
import type { Fault } from './errors'
import type { RelayProtocol, RelaySpec } from './relays'
import type { ForwardState } from './snapshots'

/** What is true about a relay. Its states are those of a forward that a relay can be in: it has no server to log in to. */
export interface RelaySnapshot {
  readonly id: string
  readonly name: string
  readonly type: RelayProtocol
  readonly tags: readonly string[]
  readonly wanted: boolean
  readonly state: RelayState
  /** ISO 8601, when `state` began. */
  readonly since: string
  /** The bound end; while nothing is bound, the one that would be. */
  readonly listen: Endpoint
  /** The first of its targets. */
  readonly target: Endpoint
  readonly portCount: number
  /** Of each target in the order of the spec, whether it answered the last time; `null` before the first try. */
  readonly targets: readonly { readonly target: Endpoint; readonly reachable: boolean | null }[]
  readonly attempt: number
  /** ISO 8601, only while `waiting`. */
  readonly nextTryAt: string | null
  readonly reason: Fault | null
  /** Live connections, or UDP sessions. */
  readonly connections: number
  /** All since the daemon started. */
  readonly totalConnections: number
  /** Payload bytes that clients sent, since the daemon started. */
  readonly bytesUp: number
  /** Payload bytes that clients received, since the daemon started. */
  readonly bytesDown: number
  /** What its limits kept out or dropped, since the daemon started. */
  readonly drops: LimitDrops
  /** Whether other machines can reach the listener. */
  readonly exposed: boolean
  /** What is otherwise than asked though it runs ("the quota of this month is used up: all goes at 16 KB/s"). */
  readonly notice: string | null
}

export type { LimitDrops }

export const relayStates = ['stopped', 'binding', 'running', 'degraded', 'waiting', 'failed'] as const
export type RelayState = (typeof relayStates)[number] & ForwardState

/** A relay as views want it: what was written and what is. */
export interface RelayView {
  readonly spec: RelaySpec
  readonly snapshot: RelaySnapshot
  /** ISO 8601 of the last manual start. */
  readonly lastUsed: string | null
}
