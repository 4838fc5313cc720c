/** What the SSH layer asks of the world, in memory; and small servers and clients to send bytes between. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WarrenError } from '../../../src/shared/errors'
import type { NeedAnswer } from '../../../src/shared/needs'
import { rawClient } from '../../../src/engine/forward/_raw-client'
import { resetStream } from '../../../src/engine/reset-stream'
import { listenHere } from '../../../src/engine/tcp'
import { createSessionPool } from '../../../src/engine/ssh'
import type {
  AcquireOptions,
  ClientEnd,
  HostKeyPin,
  Question,
  ServerPlan,
  SessionLease,
  SessionPhase,
  SessionPool,
  SshPorts,
  SshSession,
} from '../../../src/engine/ssh/types'
import type { Sshd } from '../../support/sshd'

export interface World {
  readonly ports: SshPorts
  readonly pins: HostKeyPin[]
  readonly asked: Question[]
  readonly logged: { level: string; message: string; code: string | null }[]
  readonly secrets: Map<string, string>
  readonly homeDir: string
  knownHostsFiles: string[]
  agentSocket: string | null
  answer: (question: Question, signal: AbortSignal) => NeedAnswer | Promise<NeedAnswer>
}

/** A person who trusts every new key and knows no secret, unless told otherwise. */
export function makeWorld(change: Partial<Pick<World, 'answer' | 'knownHostsFiles' | 'agentSocket'>> = {}): World {
  const world: World = {
    pins: [],
    asked: [],
    logged: [],
    secrets: new Map(),
    homeDir: mkdtempSync(join(tmpdir(), 'warren-home-')),
    knownHostsFiles: [],
    agentSocket: null,
    answer: (question) => (question.kind === 'host-key' ? { kind: 'host-key', decision: 'trust' } : { kind: 'cancel' }),
    ...change,
    ports: {
      ask: async (question, signal) => {
        signal.throwIfAborted()
        world.asked.push(question)
        return world.answer(question, signal)
      },
      offer: async (question, signal) => {
        signal.throwIfAborted()
        world.asked.push(question)
        return world.answer(question, signal)
      },
      pins: {
        find: (host) => world.pins.filter((pin) => pin.host === host),
        all: () => world.pins,
        add: (pin) => world.pins.push(pin),
        remove: (pin) => {
          const at = world.pins.findIndex((each) => each.host === pin.host && each.key === pin.key)
          if (at >= 0) world.pins.splice(at, 1)
        },
      },
      secrets: {
        get: async (_serverId, kind, subject) => world.secrets.get(`${kind} ${subject}`) ?? null,
        accepted: (_serverId, kind, { subject, value }) => world.secrets.set(`${kind} ${subject}`, value),
        refused: (_serverId, kind, subject) => world.secrets.delete(`${kind} ${subject}`),
        sharedKey: async () => world.secrets.get('shared key') ?? null,
      },
      log: (_serverId, entry) => world.logged.push(entry),
      environment: {
        get homeDir() {
          return world.homeDir
        },
        username: 'root',
        get agentSocket() {
          return world.agentSocket
        },
        get knownHostsFiles() {
          return world.knownHostsFiles
        },
      },
    },
  }
  return world
}

export function serverSpec(at: { port: number } & Partial<ServerPlan>): ServerPlan {
  return {
    id: 'server-1',
    name: 'bastion',
    host: '127.0.0.1',
    username: 'root',
    identityFiles: [],
    identitiesOnly: false,
    certificateFiles: [],
    addressFamily: 'any',
    sourceAddress: null,
    configHost: null,
    agent: null,
    jump: [],
    proxy: null,
    proxyCommand: null,
    hostKeyPolicy: 'ask',
    keepaliveSeconds: 15,
    keepaliveCount: 3,
    connectTimeoutSeconds: 10,
    demo: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...at,
  }
}

export function specOf(sshd: Sshd, change: Partial<ServerPlan> = {}): ServerPlan {
  return serverSpec({ port: sshd.port, username: sshd.username, identityFiles: [sshd.clientKey], ...change })
}

export function options(change: Partial<AcquireOptions> = {}): AcquireOptions & { phases: SessionPhase[] } {
  const phases: SessionPhase[] = []
  return { signal: new AbortController().signal, onPhase: (phase) => phases.push(phase), phases, ...change }
}

