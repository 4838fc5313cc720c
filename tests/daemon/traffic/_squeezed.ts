/** Real sockets, the real relays and the real books, at a time of the test's choosing: days pass in seconds. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { resolvePlaces } from '@daemon/client'
import { relaySpecSchema, type RelaySpec } from '@shared/relays'
import { openStore } from '../../../src/daemon/store/index'
import { openBooks, type Books } from '../../../src/daemon/traffic'
import { createWarnings, type Warnings } from '../../../src/daemon/warnings'
import type { Engine } from '../../../src/engine'
import { makeEngine } from '../../engine/world'
import { fakeClock, settled, type FakeClock } from '../../support/fake-clock'
import { freePort } from '../../support/free-port'

export interface Machine {
  readonly clock: FakeClock
  readonly engine: Engine
  readonly books: Books
  readonly warnings: Warnings
  /** The clock jumps, as it does when the machine wakes. */
  readonly jumpTo: (iso: string) => void
  /** A running relay to a target that sends everything back. */
  readonly addRelay: (id: string, more?: Partial<RelaySpec>) => Promise<number>
  /** What the target behind each relay received. */
  readonly received: (id: string) => number
  readonly close: () => Promise<void>
}

/** `at`: ISO 8601. */
export async function startMachine(home: string, at: string): Promise<Machine> {
  const inner = fakeClock()
  let offset = Date.parse(at) - inner.now()
  const clock: FakeClock = { ...inner, now: () => inner.now() + offset }
  const places = resolvePlaces({}, home)
  const store = openStore(places)
  const warnings = createWarnings(() => undefined)
  const books = await openBooks({ store, home: places.home, clock, warnings, log: () => undefined })
  const { engine } = makeEngine({ ports: { clock, traffic: books.port } })
  books.attach(engine)
  const targets = new Map<string, Target>()
  return {
    ...{ clock, engine, books, warnings },
    jumpTo: (iso) => {
      offset = Date.parse(iso) - inner.now()
      engine.networkChanged()
      books.look()
    },
    addRelay: async (id, more = {}) => {
      const target = await (more.protocol === 'udp' ? udpTarget() : tcpTarget())
      targets.set(id, target)
      const port = await freePort()
      const spec = relaySpecSchema.parse({
        ...{ id, name: id, protocol: 'tcp', listenPort: port, targets: [{ host: '127.0.0.1', port: target.port }] },
        ...{ createdAt: at, updatedAt: at },
        ...more,
      })
      engine.relays.define(spec)
      books.define({ id, kind: 'relay', name: spec.name, limits: spec.limits })
      engine.relays.start(id)
      await engine.relays.settled([id], 10_000)
      return port
    },
    received: (id) => targets.get(id)?.received() ?? 0,
    close: async () => {
      await engine.close()
      await books.close()
      await store.close()
      for (const target of targets.values()) await target.close()
    },
  }
}

export interface Client {
  /** Sends so many bytes and waits until they are back. Resolves with how many came back before the end. */
  readonly bounce: (bytes: number) => Promise<number>
  readonly isOver: () => boolean
  readonly close: () => Promise<void>
}

/** A TCP client that is connected; `null` when nobody listens. */
export async function openClient(port: number): Promise<Client | null> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  try {
    await once(socket, 'connect')
  } catch {
    return null
  }
  let onBack: (bytes: number) => void = () => undefined
  let onOver: () => void = () => undefined
  let over = false
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      over = true
      onOver()
      resolve()
    })
  })
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => onBack(chunk.length))
  socket.on('end', () => socket.destroy())
  return {
    bounce: (bytes) =>
      new Promise((resolve) => {
        let back = 0
        onOver = () => resolve(back)
        onBack = (count) => {
          back += count
          if (back >= bytes) resolve(back)
        }
        if (over) resolve(0)
        else socket.write(Buffer.alloc(bytes))
      }),
    isOver: () => over,
    close: async () => {
      socket.end()
      await closed
    },
  }
}

/** Sends a datagram to each port and waits until all are back. */
export async function bounceDatagram(socket: UdpSocket, port: number, bytes: number): Promise<void> {
  const back = once(socket, 'message')
  socket.send(Buffer.alloc(bytes), port, '127.0.0.1')
  await back
}

/**
 * What the engine counted is told at the end of a turn, or a millisecond after it told something last: then the clock may go on. Of two
 * timers as long as each other the elder one is the first, however late both are.
 */
export async function told(): Promise<void> {
  await settled()
  await new Promise((resolve) => {
    setTimeout(resolve, 1)
  })
}

// --- internal ---

interface Target {
  readonly port: number
  readonly received: () => number
  readonly close: () => Promise<void>
}

async function tcpTarget(): Promise<Target> {
  let received = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      socket.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    received: () => received,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function udpTarget(): Promise<Target> {
  let received = 0
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    received += message.length
    socket.send(message, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    received: () => received,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  }
}
