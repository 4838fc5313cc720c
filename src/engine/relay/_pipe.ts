/** One relayed connection: its two ends, and what passes between them. */
import type { Endpoint } from '@shared/endpoints'
import type { WarrenError } from '@shared/errors'
import type { EndReason } from '@shared/traffic'
import type { Connection, ConnectionLimits, LiveEnd } from '../traffic'
import type { ProxyEnd, ProxyHeader } from './_proxy-protocol'
import type { Dial, Dialled } from './_dial'
import type { TcpEnd } from './_tcp-end'
import { Throttle } from './_throttle'
import type { Meter } from './types'

/** What a connection needs of the carrier. */
export interface PipeHome {
  readonly meter: Meter
  /** What the target is sent before anything else. */
  readonly headerFor: (pipe: Pipe) => Buffer | null
  /** It found a target (`null`), or none. */
  readonly onReach: (pipe: Pipe, failure: WarrenError | null, isLocal: boolean) => void
  /** Called once. */
  readonly onOver: (pipe: Pipe, reason: EndReason) => void
}

/** A client that said so much is not heard any more until there is a target; that it breaks off is then noticed late. */
const MAX_EARLY_BYTES = 16 * 1024

export class Pipe implements Dialled, LiveEnd {
  /** Rounds since the last byte. */
  quietRounds = 0
  dial: Dial | null = null
  limits: ConnectionLimits = noLimits
  connection!: Connection
  private target: TcpEnd | null = null
  /** What the client said before there was a target: what came with its PROXY header, and more where dialling takes long. */
  private early: Buffer | null
  private isListening = false
  private up: Throttle | null = null
  private down: Throttle | null = null
  /** It did not take what we wrote; what it said before that may still be to come. */
  private deaf: TcpEnd | null = null
  private isOver = false

  constructor(
    private readonly home: PipeHome,
    readonly client: TcpEnd,
    /** What the hop before said of the client, and the bytes that came with it. */
    readonly greeting: { readonly header: ProxyHeader; readonly rest: Buffer } | null,
  ) {
    client.owner = this
    this.early = greeting === null || greeting.rest.length === 0 ? null : greeting.rest
  }

  /** Where the client is, as the hop before said it. */
  get origin(): ProxyEnd | null {
    return this.greeting?.header.source ?? null
  }

  get remoteAddress(): string | undefined {
    return this.origin?.host ?? this.client.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.origin?.port ?? this.client.remotePort
  }

  get localPort(): number | undefined {
    return this.client.localPort
  }

  /** Whether something waits to be allowed: it is slow, not idle. */
  get isThrottled(): boolean {
    return this.up?.isHolding === true || this.down?.isHolding === true
  }

  /** From now on a client that breaks off is noticed. Most targets answer sooner, and their clients are not read for nothing. */
  dialling(): void {
    if (this.isListening) return
    this.isListening = true
    this.client.resume()
  }

  reached(end: TcpEnd, target: Endpoint): void {
    this.dial = null
    if (this.isListening) this.client.pause()
    this.target = end
    this.connection.target = target
    this.home.onReach(this, null, false)
    const header = this.home.headerFor(this)
    // Bytes that came with the client's own header go first; reading goes on when they are taken.
    const isTaken = header === null || end.write(header)
    const { early } = this
    this.early = null
    if (this.isOver) return
    end.resume()
    if (early !== null) this.passRest(early, isTaken)
    else if (isTaken) this.client.resume()
  }

  unreached(fault: WarrenError, isLocal: boolean): void {
    this.dial = null
    this.home.onReach(this, fault, isLocal)
    this.end('unreachable')
  }

  arrived(end: TcpEnd, chunk: Buffer): boolean {
    const { target, connection, limits } = this
    if (this.isOver) return false
    if (target === null) {
      this.keepEarly(chunk)
      return false
    }
    this.quietRounds = 0
    if (end === this.client) {
      if (this.deaf === target) return false
      if (limits.up !== null) return this.throttleUp(target).pass(chunk)
      connection.bytesUp += chunk.length
      this.home.meter.up(chunk.length)
      if (target.write(chunk)) return false
    } else {
      if (this.deaf === this.client) return false
      if (limits.down !== null) return this.throttleDown(target).pass(chunk)
      connection.bytesDown += chunk.length
      this.home.meter.down(chunk.length)
      if (this.client.write(chunk)) return false
    }
    end.pause()
    return true
  }

