/** The live connection table: what passes through each forward now, and what has passed. */
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Endpoint } from '@shared/endpoints'
import type { ConnectionSnapshot } from '@shared/snapshots'
import type { ClientEnd, OpenOrigin, TrafficCounter } from '../ssh/types'
import type { EndReason } from '@shared/traffic'
import { resetStream } from '../reset-stream'
import type { ConnectionLimits } from './types'

/** What a connection is asked for that no Node stream carries. */
export type LiveEnd = Pick<ClientEnd, 'remoteAddress' | 'remotePort' | 'localPort' | 'reset'>

export interface ConnectionOptions {
  /** Ending it ends the connection: the client's socket, or the target's when the client is beyond the server. */
  readonly stream: Duplex | LiveEnd
  /** Where the client is, when the stream does not know. */
  readonly origin: OpenOrigin | null
  readonly target: Endpoint | null
  /** Let go of when the connection is removed. */
  readonly limits?: ConnectionLimits | undefined
}

/** Who hears of what a ledger counts. */
export interface LedgerWatch {
  /** Something was counted; said once, until {@link Ledger.settle}. */
  readonly stirred: (ledger: Ledger) => void
  readonly ended: (connection: Connection) => void
}

/** One client stream. It is its own counter, so that the splice writes plain numbers and nothing else happens per chunk. */
export class Connection implements TrafficCounter {
  target: Endpoint | null
  readonly limits: ConnectionLimits | null
  /** Why it is over, once that is known: the first reason holds. */
  endReason: EndReason | null = null
  private up = 0
  private down = 0
  readonly stream: Duplex | LiveEnd
  private readonly origin: OpenOrigin | null

  constructor(
    readonly id: string,
    readonly ledger: Ledger,
    options: ConnectionOptions & { readonly since: number },
  ) {
    this.target = options.target
    this.stream = options.stream
    this.origin = options.origin
    this.since = options.since
    this.limits = options.limits ?? null
  }

  get bytesUp(): number {
    return this.up
  }

  set bytesUp(bytes: number) {
    this.ledger.counted(bytes - this.up, 0)
    this.up = bytes
  }

  get bytesDown(): number {
    return this.down
  }

  set bytesDown(bytes: number) {
    this.ledger.counted(0, bytes - this.down)
    this.down = bytes
  }

  readonly since: number

  /** Asked of the socket only when somebody looks: it costs a system call. */
  get source(): Endpoint | null {
    if (this.origin !== null) return { host: this.origin.host, port: this.origin.port }
    const ends = this.ends()
    if (ends?.remoteAddress === undefined || ends.remotePort === undefined) return null
    return { host: plainAddress(ends.remoteAddress), port: ends.remotePort }
  }

  /** The port here that the client is connected to, to find the client's program. */
  get localPort(): number | null {
    if (this.origin !== null) return null
    return this.ends()?.localPort ?? null
  }

  /** Ends it at once, with a reset where the transport knows one. */
  end(reason: EndReason = 'ended'): void {
    this.endReason ??= reason
    if (this.stream instanceof Duplex) resetStream(this.stream)
    else this.stream.reset()
  }

  private ends(): Socket | LiveEnd | null {
    return this.stream instanceof Duplex && !(this.stream instanceof Socket) ? null : this.stream
  }

  snapshot(): ConnectionSnapshot {
    return {
      id: this.id,
      forwardId: this.ledger.forwardId,
      forward: this.ledger.name(),
      source: this.source,
      process: null,
      target: this.target,
      since: new Date(this.since).toISOString(),
      bytesUp: this.bytesUp,
      bytesDown: this.bytesDown,
    }
  }
}

export interface Totals {
  readonly connections: number
  readonly totalConnections: number
  readonly bytesUp: number
  readonly bytesDown: number
}

/** The connections of one forward. Totals keep counting across reconnects and restarts. */
export class Ledger {
  private readonly live = new Set<Connection>()
  private total = 0
  private up = 0
  private down = 0
  private isStirred = false

  constructor(
    readonly forwardId: string,
    readonly name: () => string,
    private readonly context: { readonly table: ConnectionTable; readonly watch: LedgerWatch | null },
  ) {
    this.isStirred = context.watch === null
  }

  add(options: ConnectionOptions): Connection {
    const connection = this.context.table.enter(this, options)
    this.live.add(connection)
    this.total += 1
    if (!this.isStirred) this.stir()
    return connection
  }

  /** It is over; lets go of its limits. The connection may know a better reason. */
  remove(connection: Connection, reason: EndReason = 'closed'): void {
    if (!this.live.delete(connection)) return
    connection.endReason ??= reason
    connection.limits?.release()
    this.context.table.leave(connection)
    this.context.watch?.ended(connection)
  }

  /** They are gone from the table at once: what the server still says about them is no news. */
  endAll(reason: EndReason = 'stopped'): void {
    for (const connection of [...this.live]) {
      connection.end(reason)
      this.remove(connection, reason)
    }
  }

  /** For {@link Connection} only. Called per chunk. */
  counted(up: number, down: number): void {
    this.up += up
    this.down += down
    if (!this.isStirred) this.stir()
  }

  /** What was counted is known; the next byte is told again. */
  settle(): void {
    this.isStirred = false
  }

  private stir(): void {
    this.isStirred = true
    this.context.watch?.stirred(this)
  }

  get connections(): readonly Connection[] {
    return [...this.live]
  }

  /** How many there are now. */
  get size(): number {
    return this.live.size
  }

  totals(): Totals {
    return { connections: this.live.size, totalConnections: this.total, bytesUp: this.up, bytesDown: this.down }
  }
}

/** Every live connection of the engine, by id. */
export class ConnectionTable {
  private readonly byId = new Map<string, Connection>()
  private lastId = 0
  private readonly changed = new Set<string>()

  constructor(
    private readonly now: () => number,
    private readonly onChange: (forwardId: string) => void,
  ) {}

  /** `watch` hears of what its connections move; of a relay, that is told by the relay itself. */
  ledger(forwardId: string, name: () => string, watch: LedgerWatch | null = null): Ledger {
    return new Ledger(forwardId, name, { table: this, watch })
  }

  get(id: string): Connection | undefined {
    return this.byId.get(id)
  }

  all(): readonly Connection[] {
    return [...this.byId.values()]
  }

  /** For {@link Ledger} only. */
  enter(ledger: Ledger, options: ConnectionOptions): Connection {
    this.lastId += 1
    const { stream, origin, target, limits } = options
    const since = this.now()
    // Written out: spreading costs more than the rest of it, thousands of times a second.
    const connection = new Connection(`c${this.lastId}`, ledger, { stream, origin, target, limits, since })
    this.byId.set(connection.id, connection)
    this.tell(ledger.forwardId)
    return connection
  }

  /** For {@link Ledger} only. */
  leave(connection: Connection): void {
    this.byId.delete(connection.id)
    this.tell(connection.ledger.forwardId)
  }

  /** A storm of connections is told once per turn of the event loop. */
  private tell(forwardId: string): void {
    if (this.changed.size === 0) setImmediate(this.flush)
    this.changed.add(forwardId)
  }

  private readonly flush = (): void => {
    const changed = [...this.changed]
    this.changed.clear()
    for (const forwardId of changed) this.onChange(forwardId)
  }
}

/** `::ffff:127.0.0.1` is 127.0.0.1: a dual-stack listener sees IPv4 clients so (RFC 4291 §2.5.5.2). */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
