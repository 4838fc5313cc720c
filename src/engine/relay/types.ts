/** What the relay part of the engine offers. */
import type { RelaySnapshot } from '@shared/relay-snapshots'
import type { RelaySpec } from '@shared/relays'

export interface RelayEngine {
  /**
   * Makes a relay known, or replaces its spec. Of a running one, limits, lists, targets, balance, times and names take effect without
   * dropping a connection; another protocol, listening end, port count or PROXY header restarts it.
   */
  readonly define: (spec: RelaySpec) => void
  /** Stops and forgets. */
  readonly remove: (id: string) => Promise<void>
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
