/** Joins a socket with a channel: the hot path. No stream pipes, no copies, no closures or promises per connection. */
import type { Endpoint } from '@shared/endpoints'
import type { Channel, ChannelSink } from './_channel'
import type { Mux, Opening } from './_mux'
import type { EndReason } from '@shared/traffic'
import type { ConnectionLimits, Flow } from '../traffic'
import { Held } from './_held'
import { view } from './_slabs'
import type { ClientEnd, ClientSink, ForwardClientOptions, SpliceResult, TrafficCounter } from './types'

const UNKNOWN_ORIGIN = '127.0.0.1'
const NO_LIMITS: ConnectionLimits = { up: null, down: null, release: () => undefined }

export interface Corker {
  /** Calls `uncorked` when the packets that arrived together are through. */
  readonly uncorkLater: (splice: { readonly uncorked: () => void }) => void
}

/** Opens a channel to the target and joins it with `client`. */
export function openSplice(mux: Mux, client: ClientEnd, options: ForwardClientOptions): void {
  mux.send(options.target, {
    origin: { host: client.remoteAddress ?? UNKNOWN_ORIGIN, port: client.remotePort ?? 0 },
    opening: new OpeningSplice(new Splice(client, { ...options, corker: mux }), options),
  })
}

class OpeningSplice implements Opening {
  readonly target: Endpoint

  constructor(
    private readonly splice: Splice,
    private readonly options: ForwardClientOptions,
  ) {
    this.target = options.target
  }

  opened(channel: Channel): void {
    this.options.onOpen?.()
    this.splice.start(channel, this.options.head)
  }

  failed(error: Error): void {
    this.splice.detach()
    this.options.onRefused(error)
  }
}

export interface SpliceOptions {
  readonly counter: TrafficCounter
  readonly corker: Corker
  readonly limits?: ConnectionLimits | undefined
  readonly onClosed: (result: SpliceResult) => void
}

export class Splice implements ChannelSink, ClientSink {
  private channel: Channel | null = null
  /** Read from the client, not yet taken by the channel. */
  private pending: Buffer | null = null
  /** Of `pending`: bytes that the limit let pass already. */
  private paid = 0
  /** From the channel, held back by a limit; made with the first byte of it. */
  private held: Held | null = null
  private clientEnded = false
  private clientClosed = false
  private channelClosed = false
  private settled = false
  /** Passed to the client, not yet granted back to the server. */
  private unconsumed = 0
  private corked = false
  private error: Error | null = null
  private reason: EndReason = 'closed'
  private readonly limits: ConnectionLimits
  private readonly counter: TrafficCounter
  private readonly corker: Corker
  private readonly settle: (result: SpliceResult) => void

  constructor(
    private readonly client: ClientEnd,
    { counter, corker, limits, onClosed }: SpliceOptions,
  ) {
    this.limits = limits ?? NO_LIMITS
    this.counter = counter
    this.corker = corker
    this.settle = onClosed
    client.sink = this
    this.clientClosed = client.closed
  }

  /** Lets bytes flow. `head` was read from the client earlier. */
  start(channel: Channel, head: Buffer | undefined): void {
    this.channel = channel
    channel.sink = this
    if (this.clientClosed) {
      channel.close()
      return
    }
    if (head !== undefined && head.length > 0) this.onClientData(head)
    if (this.pending === null) this.client.resume()
  }

  /** Hands the client back untouched: the channel could not be opened. */
  detach(): void {
    this.client.release()
  }

  // --- from the client ---

  onClientData(data: Buffer): void {
    const { channel } = this
    if (channel === null || this.channelClosed) return
    const { up } = this.limits
    if (up !== null) {
      this.sendLimited(data, { channel, flow: up, isOurs: false })
      return
    }
    const sent = channel.send(data)
    this.counter.bytesUp += sent
    if (sent === data.length && channel.sendable) return
    // The one copy: the client's buffer is used again, and this has to wait.
    if (sent < data.length) this.pending = Buffer.from(data.subarray(sent))
    this.client.pause()
    channel.await()
  }

  /** No more than the limit lets pass. `isOurs`: the data may be kept as it is. */
  private sendLimited(data: Buffer, way: { channel: Channel; flow: Flow; isOurs: boolean }): void {
    const { channel, flow, isOurs } = way
    const { length } = data
    // Only what the channel would take is asked for: what is granted counts, whether or not it is sent.
    const wanted = Math.min(length, channel.room)
    if (wanted > this.paid) this.paid += flow.take(wanted - this.paid)
    const sent = this.paid === 0 ? 0 : channel.send(view(data, 0, Math.min(this.paid, length)))
    this.counter.bytesUp += sent
    this.paid -= sent
    if (sent === length && channel.sendable) return
    if (sent < length) this.pending = isOurs ? view(data, sent, length - sent) : Buffer.from(data.subarray(sent))
    this.client.pause()
    if (channel.room === 0) channel.await()
    else flow.await(this)
  }

