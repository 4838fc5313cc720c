/** Carries the connections of a TCP relay. */
import type { Socket } from 'node:net'
import type { Endpoint } from '@shared/endpoints'
import { toFault, type WarrenError } from '@shared/errors'
import type { RelaySpec } from '@shared/relays'
import type { EndReason } from '@shared/traffic'
import { turnedAway } from '../traffic'
import { listenRange, type LocalListener, type TcpHandle } from '../tcp'
import { Dial, TICK_MS, type DialHome, type Ticking } from './_dial'
import { Greeting, type Greeted } from './_greeting'
import { acceptHandle, canUseHandles, connectHandle } from './_handle-end'
import { Pipe, type PipeHome } from './_pipe'
import { encodeProxyHeader, type ProxyHeader } from './_proxy-protocol'
import { acceptSocket, connectSocket } from './_socket-end'
import { compileSourceRanges, type SourceRanges } from './_source-ranges'
import { Targets } from './_targets'
import type { Connect, TcpEnd } from './_tcp-end'
import { Ticker } from './_ticker'
import { TroubleTeller } from './_trouble'
import type { RelayCarrier, RelayCarrierOptions } from './types'

const TICKS_PER_SECOND = 1000 / TICK_MS
/** An idle connection ends at most this part of its time late. */
const IDLE_ROUNDS = 8

export interface TcpOptions {
  /** Bare handles, which are faster; Node sockets where this Node has none. A test says which. */
  readonly useHandles?: boolean
  /** How targets are connected to; a test may have them not answer. */
  readonly connect?: Connect
}

export function tcpCarrier(
  options: RelayCarrierOptions,
  { useHandles = canUseHandles, connect = useHandles ? connectHandle : connectSocket }: TcpOptions = {},
): RelayCarrier {
  return new TcpCarrier(options, { useHandles, connect })
}

// --- internal ---

class TcpCarrier implements RelayCarrier, PipeHome, DialHome, Greeted {
  readonly meter
  readonly targets: Targets
  readonly connect: Connect
  readonly leadsBack
  private spec: RelaySpec
  private ranges: SourceRanges
  private opening: Promise<LocalListener> | null = null
  private closing: EndReason | null = null
  /** Those that connect, and clients that have not said yet who they are; who is done with it is dropped at the next tick. */
  private underWay: Ticking[] = []
  private readonly connectTicker: Ticker
  private idleTicker: Ticker | null = null
  private readonly trouble: TroubleTeller

  constructor(
    private readonly options: RelayCarrierOptions,
    private readonly ways: Required<TcpOptions>,
  ) {
    const { spec, clock, meter, leadsBack } = options
    this.spec = spec
    this.meter = meter
    this.leadsBack = leadsBack
    this.connect = ways.connect
    this.targets = new Targets(clock, spec)
    this.ranges = compileSourceRanges(spec)
    this.trouble = new TroubleTeller(options)
    this.connectTicker = new Ticker(clock, TICK_MS, () => {
      const before = this.underWay
      this.underWay = []
      for (const each of before) {
        if (!each.isOver) each.tick()
        if (!each.isOver) this.underWay.push(each)
      }
      return this.underWay.length > 0
    })
    this.watchIdle()
  }

  async bind(): Promise<Endpoint> {
    const { listenHost: host, listenPort: port, portCount: count } = this.spec
    const { ports } = this.options
    this.opening = listenRange({
      ...{ at: { host, port }, count, ports, portField: 'listenPort', hostField: 'listenHost' },
      onSocket: this.onSocket,
      onHandle: this.ways.useHandles ? this.onHandle : undefined,
      onTrouble: (error) => {
        this.trouble.tell(error.code ?? error.message)
      },
    })
    return (await this.opening).bound
  }

  replace(spec: RelaySpec): void {
    const { idleSeconds } = this.spec
    this.spec = spec
    this.targets.replace(spec)
    this.ranges = compileSourceRanges(spec)
    if (idleSeconds !== spec.idleSeconds) this.watchIdle()
  }

  async close(reason: EndReason): Promise<void> {
    this.closing ??= reason
    const closed = this.opening?.then(
      (listener) => listener.close(),
      () => undefined,
    )
    for (const pipe of this.pipes()) pipe.end(this.closing)
    for (const each of this.underWay.splice(0)) if (each instanceof Greeting) each.giveUp(null)
    this.connectTicker.stop()
    this.idleTicker?.stop()
    this.targets.forget()
    this.trouble.stop()
    await closed
  }

