/** Joins a socket with a channel: the hot path. No stream pipes, no copies, no event per chunk beyond the socket's own. */
import type { Socket } from 'node:net'
import type { Channel, ChannelSink } from './_channel'
import type { SpliceResult, TrafficCounter } from './types'

export interface Corker {
  /** Calls `uncorked` when the packets that arrived together are through. */
  readonly uncorkLater: (splice: { readonly uncorked: () => void }) => void
}

export class Splice implements ChannelSink {
  readonly done: Promise<SpliceResult>
  private settle!: (result: SpliceResult) => void
  private channel: Channel | null = null
  /** Read from the socket, not yet taken by the channel. */
  private pending: Buffer | null = null
  private socketEnded = false
  private socketClosed = false
  private channelClosed = false
  /** Passed to the socket, not yet granted back to the server. */
  private unconsumed = 0
  private corked = false
  private error: Error | null = null

  /** Attaches the handlers at once: a reset between accept and open must not go unhandled. */
  constructor(
    private readonly socket: Socket,
    private readonly counter: TrafficCounter,
    private readonly corker: Corker,
  ) {
    this.done = new Promise((resolve) => {
      this.settle = resolve
    })
    socket.pause()
    socket.on('error', this.onSocketError)
    socket.on('close', this.onSocketClose)
  }

  /** True when the socket ended before the channel was open. */
  get abandoned(): boolean {
    return this.socketClosed
  }

  /** Lets bytes flow. `head` was read from the socket earlier. */
  start(channel: Channel, head: Buffer | undefined): void {
    this.channel = channel
    channel.sink = this
    if (this.socketClosed) {
      channel.close()
      return
    }
    this.socket.on('data', this.onSocketData)
    this.socket.on('end', this.onSocketEnd)
    this.socket.on('drain', this.onSocketDrain)
    if (head !== undefined && head.length > 0) this.onSocketData(head)
    if (this.pending === null) this.socket.resume()
  }

  /** Hands the socket back untouched: the channel could not be opened. */
  detach(): void {
    this.socket.off('error', this.onSocketError)
    this.socket.off('close', this.onSocketClose)
  }

  // --- from the socket ---

  private readonly onSocketData = (data: Buffer): void => {
    const { channel } = this
    if (channel === null || this.channelClosed) return
    const sent = channel.send(data)
    this.counter.bytesUp += sent
    if (sent === data.length && channel.sendable) return
    if (sent < data.length) this.pending = data.subarray(sent)
    this.socket.pause()
    channel.await()
  }

  private readonly onSocketEnd = (): void => {
    this.socketEnded = true
    if (this.pending === null) this.channel?.sendEof()
  }

  private readonly onSocketDrain = (): void => {
    const bytes = this.unconsumed
    this.unconsumed = 0
    if (bytes > 0) this.channel?.consumed(bytes)
  }

  private readonly onSocketError = (error: Error): void => {
    this.error ??= error
  }

  private readonly onSocketClose = (): void => {
    this.socketClosed = true
    // It ended in order with data still on its way to the server: that is sent first.
    if (this.socketEnded && this.pending !== null && this.error === null && !this.channelClosed) return
    // After an orderly end of both directions this is a no-op; after a reset or an end from outside it tells the peer.
    this.channel?.close()
    this.finish()
  }

  // --- from the channel ---

  readonly onData = (data: Buffer): void => {
    const { socket } = this
    this.counter.bytesDown += data.length
    if (this.socketClosed || socket.destroyed || socket.writableEnded) {
      this.channel?.consumed(data.length)
      return
    }
    if (!this.corked) {
      this.corked = true
      socket.cork()
      this.corker.uncorkLater(this)
    }
    socket.write(data)
    this.unconsumed += data.length
  }

  /** After the packets of one read: what the socket took at once is granted back, the rest when it drains. */
  readonly uncorked = (): void => {
    this.corked = false
    this.socket.uncork()
    if (this.unconsumed > 0 && !this.socket.writableNeedDrain) this.onSocketDrain()
  }

  readonly onEof = (): void => {
    if (!this.socket.destroyed) this.socket.end()
  }

  readonly onWritable = (): void => {
    const { pending } = this
    this.pending = null
    if (pending !== null) {
      this.onSocketData(pending)
      if (this.pending !== null) return
    }
    if (this.socketEnded) this.channel?.sendEof()
    else if (this.channel?.sendable === true) this.socket.resume()
    else this.channel?.await()
  }

  readonly onClosed = (error: Error | null): void => {
    this.channelClosed = true
    this.pending = null
    this.error ??= error
    if (!this.socketClosed) {
      if (error !== null || this.channel?.eofReceived !== true) this.socket.resetAndDestroy()
      else if (!this.socketEnded) this.socket.destroySoon()
      // Both ended: what is still queued flows out, then the socket closes by itself.
    }
    this.finish()
  }

  private finish(): void {
    if (this.socketClosed && (this.channelClosed || this.channel === null)) this.settle({ error: this.error })
  }
}
