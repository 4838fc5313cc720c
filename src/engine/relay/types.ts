/** What the relay part of the engine offers, and what carries a relay's bytes. */
import type { Endpoint } from '@shared/endpoints'
import type { LogEntry } from '@shared/snapshots'
import type { RelaySnapshot } from '@shared/relay-snapshots'
import type { RelaySpec } from '@shared/relays'
import type { EndReason } from '@shared/traffic'
import type { Ledger, Limiter } from '../traffic'
import type { Clock, LocalPorts } from '../types'

export interface RelayEngine {
  /**
   * Makes a relay known, or replaces its spec. Of a running one, limits, lists, targets, balance, times and names take effect without
   * dropping a connection; another protocol, listening end, port count or PROXY header restarts it.
   */
  readonly define: (spec: RelaySpec) => void
  /** Stops and forgets; resolves with whether it is gone. One that is defined again before it has stopped stays. */
  readonly remove: (id: string) => Promise<boolean>
  /** Marks it wanted and begins. A second start of a running one does nothing. */
  readonly start: (id: string) => void
  /** Marks it not wanted; resolves when its listener is closed and its connections are ended. */
  readonly stop: (id: string) => Promise<void>
  /** Starts a failed one again, ends a wait early. */
  readonly retry: (id: string) => void
  readonly snapshot: (id: string) => RelaySnapshot
  readonly snapshots: () => readonly RelaySnapshot[]
  /** Resolves when each is running (or degraded), failed or stopped; or at the time-out. */
  readonly settled: (ids: readonly string[], timeoutMs: number) => Promise<void>
}

/** Counts what a relay moves, and has the books hear of it once per turn of the event loop. Called per chunk. */
export interface Meter {
  readonly up: (bytes: number) => void
  readonly down: (bytes: number) => void
}

/** What a carrier needs besides its spec. */
export interface RelayCarrierOptions {
  readonly spec: RelaySpec
  readonly ledger: Ledger
  readonly limiter: Limiter
  readonly meter: Meter
  readonly ports: LocalPorts
  readonly clock: Clock
  readonly log: (entry: Pick<LogEntry, 'level' | 'message' | 'code'>) => void
  /** A new connection or session is counted (the meter tells the books), and one that is over is written down. */
  readonly began: () => void
  readonly ended: (connection: Over) => void
  /** The target of that place in `spec.targets` answered (`null`) or did not. Called for every connection. */
  readonly onTarget: (target: number, failure: Error | null) => void
  /** No target answered this connection: what makes a relay `degraded`. `null`: one did. Called for every connection. */
  readonly onReach: (failure: Error | null) => void
  /** What is otherwise than asked though it runs; `null` when nothing is any more. */
  readonly onNotice: (notice: string | null) => void
  /** Whether a target, as an address, leads back to this relay, over others or at once. */
  readonly leadsBack: (address: string, port: number) => boolean
}

export interface Over {
  readonly source: Endpoint | null
  readonly target: Endpoint | null
  /** Milliseconds of the clock. */
  readonly since: number
  readonly bytesUp: number
  readonly bytesDown: number
  readonly reason: EndReason
}

/** Carries the connections of one relay of one protocol, from a start to a stop. */
export interface RelayCarrier {
  /** Listens on every port, or on none: rejects with `port.…`. Resolves with the bound end (the first of a range). Called once. */
  readonly bind: () => Promise<Endpoint>
  /** The same rule with other limits, lists, targets, balance, times or names; holds at once, nothing is dropped. */
  readonly replace: (spec: RelaySpec) => void
  /** Ends every connection; the ports are free when it resolves. May be called twice, and while `bind` is under way. */
  readonly close: (reason: EndReason) => Promise<void>
}
