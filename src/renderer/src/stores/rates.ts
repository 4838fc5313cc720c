/**
 * Bytes per second of the last ten minutes, per forward, outside React.
 *
 * A thousand rows must not draw once a second, so a view listens to one id and redraws only what it shows. A second in which
 * nobody listened is unknown (`NaN`), not zero.
 */
import type { RateSample } from '@shared/snapshots'

/** Seconds that are kept. */
export const KEPT_SECONDS = 600

export interface RateHistory {
  /** Bytes per second; the newest is at `head`. */
  readonly up: Float32Array
  readonly down: Float32Array
  head: number
  /** The last sample as it came; `null` before the first. */
  sample: RateSample | null
}

interface Total {
  readonly up: number
  readonly down: number
}

type Listener = () => void
const SECOND_MS = 1000
/** A second without a sample from the daemon means that nothing moves. */
const QUIET_MS = 1500

const histories = new Map<string, RateHistory>()
const listeners = new Map<string, Set<Listener>>()
const totalListeners = new Set<Listener>()
let total: Total = { up: 0, down: 0 }
let lastTick = 0
/** The newest tick that still held a figure other than zero. */
let lastMove = 0
let quiet: ReturnType<typeof setTimeout> | undefined

/** Takes one message of `rates.sampled`; forwards that it leaves out did not move. */
export function takeRates(
  rates: { up: number; down: number; forwards: readonly RateSample[] },
  now = Date.now(),
): void {
  total = { up: rates.up, down: rates.down }
  if (rates.up + rates.down > 0) lastMove = now
  const given = new Map(rates.forwards.map((sample) => [sample.id, sample]))
  for (const id of given.keys()) if (!histories.has(id)) histories.set(id, emptyHistory())
  const missed = lastTick === 0 ? 0 : Math.min(KEPT_SECONDS, Math.max(0, Math.round((now - lastTick) / SECOND_MS) - 1))
  for (const [id, history] of histories) {
    for (let second = 0; second < missed; second++) push(history, NaN, NaN)
    const sample = given.get(id)
    push(history, sample?.up ?? 0, sample?.down ?? 0)
    if (sample !== undefined) history.sample = sample
  }
  lastTick = now
  notify()
  waitForQuiet()
}

/** Everything anew: another daemon counts from zero. */
export function clearRates(): void {
  histories.clear()
  total = { up: 0, down: 0 }
  lastTick = 0
  clearTimeout(quiet)
  notify()
}

/** The history stops here until the next sample: the window is hidden, and what happens meanwhile stays unknown. */
export function pauseRates(): void {
  clearTimeout(quiet)
}

/** Somebody looks again. Without a sample soon nothing moves, and the last figure from before must not stay. */
export function resumeRates(): void {
  if (lastTick === 0) return
  clearTimeout(quiet)
  quiet = setTimeout(() => {
    takeRates({ up: 0, down: 0, forwards: [] })
  }, QUIET_MS)
}

export function forgetRates(ids: readonly string[]): void {
  for (const id of ids) histories.delete(id)
}

export function rateHistory(id: string): RateHistory | undefined {
  return histories.get(id)
}

/** Bytes per second now, both ways together. */
export function currentRate(id: string): number {
  const history = histories.get(id)
  if (history === undefined) return 0
  const sum = (history.up[history.head] ?? 0) + (history.down[history.head] ?? 0)
  return Number.isNaN(sum) ? 0 : sum
}

export function totalRate(): Total {
  return total
}

/** Calls `listener` after each sample while the forward is known; returns the way to stop. */
export function onRate(id: string, listener: Listener): () => void {
  const set = listeners.get(id) ?? new Set()
  set.add(listener)
  listeners.set(id, set)
  return () => {
    set.delete(listener)
    if (set.size === 0) listeners.delete(id)
  }
}

export function onTotalRate(listener: Listener): () => void {
  totalListeners.add(listener)
  return () => {
    totalListeners.delete(listener)
  }
}

/** The last `count` seconds, oldest first, both ways together. */
export function lastSeconds(history: RateHistory, count: number): number[] {
  const seconds: number[] = []
  for (let age = count - 1; age >= 0; age--) {
    const index = (history.head - age + KEPT_SECONDS) % KEPT_SECONDS
    seconds.push((history.up[index] ?? NaN) + (history.down[index] ?? NaN))
  }
  return seconds
}

// --- internal ---

function emptyHistory(): RateHistory {
  const unknown = (): Float32Array => new Float32Array(KEPT_SECONDS).fill(NaN)
  return { up: unknown(), down: unknown(), head: 0, sample: null }
}

function push(history: RateHistory, up: number, down: number): void {
  history.head = (history.head + 1) % KEPT_SECONDS
  history.up[history.head] = up
  history.down[history.head] = down
}

function notify(): void {
  for (const [id, set] of listeners) if (histories.has(id)) for (const listener of set) listener()
  for (const listener of totalListeners) listener()
}

/** The daemon is silent while nothing moves: the curves run on at zero until the last bump has left them, then rest. */
function waitForQuiet(): void {
  clearTimeout(quiet)
  const now = lastTick
  if (now - lastMove > KEPT_SECONDS * SECOND_MS) return
  quiet = setTimeout(() => {
    takeRates({ up: 0, down: 0, forwards: [] }, now + SECOND_MS)
  }, QUIET_MS)
}
