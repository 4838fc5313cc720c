/** The channels of one session: takes ssh2's handlers over, opens, accepts and ends channels. */
import type { Endpoint } from '@shared/endpoints'
import type { Client } from 'ssh2'
import { Channel, type ChannelContext } from './_channel'
import { openFailure, type OpenFailure } from './_open-failure'
import { internals, type ClientInternals, type GlobalReply, type OpenInfo, type Protocol } from './_protocol'
import type { OpenOrigin } from './types'
import { INITIAL_WINDOW_BYTES, LinkEstimate } from './_window'
import { view } from './_slabs'
import { Wire } from './_wire'

const CHANNEL_WINDOW_ADJUST = 93
const CHANNEL_DATA = 94
const CHANNEL_EOF = 96
const CHANNEL_CLOSE = 97
/** Largest payload we take in one packet; ssh2 refuses packets over 35,000 bytes. */
const MAX_PACKET_BYTES = 32 * 1024
const PROHIBITED = 1

/** Who waits for a channel. */
export interface Opening {
  readonly target: Endpoint
  /** Runs at once and must give the channel its sink: the first data may have arrived with the confirmation. */
  readonly opened: (channel: Channel) => void
  /** With a coded error. */
  readonly failed: (error: Error) => void
}

export interface Corked {
  readonly uncorked: () => void
}

/** Decides about a channel that the server opens: a function that takes it, or `null` to refuse. */
export type IncomingHandler = (info: OpenInfo) => ((channel: PendingIncoming) => void) | null

export interface PendingIncoming {
  readonly accept: () => Channel
  /** RFC 4254 §5.1 reason code. */
  readonly refuse: (reason: number) => void
}

export class Mux {
  readonly link = new LinkEstimate()
  readonly wire: Wire
  packetsReceived = 0
  private readonly channels = new Map<number, Channel>()
  private readonly openings = new Map<number, Opening>()
  private readonly client: ClientInternals
  private readonly protocol: Protocol
  private readonly context: ChannelContext
  private readonly name: string
  private readonly keep: () => void
  private corked: Corked[] = []
  /** Numbers of channels that are closed on both sides. */
  private readonly free: number[] = []
  private ended: Error | null = null
  /** The opening whose round trip is measured, one at a time; -1 for none. */
  private timed = -1
  private timedSince = 0

  /** To be made once the client is ready; `name` stands in messages, `keep` is {@link SlabSocket.keep}. */
  constructor(
    client: Client,
    { name, keep }: { readonly name: string; readonly keep: () => void },
    private readonly onIncoming: IncomingHandler,
  ) {
    this.name = name
    this.keep = keep
    this.client = internals(client)
    this.protocol = this.client._protocol
    this.wire = new Wire(this.client._sock, this.protocol)
    this.context = {
      protocol: this.protocol,
      wire: this.wire,
      link: this.link,
      keep,
      forget: (id) => {
        this.channels.delete(id)
        this.free.push(id)
      },
    }
    client.on('handshake', this.wire.resume)
    this.takeHandlers()
    this.takePayloads()
  }

  get channelCount(): number {
    return this.channels.size
  }

