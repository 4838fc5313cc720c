/** Joins two streams: not the hot path. Order, half-close and back-pressure are kept, and limits hold. */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { sayResets } from '../tcp'
import { resetStream, type Connection, type Flow, type Waiter } from '../traffic'

export interface Joined {
  /** Sends what counts as up. */
  readonly client: Duplex
  readonly target: Duplex
  /** What was read from the client before. */
  readonly head: Buffer | undefined
}

export function join({ client, target, head }: Joined, connection: Connection): void {
  const { limits } = connection
  for (const end of [client, target]) if (end instanceof Socket) sayResets(end)
  const up = new Pump({ from: client, to: target, flow: () => limits?.up ?? null }, (bytes) => {
    connection.bytesUp += bytes
  })
  const down = new Pump({ from: target, to: client, flow: () => limits?.down ?? null }, (bytes) => {
    connection.bytesDown += bytes
  })
  up.start(head ?? null)
  down.start(null)
  // What was said in order before the close may still be held back by a limit.
  client.once('close', () => {
    if (isOrderly(client)) up.granted()
    else resetStream(target)
  })
  target.once('close', () => {
    if (isOrderly(target)) down.granted()
    else resetStream(client)
  })
}

// --- internal ---

interface Way {
  readonly from: Duplex
  readonly to: Duplex
  /** Asked at each chunk. */
  readonly flow: () => Flow | null
}

/** Both directions had ended when it closed. */
function isOrderly(stream: Duplex): boolean {
  return stream.readableEnded && stream.writableFinished
}

class Pump implements Waiter {
  private held: Buffer | null = null
  private ended = false

  constructor(
    private readonly way: Way,
    private readonly passed: (bytes: number) => void,
  ) {}

  start(head: Buffer | null): void {
    const { from, to } = this.way
    this.held = head
    // Half-closed before anybody listened: Node says `end` only once.
    this.ended = from.readableEnded
    from.on('data', (chunk: Buffer) => {
      this.held = chunk
      this.goOn()
    })
    from.on('end', () => {
      this.ended = true
      this.goOn()
    })
    to.on('drain', this.goOn)
    this.goOn()
  }

  readonly granted = (): void => {
    this.goOn()
  }

  private readonly goOn = (): void => {
    const { from, to, flow } = this.way
    const { held } = this
    if (to.destroyed || to.writableEnded) return
    if (held !== null) {
      const limit = flow()
      const may = to.writableNeedDrain ? 0 : (limit?.take(held.length) ?? held.length)
      if (may > 0) {
        this.passed(may)
        to.write(held.subarray(0, may))
      }
      this.held = may === held.length ? null : held.subarray(may)
      if (this.held !== null || to.writableNeedDrain) {
        from.pause()
        if (!to.writableNeedDrain) limit?.await(this)
        return
      }
    }
    if (this.ended) to.end()
    else from.resume()
  }
}
