/** One timer for many: rounds at a fixed pace while somebody needs them. */
import type { Clock } from '../types'

export class Ticker {
  private cancel: (() => void) | null = null

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
    /** One round; whether there is to be another. */
    private readonly round: () => boolean,
  ) {}

  /** Rounds come from now on, until one says that it was the last. */
  start(): void {
    this.cancel ??= this.clock.after(this.ms, this.tick)
  }

  stop(): void {
    this.cancel?.()
    this.cancel = null
  }

  private readonly tick = (): void => {
    this.cancel = null
    if (this.round()) this.start()
  }
}