  /** Opens a channel to `target` as the server sees it. Rejects with a coded error. `attach` is {@link Opening.opened}. */
  open<T>(target: Endpoint, origin: OpenOrigin, attach: (channel: Channel) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const opened = (channel: Channel): void => {
        resolve(attach(channel))
      }
      this.send(target, { origin, opening: { target, opened, failed: reject } })
    })
  }

  /** The same without a promise; may tell of a failure at once. */
  send(target: Endpoint, { origin, opening }: { origin: OpenOrigin; opening: Opening }): void {
    if (this.ended !== null) {
      opening.failed(this.ended)
      return
    }
    const id = this.reserve()
    this.openings.set(id, opening)
    if (this.timed === -1) this.time(id)
    if ('path' in target) {
      this.protocol.openssh_directStreamLocal(id, INITIAL_WINDOW_BYTES, MAX_PACKET_BYTES, { socketPath: target.path })
    } else {
      this.protocol.directTcpip(id, INITIAL_WINDOW_BYTES, MAX_PACKET_BYTES, {
        srcIP: origin.host,
        srcPort: origin.port,
        dstIP: target.host,
        dstPort: target.port,
      })
    }
  }

  /** Sends a global request that wants a reply (RFC 4254 §4); resolves `null` when the server refuses. */
  request(send: (protocol: Protocol) => void): Promise<Buffer | null> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) {
        reject(this.ended)
        return
      }
      const reply: GlobalReply = (failed, data) => {
        if (failed instanceof Error) reject(this.ended ?? failed)
        else resolve(failed ? null : (data ?? Buffer.alloc(0)))
      }
      this.client._callbacks.push(reply)
      send(this.protocol)
    })
  }

  /** Has `uncorked` called after the packets that arrived together. */
  readonly uncorkLater = (splice: Corked): void => {
    if (this.corked.length === 0) process.nextTick(this.uncorkAll)
    this.corked.push(splice)
  }

  /** The session is over: every channel and every opening ends with `error`. */
  end(error: Error): void {
    if (this.ended !== null) return
    this.ended = error
    for (const opening of this.openings.values()) opening.failed(error)
    this.openings.clear()
    for (const channel of [...this.channels.values()]) channel.end(error)
  }

  // --- internal ---

  private readonly uncorkAll = (): void => {
    const through = this.corked
    this.corked = []
    for (const splice of through) splice.uncorked()
  }

  private time(id: number): void {
    this.timed = id
    this.timedSince = performance.now()
  }

  private measure(): void {
    this.timed = -1
    this.link.sample(performance.now() - this.timedSince)
  }

  /** ssh2 keeps the numbers, so that its own channels and ours never share one; those we have had stay ours. */
  private reserve(): number {
    return this.free.pop() ?? this.client._chanMgr.add(() => undefined)
  }

  /** The four messages that connections consist of come straight here; everything else goes ssh2's way. */
  private takePayloads(): void {
    // Compressed payloads say nothing before ssh2 has read them; its handler hands the data on.
    const isCompressed = this.protocol._packetRW.write.allocStart === 0
    const parse = this.protocol._onPayload
    const onPayload = (payload: Buffer): unknown => {
      this.packetsReceived += 1
      if (isCompressed) return parse(payload)
      const plain = this.protocol._packetRW.read.constructor.name === 'PacketReader'
      const channel = plain && payload.length >= 5 ? this.channels.get(payload.readUInt32BE(1)) : undefined
      if (channel !== undefined && this.dispatch(channel, payload)) return undefined
      // What ssh2 hands out of a rare message may be a view of it.
      this.keep()
      return parse(payload)
    }
    this.protocol._onPayload = onPayload
    if (this.protocol._decipher !== undefined) this.protocol._decipher._onPayload = onPayload
  }

  /** False for what is not one of ours, or not as RFC 4254 §5 writes it. */
  private dispatch(channel: Channel, payload: Buffer): boolean {
    const { length } = payload
    switch (payload[0]) {
      case CHANNEL_DATA: {
        if (length < 9 || payload.readUInt32BE(5) !== length - 9) return false
        channel.dataReceived(view(payload, 9, length - 9))
        return true
      }
      case CHANNEL_WINDOW_ADJUST:
        if (length !== 9) return false
        channel.adjustedBy(payload.readUInt32BE(5))
        return true
      case CHANNEL_EOF:
        if (length !== 5) return false
        channel.eofArrived()
        return true
      case CHANNEL_CLOSE:
        if (length !== 5) return false
        this.closed(channel)
        return true
      default:
        return false
    }
  }

  private closed(channel: Channel): void {
    channel.closeArrived()
    if (this.openings.size > 0) this.wire.nudge()
  }

  private takeHandlers(): void {
    const handlers = this.protocol._handlers
    const original = { ...handlers }
    handlers.CHANNEL_OPEN_CONFIRMATION = (protocol, info) => {
      const opening = this.openings.get(info.recipient)
      if (opening === undefined) {
        original.CHANNEL_OPEN_CONFIRMATION(protocol, info)
        return
      }
      this.openings.delete(info.recipient)
      if (info.recipient === this.timed) this.measure()
      const channel = new Channel(info.recipient, this.context)
      channel.opened(info)
      this.channels.set(info.recipient, channel)
      opening.opened(channel)
    }
    // eslint-disable-next-line max-params -- the signature is ssh2's
    handlers.CHANNEL_OPEN_FAILURE = (protocol, recipient, reason, description) => {
      if (this.failOpening(recipient, { reason, description })) return
      original.CHANNEL_OPEN_FAILURE(protocol, recipient, reason, description)
    }
    handlers.CHANNEL_DATA = (protocol, recipient, data) => {
      const channel = this.channels.get(recipient)
      if (channel === undefined) original.CHANNEL_DATA(protocol, recipient, data)
      else channel.dataReceived(data)
    }
    handlers.CHANNEL_WINDOW_ADJUST = (protocol, recipient, bytes) => {
      const channel = this.channels.get(recipient)
      if (channel === undefined) original.CHANNEL_WINDOW_ADJUST(protocol, recipient, bytes)
      else channel.adjustedBy(bytes)
    }
    handlers.CHANNEL_EOF = (protocol, recipient) => {
      const channel = this.channels.get(recipient)
      if (channel === undefined) original.CHANNEL_EOF(protocol, recipient)
      else channel.eofArrived()
    }
    handlers.CHANNEL_CLOSE = (protocol, recipient) => {
      const channel = this.channels.get(recipient)
      if (channel !== undefined) {
        this.closed(channel)
      } else if (!this.failOpening(recipient, { reason: 2, description: 'closed at once' })) {
        original.CHANNEL_CLOSE(protocol, recipient)
      }
    }
    // eslint-disable-next-line max-params -- the signature is ssh2's
    handlers.CHANNEL_REQUEST = (protocol, recipient, type, wantReply, data) => {
      const channel = this.channels.get(recipient)
      if (channel === undefined) original.CHANNEL_REQUEST(protocol, recipient, type, wantReply, data)
      else if (wantReply) channel.refuseRequest()
    }
    handlers.CHANNEL_OPEN = (protocol, info) => {
      if (info.type !== 'forwarded-tcpip' && info.type !== 'forwarded-streamlocal@openssh.com') {
        original.CHANNEL_OPEN(protocol, info)
        return
      }
      const take = this.onIncoming(info)
      if (take === null) protocol.channelOpenFail(info.sender, PROHIBITED, 'nobody listens there')
      else take(this.incoming(info))
    }
  }

  private failOpening(id: number, failure: OpenFailure): boolean {
    const opening = this.openings.get(id)
    if (opening === undefined) return false
    this.openings.delete(id)
    if (id === this.timed) this.timed = -1
    this.free.push(id)
    opening.failed(openFailure(opening.target, failure, this.name))
    return true
  }

  private incoming(info: OpenInfo): PendingIncoming {
    let decided = false
    return {
      accept: () => {
        if (decided) throw new Error('The channel was decided on already')
        decided = true
        const channel = new Channel(this.reserve(), this.context)
        channel.opened(info)
        if (this.ended !== null) {
          channel.end(this.ended)
          return channel
        }
        this.channels.set(channel.id, channel)
        this.protocol.channelOpenConfirm(info.sender, channel.id, INITIAL_WINDOW_BYTES, MAX_PACKET_BYTES)
        return channel
      },
      refuse: (reason) => {
        if (decided || this.ended !== null) return
        decided = true
        this.protocol.channelOpenFail(info.sender, reason, '')
      },
    }
  }
}
