import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SupervisedForward } from '../../../src/engine/supervisor'
import type { ForwardClientOptions, ClientEnd } from '../../../src/engine/ssh/types'
import { WarrenError } from '../../../src/shared/errors'
import { forwardDraftSchema, type ForwardDraft } from '../../../src/shared/specs'
import { turnsUntil } from '../../support/fake-clock'
import { fakeSession, type FakeSession } from '../../support/fake-pool'
import { freePort } from '../../support/free-port'
import { makeBench, type Bench } from './_supervised'

const IDLE_SECONDS = 60
const onDemand = { onDemand: true, idleSeconds: IDLE_SECONDS }
const dynamic = { type: 'dynamic', bindPort: 0, localPort: null, remoteHost: null, remotePort: null } as const
/** SOCKS 5 (RFC 1928, 1929): with the login ada, x, to 192.0.2.1 port 80. */
const SOCKS_HELLO = Buffer.from([
  5,
  1,
  2,
  1,
  3,
  ...Buffer.from('ada'),
  1,
  ...Buffer.from('x'),
  5,
  1,
  0,
  1,
  192,
  0,
  2,
  1,
  0,
  80,
])

let bench: Bench
let clients: Socket[]

beforeEach(() => {
  bench = makeBench()
  clients = []
})
afterEach(async () => {
  for (const client of clients) client.destroy()
  await bench.close()
})

async function asleep(change: Partial<ForwardDraft> = {}): Promise<SupervisedForward> {
  const forward = bench.make({ ...onDemand, ...change })
  forward.start({})
  await bench.reach(forward, 'running')
  expect(forward.snapshot().asleep).toBe(true)
  return forward
}

