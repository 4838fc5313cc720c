/** The live connection table: what passes through each forward now, and what has passed. */
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Endpoint } from '@shared/endpoints'
import type { ConnectionSnapshot } from '@shared/snapshots'
import type { ClientEnd, OpenOrigin, TrafficCounter } from '../ssh/types'
import { resetStream } from '../reset-stream'

/** What a connection is asked for that no Node stream carries. */
export type LiveEnd = Pick<ClientEnd, 'remoteAddress' | 'remotePort' | 'localPort' | 'reset'>

export interface ConnectionOptions {
  /** Ending it ends the connection: the client's socket, or the target's when the client is beyond the server. */
  readonly stream: Duplex | LiveEnd
  /** Where the client is, when the stream does not know. */
  readonly origin: OpenOrigin | null
  readonly target: Endpoint | null
}

/** One client stream. It is its own counter, so that the splice writes plain numbers and nothing else happens per chunk. */
export class Connection implements TrafficCounter {
  bytesUp = 0
  bytesDown = 0
  target: Endpoint | null
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
  end(): void {
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
  private pastUp = 0
  private pastDown = 0

  constructor(
    readonly forwardId: string,
    readonly name: () => string,
    private readonly table: ConnectionTable,
  ) {}

  add(options: ConnectionOptions): Connection {
    const connection = this.table.enter(this, options)
    this.live.add(connection)
    this.total += 1
    return connection
  }

  remove(connection: Connection): void {
    if (!this.live.delete(connection)) return
    this.pastUp += connection.bytesUp
    this.pastDown += connection.bytesDown
    this.table.leave(connection)
  }

  /** They are gone from the table at once: what the server still says about them is no news. */
  endAll(): void {
    for (const connection of [...this.live]) {
      connection.end()
      this.remove(connection)
    }
  }

  get connections(): readonly Connection[] {
    return [...this.live]
  }

  /** How many there are now. */
  get size(): number {
    return this.live.size
  }

  totals(): Totals {
    let bytesUp = this.pastUp
    let bytesDown = this.pastDown
    for (const connection of this.live) {
      bytesUp += connection.bytesUp
      bytesDown += connection.bytesDown
    }
    return { connections: this.live.size, totalConnections: this.total, bytesUp, bytesDown }
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

  ledger(forwardId: string, name: () => string): Ledger {
    return new Ledger(forwardId, name, this)
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
    const connection = new Connection(`c${this.lastId}`, ledger, { ...options, since: this.now() })
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
