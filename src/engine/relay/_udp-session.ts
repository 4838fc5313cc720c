/** One source of a UDP relay, with its own socket to one of the targets. */
import type { Endpoint } from '@shared/endpoints'
import type { WarrenError } from '@shared/errors'
import type { RelayTarget } from '@shared/relays'
import type { Connection, ConnectionLimits } from '../traffic'
import { isLocalTrouble, loopFault, targetFault } from './_target-fault'
import type { Targets } from './_targets'
import type { Names } from './_udp-names'
import type { Listed } from './_udp-table'
import type { UdpOwner, UdpSocket, UdpSource } from './_udp-types'

/** Datagrams that wait until a target's name is resolved. */
const MAX_HELD = 16
/** A first datagram of up to this size is sent again, to the next target, when the system says that it did not arrive. */
const MAX_KEPT_BYTES = 2048
const REFUSED = 'ECONNREFUSED'

/** What a session asks of its relay. */
export interface SessionHome {
  readonly targets: Targets
  readonly names: Names
  readonly leadsBack: (address: string, port: number) => boolean
  /** Makes a socket; throws the system's error. */
  readonly connect: (to: UdpSource, owner: UdpOwner) => UdpSocket
  /** Bytes that wait in all sessions together may grow by so many. */
  readonly hold: (bytes: number) => boolean
  readonly onReply: (session: UdpSession, data: Buffer) => void
  readonly onTarget: (list: readonly RelayTarget[], at: number, failure: WarrenError | null) => void
  /** No target is left to try (`failure`), or one answers (`null`). */
  readonly onReach: (failure: WarrenError | null) => void
  /** This machine has no socket left; `code` is the system's. */
  readonly onLocalTrouble: (code: string) => void
  readonly sentUp: (session: UdpSession, bytes: number) => void
  /** Ended from the table of connections. */
  readonly onEnd: (session: UdpSession) => void
}

export interface SessionOptions {
  readonly key: string
  /** The listening socket that its source knows. */
  readonly client: UdpSocket
  readonly source: UdpSource
  /** Of the listening port in its range. */
  readonly offset: number
  readonly limits: ConnectionLimits
}

export class UdpSession implements Listed, UdpOwner {
  older: Listed | null = null
  newer: Listed | null = null
  round = 0
  connection: Connection | null = null
  closed = false
  readonly key: string
  readonly client: UdpSocket
  readonly limits: ConnectionLimits
  /** Plain fields: the path of every datagram reads them. */
  readonly remoteAddress: string
  readonly remotePort: number
  private readonly offset: number
  private socket: UdpSocket | null = null
  private host = ''
  private address = ''
  private list: readonly RelayTarget[] = []
  /** Places in `list` that are still to be tried. */
  private left: number[] = []
  private at = -1
  private addressesLeft: string[] = []
  private isSeeking = false
  private isAnswered = false
  private failure: WarrenError | null = null
  private held: Buffer[] = []
  /** What the target was sent first, until it answers. */
  private kept: Buffer | null = null

  constructor(
    private readonly home: SessionHome,
    { key, client, source, offset, limits }: SessionOptions,
  ) {
    this.key = key
    this.client = client
    this.remoteAddress = source.address
    this.remotePort = source.port
    this.offset = offset
    this.limits = limits
  }

  /** It ended without ever an answer, and why is known. */
  get wasUnreachable(): boolean {
    return this.failure !== null
  }

  get localPort(): number {
    return this.client.port
  }

  /** The address that it goes to now, and the name behind it. */
  goesTo(host: string, addresses: readonly string[]): boolean {
    return this.socket === null || this.host !== host || addresses.includes(this.address)
  }

  reset(): void {
    this.home.onEnd(this)
  }

  /** From the source. */
  up(data: Buffer): void {
    if (this.closed) return
    if (this.socket === null) {
      this.wait(data)
      if (!this.isSeeking) this.seek()
      return
    }
    this.send(this.socket, data)
  }

  /** Its target has another address, or is no target any more: the next one takes over, without a datagram lost here. */
  seek(): void {
    this.drop()
    const { targets } = this.home
    this.list = targets.list
    this.left = [...targets.order()]
    this.addressesLeft = []
    this.isSeeking = true
    this.tryNext()
  }

  close(): void {
    this.closed = true
    this.drop()
    this.release()
    this.kept = null
    this.limits.release()
  }

  // From the target's socket.

  arrived(_socket: UdpSocket, data: Buffer): void {
    if (this.closed) return
    if (!this.isAnswered) this.answered()
    this.home.onReply(this, data)
  }