function call(forward: SupervisedForward): Socket {
  const { listen } = forward.snapshot()
  const socket = connect({ port: 'port' in listen ? listen.port : 0, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  clients.push(socket)
  return socket
}

/** A reset is an end too; `once` would reject with it. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.resume()
  })
}

/** A session whose clients the test holds. */
function session(): FakeSession & { readonly held: [ClientEnd, ForwardClientOptions][] } {
  const held: [ClientEnd, ForwardClientOptions][] = []
  const made = fakeSession({
    forwardClient: (client, options) => {
      held.push([client, options])
    },
  })
  return Object.assign(made, { held })
}

async function until(test: () => boolean): Promise<void> {
  await turnsUntil(test)
  expect(test()).toBe(true)
}

describe('an on-demand forward', () => {
  it('listens without a session and dials with the first client, who waits', async () => {
    const forward = await asleep()
    expect(bench.pool.dials()).toBe(0)
    call(forward)
    const login = await bench.login()
    call(forward)
    await until(() => forward.snapshot().connections === 2)
    expect(bench.pool.dials()).toBe(1)
    const mine = session()
    login.succeed(mine)
    await until(() => mine.held.length === 2)
    expect(forward.snapshot()).toMatchObject({ state: 'running', asleep: false })
  })

  it('lets the session go when nobody is left for a while, and dials again for the next', async () => {
    const forward = await asleep()
    call(forward)
    const mine = session()
    ;(await bench.login()).succeed(mine)
    await until(() => mine.held.length === 1)
    expect(bench.clock.waits()).not.toContain(IDLE_SECONDS * 1000)
    const [client, options] = mine.held[0] ?? []
    client?.reset()
    options?.onClosed({ error: null, reason: 'closed' })
    await until(() => bench.clock.waits().includes(IDLE_SECONDS * 1000))
    await bench.clock.advance(IDLE_SECONDS * 1000 - 1)
    expect(bench.pool.leases()).toBe(1)
    await bench.clock.advance(1)
    await until(() => forward.snapshot().asleep)
    expect(bench.pool.leases()).toBe(0)
    call(forward)
    const next = session()
    ;(await bench.login()).succeed(next)
    await until(() => next.held.length === 1)
  })

  it('turns clients away when the dial fails, says why, and dials for the next one after a moment', async () => {
    const forward = await asleep()
    const first = call(forward)
    const gone = closed(first)
    ;(await bench.login()).fail(new WarrenError('ssh.unreachable', 'The server cannot be reached.'))
    await gone
    await bench.reach(forward, 'degraded')
    expect(forward.snapshot()).toMatchObject({ asleep: true, reason: { code: 'ssh.unreachable' } })
    await closed(call(forward))
    expect(bench.pool.dials()).toBe(1)
    await bench.clock.advance(2000)
    call(forward)
    const mine = session()
    ;(await bench.login()).succeed(mine)
    await until(() => mine.held.length === 1)
    expect(forward.snapshot()).toMatchObject({ state: 'running', reason: null })
  })

  it('fails and listens no more when only a person can help', async () => {
    // Called again when nobody listens there: of those that the system hands out, a client could be given the very same one.
    const forward = await asleep({ localPort: await freePort() })
    const gone = closed(call(forward))
    ;(await bench.login()).fail(new WarrenError('ssh.auth-failed', 'The server refused the login.'))
    await bench.reach(forward, 'failed')
    await gone
    expect(forward.snapshot()).toMatchObject({ asleep: false, wanted: true })
    await closed(call(forward))
    expect(bench.pool.dials()).toBe(1)
  })

  it('answers a SOCKS client with the reply that fits when the dial fails', async () => {
    const forward = await asleep(dynamic)
    const socket = call(forward)
    socket.write(Buffer.from([5, 1, 0, 5, 1, 0, 1, 192, 0, 2, 1, 0, 80]))
    ;(await bench.login()).fail(new WarrenError('ssh.unreachable', 'The server cannot be reached.'))
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const reply = Buffer.concat(chunks)
    expect([...reply.subarray(0, 2)]).toEqual([5, 0])
    expect(reply[3]).not.toBe(0)
  })

  it('has who comes on its way to sleep wait for the next session, though its login is still looked up', async () => {
    bench.secrets.get = () => Promise.resolve('x')
    const forward = await asleep({ ...dynamic, proxyUsername: 'ada' })
    const carrying = (): { made: FakeSession; carried: Socket[] } => {
      const carried: Socket[] = []
      const forwardSocket: FakeSession['forwardSocket'] = async (socket) => {
        carried.push(socket.resume().once('end', () => socket.end()))
        await once(socket, 'close')
        return { error: null, reason: 'closed' }
      }
      return { made: fakeSession({ forwardSocket }), carried }
    }
    const [mine, next] = [carrying(), carrying()]
    const first = call(forward)
    first.write(SOCKS_HELLO)
    ;(await bench.login()).succeed(mine.made)
    await until(() => mine.carried.length === 1)
    first.destroy()
    await until(() => bench.clock.waits().includes(IDLE_SECONDS * 1000))
    let found!: (password: string) => void
    bench.secrets.get = () => new Promise((resolve) => (found = resolve))
    await bench.clock.advance(IDLE_SECONDS * 1000)
    await until(() => bench.pool.leases() === 0)
    call(forward).write(SOCKS_HELLO)
    await until(() => forward.snapshot().connections === 1 && bench.clock.waits().length > 0)
    bench.secrets.get = () => Promise.resolve('x')
    found('x')
    ;(await bench.login()).succeed(next.made)
    await until(() => next.carried.length === 1)
    expect(mine.carried).toHaveLength(1)
  })

  it('does not let a client wait for ever', async () => {
    const forward = await asleep()
    const gone = closed(call(forward))
    await bench.login()
    await bench.clock.advance(60_000)
    await gone
    expect(forward.snapshot().connections).toBe(0)
  })

  it('sleeps on when its session ends, and keeps its port', async () => {
    const forward = await asleep()
    const { listen } = forward.snapshot()
    const gone = closed(call(forward))
    const mine = session()
    ;(await bench.login()).succeed(mine)
    await until(() => mine.held.length === 1)
    mine.end(new WarrenError('ssh.closed', 'bastion closed the session.'))
    await gone
    await until(() => forward.snapshot().asleep)
    expect(forward.snapshot()).toMatchObject({ state: 'running', listen, connections: 0 })
  })

  it('says that it sleeps though the target refused the last client', async () => {
    const forward = await asleep()
    call(forward)
    const mine = session()
    ;(await bench.login()).succeed(mine)
    await until(() => mine.held.length === 1)
    mine.held[0]?.[1].onRefused(new WarrenError('target.refused', 'db refuses connections.'))
    await bench.reach(forward, 'degraded')
    await until(() => bench.clock.waits().includes(IDLE_SECONDS * 1000))
    await bench.clock.advance(IDLE_SECONDS * 1000)
    await until(() => forward.snapshot().asleep)
    expect(bench.pool.leases()).toBe(0)
    expect(forward.snapshot()).toMatchObject({ state: 'degraded', asleep: true, reason: { code: 'target.refused' } })
  })

  it('is refused for a remote forward, which listens on the server', () => {
    const result = forwardDraftSchema.safeParse({
      ...{ name: 'web', type: 'remote', serverId: 's', remotePort: 80, localPort: 80, localHost: '127.0.0.1' },
      onDemand: true,
    })
    expect(result.error?.issues[0]?.path).toEqual(['onDemand'])
  })
})
