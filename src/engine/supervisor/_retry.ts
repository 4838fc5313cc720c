/** When to try again (design §5). */
const SECOND = 1000
const MINUTE = 60 * SECOND
const DELAYS_MS = [2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND] as const
const JITTER = 0.2
/** A forward that ran this long begins anew with the first delay. */
export const STABLE_MS = 5 * MINUTE
/** A network that just came up needs a moment (Wi-Fi: 2 to 5 s). */
export const NETWORK_SETTLE_MS = 2 * SECOND

/** No wait is longer, jitter included. */
export const LONGEST_DELAY_MS = 60 * SECOND * (1 + JITTER)

/** Milliseconds before attempt `attempt` (1 is the first after a fault); `random` is uniform in [0, 1). */
export function retryDelayMs(attempt: number, random: number): number {
  const base = DELAYS_MS[Math.min(attempt, DELAYS_MS.length) - 1] ?? DELAYS_MS[0]
  return Math.round(base * (1 - JITTER + 2 * JITTER * random))
}
