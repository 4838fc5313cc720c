/** One direction of a connection while its limits bound it: what was read and may not pass yet. */
import type { Flow, Waiter } from '../traffic'
import type { TcpEnd } from './_tcp-end'

export interface ThrottleOptions {
  readonly from: TcpEnd
  readonly to: TcpEnd
  /** The limit now; `null` while there is none. */
  readonly flow: () => Flow | null
  /** So many bytes pass. */
  readonly count: (bytes: number) => void
}

export class Throttle implements Waiter {
  /** Stays where it was read: its end reads nothing more until it is gone. */
  private held: Buffer | null = null

  constructor(private readonly options: ThrottleOptions) {}

  get isHolding(): boolean {
    return this.held !== null
  }

  /** Whether the chunk is still in use; then its end is paused. */
  pass(chunk: Buffer): boolean {
    const { from, to, flow } = this.options
    const limit = flow()
    const granted = limit === null ? chunk.length : limit.take(chunk.length)
    if (granted === chunk.length) {
      this.held = null
      this.options.count(granted)
      if (to.write(chunk)) return false
      from.pause()
      return true
    }
    this.held = granted === 0 ? chunk : chunk.subarray(granted)
    from.pause()
    if (granted > 0) {
      this.options.count(granted)
      // Goes on when that is taken.
      if (!to.write(chunk.subarray(0, granted))) return true
    }
    // The write may have been the end of the connection.
    if (this.held !== null) limit?.await(this)
    return true
  }

  /** These bytes come first, as soon as the end is drained. */
  hold(chunk: Buffer): void {
    this.held = chunk
  }

  /** It may pass more, or what it wrote is taken. */
  granted(): void {
    const { held } = this
    if (held !== null && !this.pass(held)) this.options.from.resume()
  }

  /** The connection is over. */
  drop(): void {
    this.held = null
  }
}
