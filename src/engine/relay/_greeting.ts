/** A client whose PROXY protocol header is awaited. */
import type { WarrenError } from '@shared/errors'
import { ProxyHeaderReader, type ProxyHeader } from './_proxy-protocol'
import type { Ticking } from './_dial'
import type { EndOwner, TcpEnd } from './_tcp-end'

export interface Greeted {
  /** Rounds of {@link Greeting.tick} until it is too late. */
  readonly connectTicks: () => number
  /** `rest` may stay. */
  readonly onHeader: (greeting: Greeting, found: { readonly header: ProxyHeader; readonly rest: Buffer }) => void
  /** It said something else (with the fault), or nothing; it is closed. */
  readonly onNone: (greeting: Greeting, fault: WarrenError | null) => void
}

export class Greeting implements EndOwner, Ticking {
  isOver = false
  private readonly reader = new ProxyHeaderReader()
  private ticks = 0

  constructor(
    private readonly greeted: Greeted,
    readonly client: TcpEnd,
    /** At which port of the range it came. */
    readonly offset: number,
  ) {
    client.owner = this
    client.resume()
  }

  arrived(_end: TcpEnd, chunk: Buffer): boolean {
    let found: ReturnType<ProxyHeaderReader['push']>
    try {
      found = this.reader.push(chunk)
    } catch (error) {
      this.giveUp(error as WarrenError)
      return false
    }
    if (found === null) return false
    this.isOver = true
    this.client.pause()
    this.greeted.onHeader(this, { header: found.header, rest: Buffer.from(found.rest) })
    return false
  }

  /** Probes of load balancers connect and go. */
  readEnded(): void {
    this.giveUp(null)
  }

  broke(): void {
    this.giveUp(null)
  }

  drained(): void {
    // Nothing is written to it.
  }

  tick(): void {
    this.ticks += 1
    if (this.ticks > this.greeted.connectTicks()) this.giveUp(null)
  }

  giveUp(fault: WarrenError | null): void {
    if (this.isOver) return
    this.isOver = true
    this.client.reset()
    this.greeted.onNone(this, fault)
  }
}
