/** One SSH channel without a Node stream around it (RFC 4254 §5). */
import type { Wire, WireWaiter } from './_wire'
import type { Protocol } from './_protocol'
import { ReceiveWindow, type LinkEstimate } from './_window'

/** The owner of a channel: a spliced socket or a Duplex. */
export interface ChannelSink {
  /** `data` is valid until the end of this turn of the event loop, unless the sink calls {@link Channel.keep}. */
  readonly onData: (data: Buffer) => void
  /** The peer sends nothing more. */
  readonly onEof: () => void
  /** There is room to send again. */
  readonly onWritable: () => void
  /** The channel is gone. `error` is set when the session ended under it. */
  readonly onClosed: (error: Error | null) => void
}

export interface ChannelContext {
  readonly protocol: Protocol
  readonly wire: Wire
  readonly link: LinkEstimate
  /** See {@link Channel.keep}. */
  readonly keep: () => void
  /** Takes the channel out of the table of the session. */
  readonly forget: (id: number) => void
}

export class Channel implements WireWaiter {
  sink: ChannelSink | null = null
  eofReceived = false
  eofSent = false
  private closeSent = false
  private closed = false
  private remoteId = 0
  private sendWindow = 0
  private maxPacket = 0
  private waiting = false
  private readonly receive: ReceiveWindow

  constructor(
    readonly id: number,
    private readonly context: ChannelContext,
  ) {
    this.receive = new ReceiveWindow(context.link)
  }

  /** The peer's numbers, once it opened or confirmed. */
  opened(peer: { sender: number; window: number; packetSize: number }): void {
    this.remoteId = peer.sender
    this.sendWindow = peer.window
    // Of no bytes at all nothing could ever be sent, and we would try for ever.
    this.maxPacket = Math.max(1, peer.packetSize)
  }

  get sendable(): boolean {
    return !this.eofSent && !this.closeSent && this.sendWindow > 0 && this.context.wire.ready
  }

  /** Bytes that {@link send} would take now, or almost: the socket may be full before. */
  get room(): number {
    return this.sendable ? this.sendWindow : 0
  }

  /** Sends as much of `data` as the peer and the socket take; returns how many bytes that were. `onWritable` follows when not all. */
  send(data: Buffer): number {
    let sent = 0
    const { wire } = this.context
    while (sent < data.length && this.sendWindow > 0 && wire.ready && !this.closeSent) {
      const length = Math.min(data.length - sent, this.sendWindow, this.maxPacket)
      this.sendWindow -= length
      wire.sendData(this.remoteId, data, { from: sent, length })
      sent += length
    }
    return sent
  }

  /** Asks for `onWritable`. */
  await(): void {
    if (this.waiting || this.closeSent) return
    this.waiting = true
    // A closed window needs no place in the queue: the peer's adjustment wakes us.
    if (!this.context.wire.ready) this.context.wire.waitFor(this)
  }

  readonly onWritable = (): void => {
    if (!this.waiting || this.closed) return
    if (!this.context.wire.ready) {
      this.context.wire.waitFor(this)
      return
    }
    if (this.sendWindow === 0) return
    this.waiting = false
    this.sink?.onWritable()
  }

  adjustedBy(bytes: number): void {
    this.sendWindow += bytes
    if (this.waiting) this.onWritable()
  }

  /** What `onData` handed over is needed for longer than this turn of the event loop. */
  keep(): void {
    this.context.keep()
  }

  /** The sink passed on `bytes`: lets the peer send more when it is time. */
  consumed(bytes: number): void {
    if (this.closed) return
    const grant = this.receive.consume(bytes)
    if (grant > 0 && !this.closeSent && !this.eofReceived) {
      this.context.protocol.channelWindowAdjust(this.remoteId, grant)
    }
  }

  /** Ends our direction; the channel closes when both have ended. */
  sendEof(): void {
    if (this.eofSent || this.closeSent) return
    this.eofSent = true
    this.context.protocol.channelEOF(this.remoteId)
    if (this.eofReceived) this.close()
  }

  /** Ends both directions at once; without an EOF before, the peer knows that data may be missing. */
  close(): void {
    if (this.closeSent) return
    this.closeSent = true
    this.context.protocol.channelClose(this.remoteId)
  }

  dataReceived(data: Buffer): void {
    if (!this.eofReceived && !this.closed) this.sink?.onData(data)
  }

  eofArrived(): void {
    if (this.eofReceived) return
    this.eofReceived = true
    this.sink?.onEof()
    if (this.eofSent) this.close()
  }

  closeArrived(): void {
    this.close()
    this.end(null)
  }

  /** The session is gone, or the peer closed. */
  end(error: Error | null): void {
    if (this.closed) return
    this.closed = true
    this.closeSent = true
    this.receive.release()
    this.context.forget(this.id)
    this.sink?.onClosed(error)
  }

  refuseRequest(): void {
    if (!this.closeSent) this.context.protocol.channelFailure(this.remoteId)
  }
}
