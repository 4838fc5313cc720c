/** The wait before the next attempt: it can be ended by hand, and begun anew when the network changes. */
import type { Clock } from '../types'

export interface PauseOptions {
  readonly clock: Clock
  /** The time of the next try, or `null` when the wait is over. */
  readonly onNextTry: (at: number | null) => void
}

export class Pause {
  private finish: (() => void) | null = null
  private schedule: ((ms: number) => void) | null = null
  private byHand = false

  constructor(private readonly options: PauseOptions) {}

  /** Resolves after `ms`, at {@link end}, or when `signal` aborts; with whether it was ended by {@link end}. */
  wait(ms: number, signal: AbortSignal): Promise<boolean> {
    const { clock, onNextTry } = this.options
    return new Promise((resolve) => {
      let cancel = (): void => undefined
      const done = (): void => {
        cancel()
        signal.removeEventListener('abort', done)
        this.finish = null
        this.schedule = null
        onNextTry(null)
        resolve(this.byHand)
      }
      this.byHand = false
      this.finish = done
      this.schedule = (delay) => {
        cancel()
        cancel = clock.after(delay, done)
        onNextTry(clock.now() + delay)
      }
      signal.addEventListener('abort', done, { once: true })
      this.schedule(ms)
    })
  }

  /** "Retry now". */
  end(): void {
    this.byHand = true
    this.finish?.()
  }

  /** Waits `ms` from now on, whatever was left. */
  restart(ms: number): void {
    this.schedule?.(ms)
  }
}
