/** What limits and books ask of the paths that bytes take. */
import type { Limits, Quota } from '@shared/limits'
import type { LimitDrops } from '@shared/relay-snapshots'
import type { EndedConnection } from '@shared/traffic'

/** Whoever waits for bytes to be allowed. */
export interface Waiter {
  readonly granted: () => void
}

/**
 * One direction of one connection under limits.
 *
 * A path asks {@link take} before it passes bytes on, passes what was granted, keeps the rest (and stops reading), and goes on when its
 * waiter is called.
 */
export interface Flow {
  /** Takes up to `wanted` bytes (1 or more); returns how many may pass now, 0 for none yet. */
  readonly take: (wanted: number) => number
  /** All of `bytes` or nothing: a datagram. */
  readonly takeWhole: (bytes: number) => boolean
  /** Calls `waiter.granted` once, in its fair turn, when {@link take} would grant something. One waiter at a time; a second call replaces it. */
  readonly await: (waiter: Waiter) => void
}

/**
 * The limits that hold for one connection. `up` and `down` are `null` while nothing bounds that direction, and may become bound and
 * unbound at any time: a path reads them at each chunk.
 */
export interface ConnectionLimits {
  readonly up: Flow | null
  readonly down: Flow | null
  /** The connection is over; forgets its waiters. Idempotent. */
  readonly release: () => void
}

export type Refusal = 'connections' | 'source' | 'rate' | 'quota' | 'expired'

/** A socket or client end, asked for its address only when something is limited per source. */
export interface SourceOf {
  readonly remoteAddress: string | undefined
}

/** The limits of one forward or relay. */
export interface Limiter {
  /** Takes effect at once, for live connections too. `null`: none. */
  readonly set: (limits: Limits | null) => void
  /** Bounds the bytes from now on. */
  readonly setBudget: (budget: Budget | null) => void
  /** Whether one more connection from this address may be; counts it until `release`, and counts a refusal as a drop. */
  readonly admit: (source: string | SourceOf | null) => ConnectionLimits | Refusal
  readonly drops: LimitDrops
  /** For what is not counted here: denied sources, evicted sessions, dropped datagrams. */
  readonly dropped: (kind: keyof LimitDrops) => void
  /** Whether the budget is used up. */
  readonly isSpent: boolean
  readonly close: () => void
}

export interface LimiterOptions {
  /** Milliseconds, monotonic, fractional; `performance.now` unless a test says otherwise. */
  readonly now?: () => number
  /** Runs `task` after `ms`; returns the way to cancel. `setTimeout` unless a test says otherwise. */
  readonly after?: (ms: number, task: () => void) => () => void
  /** Milliseconds since 1970, for the expiry date; `Date.now` unless a test says otherwise. */
  readonly date?: () => number
  /** The budget was used up; called once per budget, after the path has passed on the last bytes that it was granted. */
  readonly onSpent?: () => void
}

/** Bytes left of a quota. */
export interface Budget extends Pick<Quota, 'counts' | 'then' | 'slowRate'> {
  readonly bytes: number
}

/** Who keeps the books. */
export interface TrafficPort {
  /**
   * Called at the end of a turn of the event loop in which bytes of this forward or relay passed, with all that passed since the engine
   * was made. Must be cheap and must not throw.
   */
  readonly moved: (
    ownerId: string,
    totals: { readonly bytesUp: number; readonly bytesDown: number; readonly totalConnections: number },
  ) => void
  readonly ended: (connection: EndedConnection) => void
}
