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

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
