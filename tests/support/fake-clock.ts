/** A clock that only the test moves. */
import type { Clock } from '../../src/engine'

export interface FakeClock extends Clock {
  /** Runs what is due within `ms`, in order, then lets promises settle. */
  readonly advance: (ms: number) => Promise<void>
  /** When the waits that are open will end, from now, soonest first. */
  readonly waits: () => readonly number[]
}

export function fakeClock(): FakeClock {
  let now = Date.UTC(2026, 0, 1)
  const tasks = new Set<{ readonly at: number; readonly run: () => void }>()
  const sorted = (): { readonly at: number; readonly run: () => void }[] => [...tasks].sort((a, b) => a.at - b.at)
  return {
    now: () => now,
    after: (ms, run) => {
      const task = { at: now + ms, run }
      tasks.add(task)
      return () => {
        tasks.delete(task)
      }
    },
    advance: async (ms) => {
      const until = now + ms
      for (let next = sorted()[0]; next !== undefined && next.at <= until; next = sorted()[0]) {
        tasks.delete(next)
        now = next.at
        next.run()
        await settled()
      }
      now = until
      await settled()
    },
    waits: () => sorted().map(({ at }) => at - now),
  }
}

export interface HeldWait {
  readonly clock: Clock
  /** How many times it was begun until now. */
  readonly begun: () => number
  readonly isUnderWay: () => boolean
  /** Does what is done when it is over. */
  readonly end: () => void
}

/** The machine's clock, but for the wait of `held` ms: that one lasts until the test ends it, or what waits gives up. */
export function holdWait(held: number): HeldWait {
  let begun = 0
  let task: (() => void) | null = null
  const after: Clock['after'] = (ms, run) => {
    if (ms !== held) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    }
    begun += 1
    task = run
    return () => (task = null)
  }
  const end = (): void => {
    const run = task
    task = null
    run?.()
  }
  return { clock: { now: Date.now, after }, begun: () => begun, isUnderWay: () => task !== null, end }
}

/** How long the kernel may take with a connection on a busy machine; only a test that fails waits for so long. */
const PATIENCE_MS = 15_000

/**
 * Turns of the event loop until `test` holds, at most for a while.
 *
 * Not a number of turns: real sockets need as many as the kernel takes its time, and a turn in which nothing happens takes none.
 */
export async function turnsUntil(test: () => boolean): Promise<void> {
  const over = performance.now() + PATIENCE_MS
  while (!test() && performance.now() < over) await settled()
}

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