  readEnded(end: TcpEnd): void {
    const { target, client } = this
    if (target === null) {
      // It may be half-closed and wait for an answer: the target is told, once there is one.
      end.keepEnd()
      return
    }
    if (this.deaf !== null) {
      this.end('reset')
      return
    }
    const other = end === client ? target : client
    if (!other.hasReadEnd) {
      shutDownLater(other)
      return
    }
    client.close()
    target.close()
    this.over('closed')
  }

  drained(end: TcpEnd): void {
    const { target, client, up, down } = this
    if (target === null) return
    const throttle = end === client ? down : up
    if (throttle !== null && throttle.isHolding) throttle.granted()
    else (end === client ? target : client).resume()
  }

  broke(end: TcpEnd, _code: string, by: 'reading' | 'writing'): void {
    const other = end === this.client ? this.target : this.client
    if (by === 'reading' || end.hasReadEnd || other === null || this.deaf !== null) {
      this.end('reset')
      return
    }
    // Its last words may still be there (a server that refuses a request says why, and closes); reading ends with the fault itself.
    this.deaf = end
    other.pause()
    this.throttleFrom(other)?.drop()
    if (this.throttleFrom(end)?.isHolding !== true) end.resume()
  }

  /** By a person. */
  reset(): void {
    this.end('ended')
  }

  /** Ends it at once; both sides learn that it was no orderly end. Idempotent. */
  end(reason: EndReason): void {
    if (this.isOver) return
    this.client.reset()
    this.target?.reset()
    this.over(reason)
  }

  // --- internal ---

  private keepEarly(chunk: Buffer): void {
    // A copy: the memory is read into again.
    this.early = Buffer.concat(this.early === null ? [chunk] : [this.early, chunk])
    if (this.early.length >= MAX_EARLY_BYTES) this.client.pause()
  }

  private passRest(rest: Buffer, canWrite: boolean): void {
    const { target, limits } = this
    if (target === null) return
    if (limits.up === null && canWrite) {
      if (!this.arrived(this.client, rest)) this.client.resume()
      return
    }
    const throttle = this.throttleUp(target)
    if (canWrite) {
      if (!throttle.pass(rest)) this.client.resume()
    } else throttle.hold(rest)
  }

  private over(reason: EndReason): void {
    this.isOver = true
    this.dial?.cancel()
    this.dial = null
    this.early = null
    this.up?.drop()
    this.down?.drop()
    this.limits.release()
    this.home.onOver(this, reason)
  }

  /** Of the direction that `end` is read for. */
  private throttleFrom(end: TcpEnd): Throttle | null {
    return end === this.client ? this.up : this.down
  }

  private throttleUp(target: TcpEnd): Throttle {
    return (this.up ??= new Throttle({
      from: this.client,
      to: target,
      flow: () => this.limits.up,
      count: (bytes) => {
        this.quietRounds = 0
        this.connection.bytesUp += bytes
        this.home.meter.up(bytes)
      },
    }))
  }

  private throttleDown(target: TcpEnd): Throttle {
    return (this.down ??= new Throttle({
      from: target,
      to: this.client,
      flow: () => this.limits.down,
      count: (bytes) => {
        this.quietRounds = 0
        this.connection.bytesDown += bytes
        this.home.meter.down(bytes)
      },
    }))
  }
}

/**
 * At the end of this turn of the event loop: often the other side has ended as well by then, and closing says the same to both.
 */
function shutDownLater(end: TcpEnd): void {
  if (toShutDown.length === 0) setImmediate(shutDownAll)
  toShutDown.push(end)
}

let toShutDown: TcpEnd[] = []

function shutDownAll(): void {
  const ends = toShutDown
  toShutDown = []
  for (const end of ends) end.shutdown()
}

/** Until it is admitted. */
const noLimits: ConnectionLimits = { up: null, down: null, release: () => undefined }
