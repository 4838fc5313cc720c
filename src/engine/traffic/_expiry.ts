/** The end of a time limit, however clocks are set and machines sleep. */
import type { Limits } from '@shared/limits'
import { timeLeft } from './reasons'

/** A longer wait is begun anew, by what the clock says then. */
const LOOK_AT_CLOCK_MS = 60_000

export interface ExpiryClock {
  readonly now: () => number
  readonly after: (ms: number, task: () => void) => () => void
}

/** Calls `onExpired` once, when the time is over, or within the call when it already is. Returns the way to cancel. */
export function watchExpiry(
  limits: Pick<Limits, 'expiresAt'> | null,
  clock: ExpiryClock,
  onExpired: () => void,
): () => void {
  let cancel: () => void = nothing
  const look = (): void => {
    const left = limits === null ? null : timeLeft(limits, clock.now())
    if (left === null) return
    if (left <= 0) onExpired()
    else cancel = clock.after(Math.min(left, LOOK_AT_CLOCK_MS), look)
  }
  look()
  return () => {
    cancel()
  }
}

// --- internal ---

function nothing(): void {
  // Nobody waits.
}