  troubled(socket: UdpSocket, code: string): void {
    // A router on the way takes smaller ones only: the sender has to find that out, and the target is there.
    if (code === 'EMSGSIZE' || isLocalTrouble(code)) return
    if (socket === this.socket && !this.closed) this.refused(code)
  }

  // --- internal ---

  private send(socket: UdpSocket, data: Buffer): void {
    let code = socket.send(data)
    // It is said of the datagram before, and this one was not sent (udp(7)).
    if (code === REFUSED) {
      this.refused(code)
      if (this.closed || this.socket === null) {
        if (!this.closed) this.wait(data)
        return
      }
      code = this.socket.send(data)
    }
    if (code === null) {
      if (!this.isAnswered && this.kept === null && data.length <= MAX_KEPT_BYTES) this.kept = data
      this.home.sentUp(this, data.length)
    } else if (code !== REFUSED && !isLocalTrouble(code) && code !== 'EMSGSIZE') this.refused(code)
  }

  private answered(): void {
    this.isAnswered = true
    this.kept = null
    this.failure = null
    this.home.onTarget(this.list, this.at, null)
    this.home.onReach(null)
  }

  /** The target does not take datagrams: the next one, if there is one. */
  private refused(code: string): void {
    this.isAnswered = false
    const target = this.list[this.at]
    if (target === undefined) return
    this.failed(targetFault(this.endOf(target), code))
    if (this.left.length === 0 && this.addressesLeft.length === 0) {
      this.home.onReach(this.failure)
      // The only one there is keeps its socket: it may come back.
      if (this.list.length === 1 && code === REFUSED) return
      this.drop()
      return
    }
    const again = this.kept
    this.kept = null
    this.drop()
    if (again !== null) this.wait(again, true)
    this.isSeeking = true
    this.tryNext()
  }

  private tryNext(): void {
    while (!this.closed) {
      const address = this.addressesLeft.shift()
      if (address !== undefined) {
        if (this.open(address)) return
        continue
      }
      const next = this.left[0]
      const target = next === undefined ? undefined : this.list[next]
      if (next === undefined || target === undefined) {
        this.giveUp()
        return
      }
      const addresses = this.home.names.of(target.host)
      if (addresses === null) {
        void this.home.names.ask(target.host).then(() => {
          if (this.isSeeking && this.socket === null) this.tryNext()
        })
        return
      }
      this.left.shift()
      this.at = next
      if (typeof addresses === 'string') this.failed(targetFault(this.endOf(target), addresses))
      else this.addressesLeft = [...addresses]
    }
  }

  /** Whether there is nothing more to try: a socket is there, or none can be made. */
  private open(address: string): boolean {
    const target = this.list[this.at]
    if (target === undefined) return false
    const end = this.endOf(target)
    if (this.home.leadsBack(address, end.port)) {
      this.failed(loopFault(end))
      return false
    }
    try {
      this.socket = this.home.connect({ address, port: end.port }, this)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error)
      if (isLocalTrouble(code)) {
        this.home.onLocalTrouble(code)
        this.stopSeeking()
        return true
      }
      this.failed(targetFault(end, code))
      return false
    }
    this.host = target.host
    this.address = address
    if (this.connection !== null) this.connection.target = end
    this.isSeeking = false
    this.flush(this.socket)
    return true
  }

  private failed(fault: WarrenError): void {
    this.failure = fault
    this.home.targets.failed(this.list, this.at)
    this.home.onTarget(this.list, this.at, fault)
  }

  private giveUp(): void {
    this.stopSeeking()
    if (this.failure !== null) this.home.onReach(this.failure)
  }

  /** The next datagram begins anew. */
  private stopSeeking(): void {
    this.isSeeking = false
    this.release()
  }

  private endOf(target: RelayTarget): Extract<Endpoint, { port: number }> {
    return { host: target.host, port: target.port + this.offset }
  }

  private wait(data: Buffer, first = false): void {
    if (this.held.length >= MAX_HELD || !this.home.hold(data.length)) return
    if (first) this.held.unshift(data)
    else this.held.push(data)
  }

  private flush(socket: UdpSocket): void {
    const { held } = this
    this.release()
    for (const data of held) {
      if (this.socket === socket) this.send(socket, data)
      else this.wait(data)
    }
  }

  private release(): void {
    for (const data of this.held) this.home.hold(-data.length)
    this.held = []
  }

  private drop(): void {
    this.socket?.close()
    this.socket = null
    this.isAnswered = false
  }
}
