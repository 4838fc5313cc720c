/** A UDP relay with real sockets at both ends, and a clock that only the test moves. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { WarrenError } from '@shared/errors'
import { relaySpecSchema, type RelayDraft, type RelaySpec } from '@shared/relays'
import type { LogEntry } from '@shared/snapshots'
import { udpCarrier } from '../../../src/engine/relay/udp'
import type { UdpSockets } from '../../../src/engine/relay/_udp-types'
import type { Over, RelayCarrier } from '../../../src/engine/relay/types'
import { ConnectionTable, createLimiter, type Ledger, type Limiter } from '../../../src/engine/traffic'
import { fakeClock, type FakeClock } from '../../support/fake-clock'

export interface UdpRelay {
  readonly carrier: RelayCarrier
  readonly port: number
  readonly spec: RelaySpec
  readonly clock: FakeClock
  readonly ledger: Ledger
  readonly table: ConnectionTable
  readonly limiter: Limiter
  readonly moved: { up: number; down: number; began: number }
  readonly ended: Over[]
  readonly logged: Pick<LogEntry, 'level' | 'message' | 'code'>[]
  /** What is known of each target: the code of its fault, or `null`. */
  readonly targets: Map<number, string | null>
  /** The codes of {@link RelayCarrier} `onReach`. */
  readonly reached: (string | null)[]
  readonly edit: (changes: Partial<RelayDraft>) => void
}

export interface RelayWish extends Partial<RelayDraft> {
  readonly targets: RelayDraft['targets']
}

export interface WorldOptions {
  readonly sockets?: UdpSockets
  readonly resolve?: (name: string) => Promise<readonly string[]>
  readonly leadsBack?: (address: string, port: number) => boolean
}

export class UdpWorld {
  private readonly closers: (() => Promise<unknown>)[] = []

  async relay(wish: RelayWish, options: WorldOptions = {}): Promise<UdpRelay> {
    const spec = specOf(wish)
    const clock = fakeClock()
    const table = new ConnectionTable(clock.now, () => undefined)
    const ledger = table.ledger(spec.id, () => spec.name)
    const limiter = createLimiter()
    limiter.set(spec.limits)
    const moved = { up: 0, down: 0, began: 0 }
    const seen = { ended: [] as Over[], logged: [] as UdpRelay['logged'], reached: [] as (string | null)[] }
    const targets = new Map<number, string | null>()
    const codeOf = (failure: Error | null): string | null => (failure === null ? null : (failure as WarrenError).code)
    const carrier = udpCarrier(
      {
        spec,
        ...{ ledger, limiter, clock },
        meter: {
          up: (bytes) => (moved.up += bytes),
          down: (bytes) => (moved.down += bytes),
        },
        ports: { holderOf: () => Promise.resolve(null), nextFree: () => Promise.resolve(null) },
        log: (entry) => seen.logged.push(entry),
        began: () => (moved.began += 1),
        ended: (over) => seen.ended.push(over),
        onTarget: (at, failure) => targets.set(at, codeOf(failure)),
        onReach: (failure) => seen.reached.push(codeOf(failure)),
        onNotice: () => undefined,
        leadsBack: options.leadsBack ?? (() => false),
      },
      options,
    )
    this.closers.push(() => carrier.close('stopped').then(() => limiter.close()))
    const bound = await carrier.bind()
    const edit = (changes: Partial<RelayDraft>): void => {
      const next = specOf({ ...wish, ...changes })
      limiter.set(next.limits)
      carrier.replace(next)
    }
    const { port } = bound as { port: number }
    return { carrier, port, spec, clock, ledger, table, limiter, moved, ...seen, targets, edit }
  }

  /** Sends what comes back, in as many pieces as it is told. */
  async echo(answer: (data: Buffer) => readonly Buffer[] = (data) => [data], address = '127.0.0.1'): Promise<Peer> {
    const peer = await this.peer(address)
    peer.socket.on('message', (data, from) => {
      for (const each of answer(data)) peer.socket.send(each, from.port, from.address)
    })
    return peer
  }

  /** A socket of its own: a client, or a target that is silent. */
  async peer(address = '127.0.0.1', port = 0): Promise<Peer> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close()
        reject(error)
      })
      socket.bind(port, address, resolve)
    })
    const peer = new Peer(socket, address)
    this.closers.push(() => peer.close())
    return peer
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close()
  }
}

export class Peer {
  readonly port: number
  readonly got: Buffer[] = []
  private closed = false
  private waiters: (() => void)[] = []

  constructor(
    readonly socket: Socket,
    readonly address: string,
  ) {
    this.port = socket.address().port
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer, from: RemoteInfo) => {
      this.got.push(data)
      this.from.push(from)
      const { waiters } = this
      this.waiters = []
      for (const wake of waiters) wake()
    })
  }

  readonly from: RemoteInfo[] = []

  send(to: number, data: Buffer | string = 'hello'): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(data, to, this.address, (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  /** Resolves when it has got so many in all. */
  async count(wanted: number): Promise<readonly Buffer[]> {
    while (this.got.length < wanted) await new Promise<void>((resolve) => this.waiters.push(resolve))
    return this.got
  }

  /** Sends and waits for the next answer. */
  async ask(to: number, data: Buffer | string = 'hello'): Promise<string> {
    const before = this.got.length
    await this.send(to, data)
    return (await this.count(before + 1))[before]?.toString() ?? ''
  }

  close(): Promise<void> {
    if (this.closed) return Promise.resolve()
    this.closed = true
    return new Promise((resolve) => {
      this.socket.close(resolve)
    })
  }
}

export function specOf(wish: RelayWish): RelaySpec {
  const at = new Date(0).toISOString()
  const id = '00000000-0000-4000-8000-000000000001'
  return relaySpecSchema.parse({
    name: 'under test',
    protocol: 'udp',
    listenPort: 0,
    ...{ id, createdAt: at, updatedAt: at },
    ...wish,
  })
}
