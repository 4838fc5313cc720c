/** Carries the sessions of a UDP relay: one for each source, with its own socket to the target. */
import type { Endpoint } from '@shared/endpoints'
import { toFault } from '@shared/errors'
import { UDP_IDLE_SECONDS, UDP_MAX_SESSIONS, type RelaySpec } from '@shared/relays'
import type { EndReason } from '@shared/traffic'
import { turnedAway } from '../traffic'
import { plainAddress } from './_ip-address'
import { compileSourceRanges, type SourceRanges } from './_source-ranges'
import { Targets } from './_targets'
import { Ticker } from './_ticker'
import { TroubleTeller } from './_trouble'
import { listenUdp, type UdpListener } from './_udp-listen'
import { Names } from './_udp-names'
import { SendQueue } from './_udp-queue'
import { UdpSession, type SessionHome } from './_udp-session'
import { udpSockets } from './_udp-socket'
import { SessionTable } from './_udp-table'
import type { UdpOwner, UdpSocket, UdpSockets, UdpSource } from './_udp-types'
import type { RelayCarrier, RelayCarrierOptions } from './types'

/** An idle session ends at most this part of its time late. */
const IDLE_ROUNDS = 8
/** Datagrams of all sessions together that wait for names. */
const MAX_HELD_BYTES = 8 * 1024 * 1024

export interface UdpOptions {
  /** A test says which. */
  readonly sockets?: UdpSockets
  readonly resolve?: (name: string) => Promise<readonly string[]>
}

export function udpCarrier(options: RelayCarrierOptions, test: UdpOptions = {}): RelayCarrier {
  return new UdpCarrier(options, test)
}

// --- internal ---

class UdpCarrier implements RelayCarrier, SessionHome {
  readonly targets: Targets
  readonly names: Names
  readonly leadsBack
  readonly connect: SessionHome['connect']
  private spec: RelaySpec
  private ranges: SourceRanges
  private readonly sockets: UdpSockets
  private readonly sessions = new SessionTable<UdpSession>()
  /** The source of the last datagram often sends the next one. */
  private last: UdpSession | null = null
  private opening: Promise<UdpListener> | null = null
  private closing: EndReason | null = null
  private heldBytes = 0
  private round = 0
  private idleTicker: Ticker
  private readonly trouble: TroubleTeller
  private readonly upward: SendQueue<UdpSession>
  private readonly downward: SendQueue<UdpSession>

  constructor(
    private readonly options: RelayCarrierOptions,
    { sockets = udpSockets, resolve }: UdpOptions,
  ) {
    const { spec, clock, leadsBack } = options
    this.spec = spec
    this.sockets = sockets
    this.connect = sockets.connect
    this.leadsBack = leadsBack
    this.targets = new Targets(clock, spec)
    this.names = new Names({ clock, resolve, onChange: this.moveSessions })
    this.ranges = compileSourceRanges(spec)
    this.trouble = new TroubleTeller(options)
    this.idleTicker = this.makeIdleTicker()
    this.upward = new SendQueue((session, data) => {
      session.up(data)
    })
    this.downward = new SendQueue(this.sendDown)
    this.setLimits()
  }

  async bind(): Promise<Endpoint> {
    const { listenHost: host, listenPort: port, portCount: count, targets } = this.spec
    const { ports } = this.options
    const owner = (offset: number): UdpOwner => ({
      arrived: (socket, data, source) => {
        const session = this.isLast(socket, source) ? this.last : this.find({ socket, offset, source })
        if (session !== null) this.arrived(session, data)
      },
      // What the system says about an answer that did not arrive concerns that source alone.
      troubled: () => undefined,
    })
    this.opening = listenUdp({ sockets: this.sockets, ports, host, port, count, owner })
    const listener = await this.opening
    if (this.closing === null) this.names.watch(targets)
    return { host, port: listener.port }
  }

  replace(spec: RelaySpec): void {
    const { idleSeconds } = this.spec
    this.spec = spec
    this.targets.replace(spec)
    this.names.watch(spec.targets)
    this.ranges = compileSourceRanges(spec)
    this.setLimits()
    while (this.sessions.size > this.maxSessions()) this.evict()
    if (idleSeconds === spec.idleSeconds) return
    this.idleTicker.stop()
    this.idleTicker = this.makeIdleTicker()
    if (this.sessions.size > 0) this.idleTicker.start()
  }

  async close(reason: EndReason): Promise<void> {
    this.closing ??= reason
    const closed = this.opening?.then(
      (listener) => {
        listener.close()
      },
      () => undefined,
    )
    for (const session of this.sessions.all()) this.end(session, reason)
    this.upward.clear()
    this.downward.clear()
    this.idleTicker.stop()
    this.names.stop()
    this.targets.forget()
    this.trouble.stop()
    await closed
    // libuv closes what was bound in the next turn; the port is free by then.
    await new Promise((resolve) => setImmediate(resolve))
  }

  // What sessions say.

  hold = (bytes: number): boolean => {
    if (bytes > 0 && this.heldBytes + bytes > MAX_HELD_BYTES) return false
    this.heldBytes += bytes
    return true
  }

