/** What comes in floods is heard in steps. */
import type { Clock } from './types'

export interface Paced {
  readonly call: () => void
  readonly cancel: () => void
}

/** Runs `task` at once, and at the end of `ms` once more when it was called for meanwhile. */
export function paced(clock: Clock, ms: number, task: () => void): Paced {
  let last = Number.NEGATIVE_INFINITY
  let cancel: (() => void) | null = null
  const run = (): void => {
    cancel = null
    last = clock.now()
    task()
  }
  return {
    call: () => {
      if (cancel !== null) return
      const since = clock.now() - last
      // A clock that was set back keeps nobody waiting.
      if (since >= ms || since < 0) run()
      else cancel = clock.after(ms - since, run)
    },
    cancel: () => {
      cancel?.()
      cancel = null
    },
  }
}
