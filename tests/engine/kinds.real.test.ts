/** Ranges, free ports, and what a real sshd makes of a request to listen or to connect. */
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/shared/endpoints'
import type { ForwardSnapshot } from '../../src/shared/snapshots'
import { freePort, quietPort } from '../support/free-port'
import { checkLeaks } from '../support/leaks'
import { startSshd, type Sshd, type SshdOptions } from '../support/sshd'
import { specOf } from './ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from './world'

checkLeaks()

const COUNT = 5
const servers: Server[] = []
let sshd: Sshd
let it_: EngineWorld
/** The first of {@link COUNT} ports in a row; each says its own number. */
let targets: number

beforeAll(async () => {
  // Of two loopbacks sshd is content with one, and the other has ports of clients: what is tested is that a taken one is told.
  sshd = await startSshd({ config: ['AddressFamily inet'] })
  const { first, row } = await listenInARow(COUNT)
  servers.push(...row)
  targets = first
})
afterAll(async () => {
  for (const server of servers) server.close()
  await sshd.stop()
})
beforeEach(() => {
  it_ = makeEngine()
  it_.servers.set('server-1', specOf(sshd))
})
afterEach(() => it_.engine.close())

function listenAt(port: number, host = '127.0.0.1'): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end(String((server.address() as AddressInfo).port))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      resolve(server)
    })
  })
}

async function listenInARow(count: number, host?: string): Promise<{ first: number; row: Server[] }> {
  for (;;) {
    const row: Server[] = []
    try {
      const first = quietPort(count)
      while (row.length < count) row.push(await listenAt(first + row.length, host))
      return { first, row }
    } catch {
      for (const server of row) server.close()
    }
  }
}

/** Ports that are free, but for the third of them. */
async function almostFree(host: string): Promise<{ first: number; taken: Server }> {
  const { first, row } = await listenInARow(COUNT, host)
  const [, , taken] = row
  if (taken === undefined) throw new Error('The row is too short')
  const others = row.filter((server) => server !== taken)
  await Promise.all(others.map((server) => new Promise((resolve) => server.close(resolve))))
  return { first, taken }
}

async function ask(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let text = ''
  socket.on('data', (part) => (text += String(part)))
  await once(socket, 'close')
  return text
}

const portOf = (end: Endpoint): number => ('path' in end ? 0 : end.port)

async function outcome(draft: Parameters<typeof forwardSpec>[0]): Promise<ForwardSnapshot> {
  const spec = forwardSpec(draft)
  it_.engine.define(spec)
  it_.engine.start(spec.id)
  return it_.until(spec.id, ({ state }) => state === 'running' || state === 'failed' || state === 'waiting')
}

async function expectRange(snapshot: ForwardSnapshot): Promise<void> {
  expect(snapshot).toMatchObject({ state: 'running', portCount: COUNT })
  for (let offset = 0; offset < COUNT; offset += 1) {
    expect(await ask(portOf(snapshot.listen) + offset)).toBe(String(targets + offset))
  }
}

describe('a range of ports', () => {
  it('leads each to the port of its place, from here and from the server', async () => {
    const there = { remoteHost: '127.0.0.1', remotePort: targets, portCount: COUNT }
    await expectRange(await outcome({ type: 'local', localPort: 0, ...there }))
    const here = { localHost: '127.0.0.1', localPort: targets, portCount: COUNT }
    await expectRange(await outcome({ type: 'remote', remotePort: 0, ...here }))
  })

  it('is bound as a whole or not at all, and names the port in the way', async () => {
    const { first, taken } = await almostFree('127.0.0.1')
    const way = { remoteHost: '127.0.0.1', remotePort: targets, portCount: COUNT }
    const failed = await outcome({ type: 'local', localPort: first, ...way })
    expect(failed).toMatchObject({ state: 'failed', reason: { code: 'port.in-use', field: 'localPort', remedy: null } })
    expect(failed.reason?.message).toMatch(new RegExp(`^Port ${first + 2} is held by `))
    const again = await listenAt(first)
    again.close()
    taken.close()
  })

  it('is refused by the server as a whole', async () => {
    // On both loopbacks: sshd is content with one of them.
    const { first, taken } = await almostFree('::')
    const way = { localHost: '127.0.0.1', localPort: targets, portCount: COUNT }
    const waiting = await outcome({ type: 'remote', remotePort: first, ...way })
    expect(waiting).toMatchObject({ state: 'waiting', reason: { code: 'forward.remote-port-in-use' } })
    expect(waiting.reason?.message).toContain(`:${first + 2} is taken`)
    const again = await listenAt(first)
    again.close()
    taken.close()
  })

  it('of proxy ports serves at each', async () => {
    const { listen } = await outcome({ type: 'dynamic', bindPort: 0, portCount: 3 })
    for (let offset = 0; offset < 3; offset += 1) {
      const socket = connect({ port: portOf(listen) + offset, host: '127.0.0.1' })
      socket.write(Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, targets >> 8, targets & 255]))
      let text = ''
      socket.on('data', (part) => (text += part.toString('latin1')))
      await once(socket, 'close')
      expect(text.slice(12)).toBe(String(targets))
    }
  })
})

it('the port that the server chose is kept when the session comes back', async () => {
  const { id, listen } = await outcome({ type: 'remote', remotePort: 0, localHost: '127.0.0.1', localPort: targets })
  // Looked for from now on: a restart may take longer than the wait.
  const waiting = it_.until(id, ({ state }) => state === 'waiting')
  await sshd.restart()
  await waiting
  const again = it_.until(id, ({ state }) => state === 'running')
  it_.engine.retry(id)
  expect(portOf((await again).listen)).toBe(portOf(listen))
  expect(await ask(portOf(listen))).toBe(String(targets))
})

