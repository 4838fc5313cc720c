/**
 * Datagrams on their way, sent together at the end of the turn.
 *
 * Receiving all that is there before sending any of it makes half as many more datagrams a second pass between many sources as sending
 * each when it comes: the receiver is woken once for a burst.
 */

/** Enough of a burst; and more must not wait in our memory. */
const MAX_DATAGRAMS = 128
const MAX_BYTES = 512 * 1024

export class SendQueue<T> {
  private who: T[] = []
  private data: Buffer[] = []
  private bytes = 0
  private planned: NodeJS.Immediate | null = null

  constructor(private readonly send: (who: T, data: Buffer) => void) {}

  push(who: T, data: Buffer): void {
    this.who.push(who)
    this.data.push(data)
    this.bytes += data.length
    if (this.data.length >= MAX_DATAGRAMS || this.bytes >= MAX_BYTES) this.flush()
    else this.planned ??= setImmediate(this.flush)
  }

  clear(): void {
    if (this.planned !== null) clearImmediate(this.planned)
    this.planned = null
    this.who = []
    this.data = []
    this.bytes = 0
  }

  private readonly flush = (): void => {
    const { who, data } = this
    this.clear()
    for (let at = 0; at < who.length; at += 1) {
      const one = who[at]
      const datagram = data[at]
      if (one !== undefined && datagram !== undefined) this.send(one, datagram)
    }
  }
}