  onReply = (session: UdpSession, data: Buffer): void => {
    this.used(session)
    const { down } = session.limits
    if (down !== null && !down.takeWhole(data.length)) {
      this.options.limiter.dropped('datagrams')
      return
    }
    this.downward.push(session, data)
  }

  onTarget: SessionHome['onTarget'] = (list, at, failure) => {
    if (failure === null) this.targets.answered(list, at)
    if (list === this.targets.list) this.options.onTarget(at, failure)
  }

  onReach: SessionHome['onReach'] = (failure) => {
    this.options.onReach(failure)
    if (failure === null) return
    const { code, message } = toFault(failure)
    this.options.log({ level: 'warn', code, message })
  }

  onLocalTrouble = (code: string): void => {
    this.trouble.tell(code)
    if (this.sessions.size > 1) this.evict()
  }

  sentUp = (session: UdpSession, bytes: number): void => {
    if (session.connection !== null) session.connection.bytesUp += bytes
    this.options.meter.up(bytes)
  }

  onEnd = (session: UdpSession): void => {
    this.end(session, session.connection?.endReason ?? 'ended')
  }

  // --- internal ---

  private arrived(session: UdpSession, data: Buffer): void {
    this.used(session)
    const { up } = session.limits
    if (up !== null && !up.takeWhole(data.length)) {
      this.options.limiter.dropped('datagrams')
      return
    }
    this.upward.push(session, data)
  }

  private isLast(socket: UdpSocket, source: UdpSource): boolean {
    const { last } = this
    return last?.remotePort === source.port && last.remoteAddress === source.address && last.client === socket
  }

  private find(at: { socket: UdpSocket; offset: number; source: UdpSource }): UdpSession | null {
    if (this.closing !== null) return null
    const { source } = at
    const key = `${source.address} ${source.port} ${at.offset}`
    const found = this.sessions.get(key) ?? this.welcome(at, key)
    this.last = found
    return found
  }

  private welcome(at: { socket: UdpSocket; offset: number; source: UdpSource }, key: string): UdpSession | null {
    const { limiter, ledger, began, log } = this.options
    const { socket: client, source, offset } = at
    const address = plainAddress(source.address)
    // Who forges an end of ours as the source would have answers come in as questions, for ever.
    const isOurs = this.leadsBack(address, source.port)
    if (isOurs || (!this.ranges.isEmpty && !this.ranges.isAllowed(address))) {
      limiter.dropped('denied')
      return null
    }
    const limits = limiter.admit(address)
    if (typeof limits === 'string') {
      log(turnedAway(limits))
      return null
    }
    if (this.sessions.size >= this.maxSessions()) this.evict()
    const session = new UdpSession(this, { key, client, source, offset, limits })
    session.connection = ledger.add({ stream: session, origin: { host: address, port: source.port }, target: null })
    this.sessions.add(session)
    began()
    this.idleTicker.start()
    return session
  }

  private used(session: UdpSession): void {
    session.round = this.round
    this.sessions.used(session)
  }

  private readonly sendDown = (session: UdpSession, data: Buffer): void => {
    if (session.closed || session.client.sendTo(data, session.remoteAddress, session.remotePort) !== null) return
    if (session.connection !== null) session.connection.bytesDown += data.length
    this.options.meter.down(data.length)
  }

  /** Room for another one. */
  private evict(): void {
    const { oldest } = this.sessions
    if (oldest === null) return
    this.options.limiter.dropped('evicted')
    this.end(oldest, 'evicted')
  }

  private end(session: UdpSession, reason: EndReason): void {
    if (session.closed) return
    const { ledger, ended } = this.options
    const { connection } = session
    session.close()
    this.sessions.remove(session)
    if (this.last === session) this.last = null
    if (connection === null) return
    ledger.remove(connection, reason)
    const { source, target, since, bytesUp, bytesDown } = connection
    ended({ source, target, since, bytesUp, bytesDown, reason })
  }

  private maxSessions(): number {
    return this.spec.limits.maxConnections ?? UDP_MAX_SESSIONS
  }

  /** Where there are too many, the least recently used makes room; the limiter would turn the new one away. */
  private setLimits(): void {
    this.options.limiter.set({ ...this.spec.limits, maxConnections: null })
  }

  /** A name has other addresses: who goes to one that it has no more goes on to one that it has. */
  private readonly moveSessions = (host: string, addresses: readonly string[]): void => {
    for (const session of this.sessions.all()) if (!session.goesTo(host, addresses)) session.seek()
  }

  private makeIdleTicker(): Ticker {
    const seconds = this.spec.idleSeconds ?? UDP_IDLE_SECONDS
    return new Ticker(this.options.clock, (seconds * 1000) / IDLE_ROUNDS, () => {
      this.round += 1
      for (let { oldest } = this.sessions; oldest !== null; { oldest } = this.sessions) {
        if (this.round - oldest.round <= IDLE_ROUNDS) break
        this.end(oldest, oldest.wasUnreachable ? 'unreachable' : 'idle')
      }
      return this.sessions.size > 0
    })
  }
}
