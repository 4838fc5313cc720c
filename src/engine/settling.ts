/** Waiting until something is as it will stay for now. */
import type { Clock } from './types'

export class Settling {
  private readonly waiting = new Set<() => void>()

  constructor(private readonly clock: Clock) {}

  /** Resolves when `isSettled` says so after a change, or after `timeoutMs`. */
  wait(isSettled: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        this.waiting.delete(look)
        resolve()
      }
      const look = (): void => {
        if (isSettled()) done()
      }
      const cancel = this.clock.after(timeoutMs, done)
      this.waiting.add(look)
      look()
    })
  }

  changed(): void {
    for (const look of [...this.waiting]) look()
  }
}