  /** The limit lets more pass. */
  granted(): void {
    if (this.pending !== null && !this.channelClosed) this.onWritable()
  }

  onClientEnd(): void {
    this.clientEnded = true
    if (this.pending === null) this.channel?.sendEof()
  }

  onClientDrain(): void {
    const bytes = this.unconsumed
    this.unconsumed = 0
    if (bytes > 0) this.channel?.consumed(bytes)
  }

  onClientClose(error: Error | null): void {
    this.clientClosed = true
    if (error !== null) this.broke(error, 'reset')
    else if (!this.clientEnded && !this.channelClosed) this.reason = 'reset'
    this.dropHeld()
    // It ended in order with data still on its way to the server: that is sent first.
    if (this.clientEnded && this.pending !== null && this.error === null && !this.channelClosed) return
    // After an orderly end of both directions this is a no-op; after a reset or an end from outside it tells the peer.
    this.channel?.close()
    this.finish()
  }

  // --- from the channel ---

  onData(data: Buffer): void {
    const { down } = this.limits
    if (down === null) this.pass(data)
    else this.passLimited(data, down)
  }

  private readonly pass = (data: Buffer): void => {
    const { client } = this
    // What was on its way when the client went is for nobody, and counts for nothing.
    if (!client.writable) {
      this.channel?.consumed(data.length)
      return
    }
    this.counter.bytesDown += data.length
    if (!this.corked) {
      this.corked = true
      this.corker.uncorkLater(this)
    }
    client.write(data)
    this.unconsumed += data.length
  }

  private passLimited(data: Buffer, flow: Flow): void {
    if (!this.client.writable) {
      this.pass(data)
      return
    }
    this.held ??= new Held(this.pass, this.downGranted)
    const isFirst = this.held.size === 0
    this.held.push(data)
    if (isFirst) this.held.release(flow)
    if (this.held.size > 0) this.channel?.keep()
  }

  private readonly downGranted = (): void => {
    const { held } = this
    if (held === null || held.size === 0) return
    held.release(this.limits.down)
    if (held.size === 0) this.downPassed()
  }

  /** Nothing is held back any more: what came after it. */
  private downPassed(): void {
    if (this.clientClosed) return
    if (this.channelClosed) this.afterClose()
    else if (this.channel?.eofReceived === true) this.client.end()
  }

  private dropHeld(): void {
    if (this.held === null) return
    this.channel?.consumed(this.held.size)
    this.held.drop()
  }

  private get isHolding(): boolean {
    return this.held !== null && this.held.size > 0
  }

  /** After the packets of one read: what the client took at once is granted back, the rest when it drains. */
  uncorked(): void {
    this.corked = false
    this.client.flush()
    if (this.client.holding) this.channel?.keep()
    if (this.unconsumed > 0 && !this.client.backedUp) this.onClientDrain()
  }

  onEof(): void {
    if (!this.isHolding) this.client.end()
  }

  onWritable(): void {
    const { pending } = this
    this.pending = null
    if (pending !== null) {
      this.sendPending(pending)
      if (this.pending !== null) return
    }
    if (this.clientEnded) this.channel?.sendEof()
    else if (this.channel?.sendable === true) this.client.resume()
    else this.channel?.await()
  }

  private sendPending(data: Buffer): void {
    const { channel } = this
    const { up } = this.limits
    if (up !== null && channel !== null && !this.channelClosed) {
      this.sendLimited(data, { channel, flow: up, isOurs: true })
      return
    }
    this.paid = 0
    this.onClientData(data)
  }

  onClosed(error: Error | null): void {
    const isCutShort = error !== null && this.pending !== null
    this.channelClosed = true
    this.pending = null
    if (error !== null) this.broke(error, 'stopped')
    if (!this.clientClosed) {
      // All that the server had to say is here once it said EOF: it is passed on also when the session ends under it.
      if (isCutShort || this.channel?.eofReceived !== true) this.resetClient()
      else if (!this.isHolding) this.afterClose()
    }
    this.finish()
  }

  private resetClient(): void {
    if (this.error === null) this.reason = 'reset'
    this.dropHeld()
    this.client.reset()
  }

  /** The channel is closed in order, and all that came over it is passed on. */
  private afterClose(): void {
    if (!this.clientEnded) this.client.closeWhenSent()
    // Both ended: what is still queued flows out, then the client closes by itself.
    else this.client.end()
  }

  private broke(error: Error, reason: EndReason): void {
    if (this.error !== null) return
    this.error = error
    this.reason = reason
  }

  private finish(): void {
    if (this.settled || !this.clientClosed || !this.channelClosed) return
    this.settled = true
    this.settle({ error: this.error, reason: this.reason })
  }
}