/** Against an sshd of its own. */
async function withSshd(config: SshdOptions['config'], work: () => Promise<void>): Promise<void> {
  const server = await startSshd({ config: config ?? [] })
  try {
    it_.servers.set('server-1', specOf(server))
    await work()
  } finally {
    await it_.engine.close()
    await server.stop()
  }
}
const offer = { type: 'remote', localHost: '127.0.0.1' } as const

describe('what the server made of it', () => {
  it('GatewayPorts no: it bound loopback only, and the target heard nothing of the question', async () => {
    let touched = 0
    servers[0]?.on('connection', () => (touched += 1))
    const { id } = await outcome({ ...offer, bindAddress: '*', remotePort: 0, localPort: targets })
    const { notice, exposed } = await it_.until(id, (snapshot) => snapshot.notice !== null)
    expect(notice).toBe('The server bound 127.0.0.1 only: GatewayPorts in its sshd_config is no')
    expect(exposed).toBe(false)
    expect(touched).toBe(0)
    await it_.engine.stop(id)
    expect(it_.engine.snapshot(id).notice).toBeNull()
  })

  it('GatewayPorts yes: it opened to the network what was meant for itself', async () => {
    await withSshd(['GatewayPorts yes'], async () => {
      const { id } = await outcome({ ...offer, remotePort: 0, localPort: targets })
      const { notice, exposed } = await it_.until(id, (snapshot) => snapshot.notice !== null)
      expect(notice).toBe('The server opened the port to its network: GatewayPorts in its sshd_config is yes')
      expect(exposed).toBe(true)
    })
  })

  it.each(['*', '0.0.0.0', 'localhost'])('GatewayPorts clientspecified: %s is what was asked', async (bindAddress) => {
    await withSshd(['GatewayPorts clientspecified', 'LogLevel DEBUG1'], async () => {
      const { id } = await outcome({ ...offer, bindAddress, remotePort: 0, localPort: targets })
      // The question is over when its listener is closed again: the second request to listen no more.
      const open = it_.engine.sessions().length
      expect(open).toBe(1)
      await outcome({ ...offer, remotePort: 0, localPort: targets })
      expect(it_.engine.snapshot(id).notice).toBeNull()
    })
  })

  it('AllowTcpForwarding no: no kind of forward runs', async () => {
    await withSshd(['AllowTcpForwarding no'], async () => {
      const reach = await outcome({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: targets })
      expect(reach).toMatchObject({ state: 'failed', reason: { code: 'forward.refused' } })
      expect(reach.reason?.fix).toContain('AllowTcpForwarding')
      const offered = await outcome({ ...offer, remotePort: 0, localPort: targets })
      expect(offered).toMatchObject({ state: 'failed', reason: { code: 'forward.refused' } })
      expect(offered.reason?.fix).toContain('PermitListen')
      const browse = await outcome({ type: 'dynamic', bindPort: 0 })
      expect(browse.state).toBe('running')
      expect(browse.notice).toContain('AllowTcpForwarding')
    })
  })

  it('PermitOpen: only what it names runs', async () => {
    await withSshd([`PermitOpen 127.0.0.1:${targets}`], async () => {
      const way = { type: 'local', localPort: 0, remoteHost: '127.0.0.1' } as const
      expect((await outcome({ ...way, remotePort: targets })).state).toBe('running')
      expect((await outcome({ ...way, remotePort: targets + 1 })).reason).toMatchObject({ code: 'forward.refused' })
    })
  })

  it('PermitListen: only what it names runs', async () => {
    const permitted = await freePort()
    await withSshd([`PermitListen localhost:${permitted}`], async () => {
      expect((await outcome({ ...offer, remotePort: permitted, localPort: targets })).state).toBe('running')
      const failed = await outcome({ ...offer, remotePort: permitted + 1, localPort: targets })
      expect(failed).toMatchObject({ state: 'failed', reason: { code: 'forward.refused' } })
      expect(failed.reason?.fix).toContain('PermitListen')
    })
  })

  it('a target where nothing listens is no reason not to run', async () => {
    const { state } = await outcome({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: 1 })
    expect(state).toBe('running')
  })
})

it('asks which password clients must give, once', async () => {
  it_.world.answer = (question) =>
    question.kind === 'host-key' ? { kind: 'host-key', decision: 'trust' } : { kind: 'password', password: 'lovelace' }
  const snapshot = await outcome({ name: 'browse', type: 'dynamic', bindPort: 0, proxyUsername: 'ada' })
  expect(it_.world.asked.at(-1)).toMatchObject({ kind: 'password', username: 'ada', forward: 'browse' })
  const asked = it_.world.asked.length
  await it_.engine.stop(snapshot.id)
  it_.engine.start(snapshot.id)
  await it_.until(snapshot.id, ({ state }) => state === 'running')
  expect(it_.world.asked.length).toBe(asked)
})

it('does not run without the password that its clients must give', async () => {
  it_.world.answer = (question) =>
    question.kind === 'host-key' ? { kind: 'host-key', decision: 'trust' } : { kind: 'cancel' }
  const failed = await outcome({ name: 'browse', type: 'dynamic', bindPort: 0, proxyUsername: 'ada' })
  expect(failed).toMatchObject({ state: 'failed', reason: { code: 'need.cancelled', field: 'proxyUsername' } })
  expect(failed.reason?.message).toBe('The clients of browse must give a password, and nobody said which.')
})
