/** When to try again: as the design says for sessions (§5). */
const SECOND = 1000
const DELAYS_MS = [2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND] as const
const JITTER = 0.2

/** Milliseconds before attempt `attempt` (1 is the first after a fault); `random` is uniform in [0, 1). */
export function retryDelayMs(attempt: number, random: number): number {
  const base = DELAYS_MS[Math.min(attempt, DELAYS_MS.length) - 1] ?? DELAYS_MS[0]
  return jittered(base, random)
}

/** ±20 %, so that many clients do not come at once. */
export function jittered(ms: number, random: number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random))
}
