/** A channel as a Node stream, for what is not the hot path: jump hops and SOCKS on the server's side. */
import { Duplex } from 'node:stream'
import type { Channel, ChannelSink } from './_channel'

type Callback = (error?: Error | null) => void

export class ChannelStream extends Duplex implements ChannelSink {
  private pending: { data: Buffer; done: Callback } | null = null
  private stalled = false
  private unconsumed = 0
  private gone = false

  constructor(private readonly channel: Channel) {
    super({ allowHalfOpen: true })
    channel.sink = this
  }

  readonly onData = (data: Buffer): void => {
    this.channel.keep()
    if (this.push(data)) this.channel.consumed(data.length)
    else {
      this.stalled = true
      this.unconsumed += data.length
    }
  }

  readonly onEof = (): void => {
    this.push(null)
  }

  readonly onWritable = (): void => {
    const { pending } = this
    this.pending = null
    if (pending !== null) this._write(pending.data, 'buffer', pending.done)
  }

  readonly onClosed = (error: Error | null): void => {
    this.gone = true
    if (error !== null) this.destroy(error)
    else if (!this.channel.eofReceived) this.destroy()
    else if (!this.writableFinished) {
      // The peer takes nothing more; what it sent may still be read.
      const { pending } = this
      this.pending = null
      pending?.done(null)
      this.end()
    }
  }

  override _read(): void {
    if (!this.stalled) return
    this.stalled = false
    const bytes = this.unconsumed
    this.unconsumed = 0
    this.channel.consumed(bytes)
  }

  override _write(data: Buffer, _encoding: string, done: Callback): void {
    if (this.gone) {
      done(null)
      return
    }
    const sent = this.channel.send(data)
    if (sent === data.length) done(null)
    else {
      this.pending = { data: data.subarray(sent), done }
      this.channel.await()
    }
  }

  override _final(done: Callback): void {
    this.channel.sendEof()
    done(null)
  }

  override _destroy(error: Error | null, done: Callback): void {
    this.channel.close()
    const { pending } = this
    this.pending = null
    pending?.done(error)
    done(error)
  }
}