/** Logs in with a pool of its own, runs `use`, and closes everything. */
export async function withSession(
  server: ServerPlan,
  use: (session: SshSession, context: { world: World; pool: SessionPool; lease: SessionLease }) => Promise<void>,
  world = makeWorld(),
): Promise<void> {
  const pool = createSessionPool({ ports: world.ports })
  try {
    const lease = await pool.acquire({ server, hops: [] }, options())
    await use(lease.session, { world, pool, lease })
  } finally {
    await pool.close()
  }
}

/** The coded error that `work` rejects with. */
export async function faultOf(work: Promise<unknown>): Promise<WarrenError> {
  try {
    await work
  } catch (error) {
    if (error instanceof WarrenError) return error
    throw error
  }
  throw new Error('It did not fail')
}

export async function loginFault(server: ServerPlan, world = makeWorld()): Promise<WarrenError> {
  return faultOf(withSession(server, async () => undefined, world))
}

export interface Listener {
  readonly port: number
  readonly server: Server
  readonly close: () => Promise<void>
}

export async function listen(onSocket: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Sends everything back, and ends when the client ended. */
export function listenEcho(): Promise<Listener> {
  return listen((socket) => socket.pipe(socket))
}

let bareClients = false

/** Whether {@link listenForward} takes its clients as bare handles, as a local forward does, or as Node sockets. */
export function useBareClients(on: boolean): void {
  bareClients = on
}

/** A local listener whose connections go through `session`; collects what forwardSocket says. */
export async function listenForward(
  session: SshSession,
  target: { host: string; port: number } | { path: string },
): Promise<
  Omit<Listener, 'server'> & {
    counter: { bytesUp: number; bytesDown: number }
    results: Promise<{ error: Error | null }>[]
    /** What Warren has of each client. */
    ends: Pick<ClientEnd, 'backedUp' | 'writable' | 'reset'>[]
  }
> {
  const counter = { bytesUp: 0, bytesDown: 0 }
  const results: Promise<{ error: Error | null }>[] = []
  const ends: Pick<ClientEnd, 'backedUp' | 'writable' | 'reset'>[] = []
  if (bareClients) {
    const listener = await listenHere({
      at: { host: '127.0.0.1', port: 0 },
      ports: { holderOf: () => Promise.resolve(null), nextFree: () => Promise.resolve(null) },
      onSocket: (socket) => {
        socket.destroy()
      },
      onHandle: (handle) => {
        const client = rawClient(handle)
        ends.push(client)
        const result = new Promise<{ error: Error | null }>((resolve, reject) => {
          session.forwardClient(client, { target, counter, onClosed: resolve, onRefused: reject })
        })
        result.catch(() => {
          client.reset()
        })
        results.push(result)
      },
    })
    const port = 'port' in listener.bound ? listener.bound.port : 0
    return { port, close: listener.close, counter, results, ends }
  }
  const listener = await listen((socket) => {
    const result = session.forwardSocket(socket, { target, counter })
    ends.push({
      get backedUp() {
        return socket.writableNeedDrain
      },
      get writable() {
        return !socket.writableEnded
      },
      reset: () => resetStream(socket),
    })
    result.catch(() => socket.destroy())
    results.push(result)
  })
  return { ...listener, counter, results, ends }
}

export async function dialLocal(port: number, allowHalfOpen = true): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** Everything until the end of the stream, hashed. */
export async function digest(stream: AsyncIterable<Buffer>): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of stream) {
    hash.update(chunk)
    bytes += chunk.length
  }
  // Its own direction may be open still; whether Node closes it here depends on its version.
  if (stream instanceof Socket) stream.destroy()
  return { bytes, sha256: hash.digest('hex') }
}

/** Writes `total` bytes of noise with back-pressure and ends; returns their hash. */
export async function sendNoise(socket: Socket, total: number): Promise<string> {
  const hash = createHash('sha256')
  const block = randomBytes(256 * 1024)
  for (let sent = 0; sent < total; sent += block.length) {
    const part = block.subarray(0, Math.min(block.length, total - sent))
    part.writeUInt32BE(sent >>> 0, 0)
    const copy = Buffer.from(part)
    hash.update(copy)
    if (!socket.write(copy)) await once(socket, 'drain')
  }
  socket.end()
  return hash.digest('hex')
}
