/** A TCP relay with real sockets at both ends, and a clock that only the test moves. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { WarrenError } from '@shared/errors'
import { relaySpecSchema, type RelayDraft, type RelaySpec } from '@shared/relays'
import type { LogEntry } from '@shared/snapshots'
import { sayResets } from '../../../src/engine/tcp'
import { tcpCarrier, type TcpOptions } from '../../../src/engine/relay/tcp'
import type { Over, RelayCarrier } from '../../../src/engine/relay/types'
import { createLocalPorts } from '../../../src/engine/ports'
import { ConnectionTable, createLimiter, type Ledger, type Limiter } from '../../../src/engine/traffic'
import { fakeClock, type FakeClock } from '../../support/fake-clock'

export interface TcpRelay {
  readonly carrier: RelayCarrier
  readonly port: number
  readonly spec: RelaySpec
  readonly clock: FakeClock
  readonly ledger: Ledger
  readonly table: ConnectionTable
  readonly limiter: Limiter
  readonly moved: { up: number; down: number; began: number }
  readonly ended: Over[]
  /** Resolves with all that are over when there are so many. */
  readonly over: (count?: number) => Promise<readonly Over[]>
  readonly logged: Pick<LogEntry, 'level' | 'message' | 'code'>[]
  readonly notices: (string | null)[]
  /** What is known of each target: the code of its fault, or `null`. */
  readonly targets: Map<number, string | null>
  /** For each connection, the code of why it found no target, or `null`. */
  readonly reached: (string | null)[]
  readonly edit: (changes: Partial<RelayDraft>) => void
}

export type TcpWish = Partial<RelayDraft> & { readonly targets: RelayDraft['targets'] }

export interface TcpWorldOptions extends TcpOptions {
  readonly leadsBack?: (address: string, port: number) => boolean
}

export class TcpWorld {
  private readonly closers: (() => Promise<unknown>)[] = []

  async relay(wish: TcpWish, options: TcpWorldOptions = {}): Promise<TcpRelay> {
    const spec = tcpSpec(wish)
    const clock = fakeClock()
    const table = new ConnectionTable(clock.now, () => undefined)
    const ledger = table.ledger(spec.id, () => spec.name)
    const limiter = createLimiter()
    limiter.set(spec.limits)
    const moved = { up: 0, down: 0, began: 0 }
    const seen = { ended: [] as Over[], logged: [] as TcpRelay['logged'], reached: [] as (string | null)[] }
    const notices: (string | null)[] = []
    const targets = new Map<number, string | null>()
    let wake: (() => void)[] = []
    const codeOf = (failure: Error | null): string | null => (failure === null ? null : (failure as WarrenError).code)
    const carrier = tcpCarrier(
      {
        spec,
        ...{ ledger, limiter, clock, ports: createLocalPorts() },
        meter: {
          up: (bytes) => (moved.up += bytes),
          down: (bytes) => (moved.down += bytes),
        },
        log: (entry) => seen.logged.push(entry),
        began: () => (moved.began += 1),
        ended: (over) => {
          seen.ended.push(over)
          for (const each of wake.splice(0)) each()
        },
        onTarget: (at, failure) => targets.set(at, codeOf(failure)),
        onReach: (failure) => seen.reached.push(codeOf(failure)),
        onNotice: (notice) => notices.push(notice),
        leadsBack: options.leadsBack ?? (() => false),
      },
      options,
    )
    this.closers.push(() => carrier.close('stopped').then(() => limiter.close()))
    const { port } = (await carrier.bind()) as { port: number }
    const edit = (changes: Partial<RelayDraft>): void => {
      const next = tcpSpec({ ...wish, ...changes })
      limiter.set(next.limits)
      carrier.replace(next)
    }
    const over = async (count = 1): Promise<readonly Over[]> => {
      while (seen.ended.length < count) await new Promise<void>((resolve) => (wake = [...wake, resolve]))
      return seen.ended
    }
    return { carrier, port, spec, clock, ledger, table, limiter, moved, ...seen, notices, targets, over, edit }
  }

  async target(onSocket: (socket: Socket) => void = () => undefined, at = { host: '127.0.0.1', port: 0 }) {
    const sockets: Socket[] = []
    const waiting: ((socket: Socket) => void)[] = []
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined)
      sayResets(socket)
      sockets.push(socket)
      onSocket(socket)
      waiting.shift()?.(socket)
    })
    server.listen(at.port, at.host)
    await once(server, 'listening')
    this.closers.push(() => closeServer(server, sockets))
    return {
      end: { host: at.host, port: (server.address() as AddressInfo).port },
      sockets,
      /** The next one that comes. */
      next: () => new Promise<Socket>((resolve) => waiting.push(resolve)),
    }
  }

  /** Sends back what it gets, and ends when its client does. */
  echo(at?: { host: string; port: number }) {
    return this.target((socket) => socket.pipe(socket), at)
  }

  /** Says its name and ends when its client does. */
  named(name: string) {
    return this.target((socket) => {
      socket.write(name)
      socket.on('data', () => undefined)
      socket.on('end', () => socket.end())
    })
  }

  /** Connected. */
  async client(port: number, host = '127.0.0.1'): Promise<Client> {
    const socket = connect({ port, host, allowHalfOpen: true })
    const client = new Client(socket)
    this.closers.push(() => {
      socket.destroy()
      return Promise.resolve()
    })
    // A relay that refuses may be faster than the word that it accepted.
    await client.until(() => !socket.connecting)
    sayResets(socket)
    return client
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close()
  }
}

export class Client {
  got = Buffer.alloc(0)
  /** `end`, or the code of the error that came first. */
  outcome: string | null = null
  private waiters: (() => void)[] = []

  constructor(readonly socket: Socket) {
    socket.on('data', (data: Buffer) => {
      this.got = Buffer.concat([this.got, data])
      this.wake()
    })
    socket.on('connect', () => {
      this.wake()
    })
    socket.on('end', () => {
      this.outcome ??= 'end'
      this.wake()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.outcome ??= error.code ?? 'error'
      this.wake()
    })
  }

  send(data: string | Buffer): void {
    this.socket.write(data)
  }

  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.waiters.push(resolve))
  }

  /** Resolves with all that came when there is so much. */
  async bytes(count: number): Promise<Buffer> {
    await this.until(() => this.got.length >= count)
    return this.got
  }

  async ask(text: string): Promise<string> {
    const from = this.got.length
    this.send(text)
    return (await this.bytes(from + text.length)).toString('latin1', from)
  }

  /** How it ended. */
  async over(): Promise<string> {
    await this.until(() => this.outcome !== null)
    return this.outcome ?? ''
  }

  private wake(): void {
    for (const each of this.waiters.splice(0)) each()
  }
}

export function tcpSpec(wish: TcpWish): RelaySpec {
  const at = new Date(0).toISOString()
  const id = '00000000-0000-4000-8000-000000000001'
  return relaySpecSchema.parse({
    name: 'under test',
    protocol: 'tcp',
    listenPort: 0,
    ...{ id, createdAt: at, updatedAt: at },
    ...wish,
  })
}

// --- internal ---

async function closeServer(server: Server, sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
}