  connectTicks = (): number => this.spec.connectTimeoutSeconds * TICKS_PER_SECOND

  onTarget: DialHome['onTarget'] = (list, at, failure) => {
    if (list === this.targets.list) this.options.onTarget(at, failure)
  }

  headerFor = (pipe: Pipe): Buffer | null => {
    const { sendProxy } = this.spec
    if (sendProxy === null) return null
    const { client, greeting, remoteAddress, remotePort } = pipe
    const said = greeting?.header
    // The hop before speaks of itself, not of a client (LOCAL, UNKNOWN): so do we.
    const isLocal = said !== undefined && said.source === null
    const host = said?.destination?.host ?? client.localAddress
    const port = said?.destination?.port ?? client.localPort
    const isKnown = host !== undefined && port !== undefined && remoteAddress !== undefined && remotePort !== undefined
    return encodeProxyHeader(
      sendProxy,
      isKnown && !isLocal ? { source: { host: remoteAddress, port: remotePort }, destination: { host, port } } : null,
    )
  }

  onReach = (_pipe: Pipe, failure: WarrenError | null, isLocal: boolean): void => {
    if (isLocal) {
      this.trouble.tell(String(failure?.cause))
      return
    }
    this.options.onReach(failure)
    if (failure === null) return
    const { code, message } = toFault(failure)
    this.options.log({ level: 'warn', code, message })
  }

  onOver = (pipe: Pipe, reason: EndReason): void => {
    const { ledger, ended } = this.options
    const { connection } = pipe
    const { source, target, since, bytesUp, bytesDown } = connection
    ledger.remove(connection)
    ended({ source, target, since, bytesUp, bytesDown, reason })
  }

  // --- internal ---

  private readonly onHandle = (handle: TcpHandle, offset: number): void => {
    this.welcome(acceptHandle(handle), offset)
  }

  private readonly onSocket = (socket: Socket, offset: number): void => {
    this.welcome(acceptSocket(socket), offset)
  }

  private welcome(client: TcpEnd, offset: number): void {
    if (this.closing !== null) client.reset()
    else if (this.spec.acceptProxy) {
      this.lookAfter(new Greeting(this, client, offset))
    } else this.admit(new Pipe(this, client, null), offset)
  }

  onHeader = (greeting: Greeting, found: { header: ProxyHeader; rest: Buffer }): void => {
    this.admit(new Pipe(this, greeting.client, found), greeting.offset)
  }

  onNone = (_greeting: Greeting, fault: WarrenError | null): void => {
    if (fault !== null) this.options.log({ level: 'warn', code: fault.code, message: fault.message })
  }

  private admit(pipe: Pipe, offset: number): void {
    const { limiter, ledger, began } = this.options
    // Asked now: it is not known any more when the client is gone.
    const { remoteAddress } = pipe
    if (!this.ranges.isEmpty && !this.ranges.isAllowed(remoteAddress ?? '')) {
      limiter.dropped('denied')
      pipe.client.reset()
      return
    }
    const limits = limiter.admit(pipe)
    if (typeof limits === 'string') {
      this.options.log(turnedAway(limits))
      pipe.client.reset()
      return
    }
    pipe.limits = limits
    pipe.connection = ledger.add({ stream: pipe, origin: pipe.origin, target: null })
    began()
    const dial = new Dial(this, pipe, offset)
    pipe.dial = dial
    this.lookAfter(dial)
    dial.start()
  }

  private lookAfter(each: Ticking): void {
    this.underWay.push(each)
    this.connectTicker.start()
  }

  private *pipes(): Iterable<Pipe> {
    for (const { stream } of this.options.ledger.connections) if (stream instanceof Pipe) yield stream
  }

  private watchIdle(): void {
    const { idleSeconds } = this.spec
    this.idleTicker?.stop()
    this.idleTicker = null
    if (idleSeconds === null || this.closing !== null) return
    this.idleTicker = new Ticker(this.options.clock, (idleSeconds * 1000) / IDLE_ROUNDS, () => {
      for (const pipe of this.pipes()) {
        if (pipe.dial !== null || pipe.isThrottled) continue
        pipe.quietRounds += 1
        if (pipe.quietRounds > IDLE_ROUNDS) pipe.end('idle')
      }
      return true
    })
    this.idleTicker.start()
  }
}
