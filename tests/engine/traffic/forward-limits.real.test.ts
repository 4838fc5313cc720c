import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { limitsSchema, type LimitsDraft } from '../../../src/shared/limits'
import type { ForwardSpec } from '../../../src/shared/specs'
import type { EndedConnection } from '../../../src/shared/traffic'
import { startLoadPeers, type LoadPeers } from '../../support/load-peers'
import { checkLeaks } from '../../support/leaks'
import { startSshd, type Sshd } from '../../support/sshd'
import { dialLocal, digest, listenEcho, sendNoise, specOf, type Listener } from '../ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from '../world'

const KB = 1024
const MB = 1024 * KB
/** A machine that is busy for a second gets another chance. */
const ATTEMPTS = 3
/** Bytes per second, connections, and which way. */
const rates = [
  [MB, 10, 'down'],
  [MB, 10, 'up'],
  [64 * KB, 20, 'down'],
] as const

checkLeaks()

let sshd: Sshd
let echo: Listener
let peers: LoadPeers[]
let it_: EngineWorld
let ended: EndedConnection[]
let moved: Map<string, { bytesUp: number; bytesDown: number; totalConnections: number }>

beforeAll(async () => {
  sshd = await startSshd()
  echo = await listenEcho()
  peers = await Promise.all(rates.map(startLoadPeers))
})
afterAll(async () => {
  await echo.close()
  await Promise.all(peers.map((each) => each.stop()))
  await sshd.stop()
})
beforeEach(() => {
  ended = []
  moved = new Map()
  const traffic = {
    moved: (id: string, totals: { bytesUp: number; bytesDown: number; totalConnections: number }) => {
      moved.set(id, { ...totals })
    },
    ended: (connection: EndedConnection) => ended.push(connection),
  }
  it_ = makeEngine({ ports: { traffic } })
  it_.servers.set('server-1', specOf(sshd))
})
afterEach(() => it_.engine.close())

const limited = (draft: LimitsDraft): ForwardSpec['limits'] => limitsSchema.parse(draft)

async function start(
  draft: Parameters<typeof forwardSpec>[0],
  limits: LimitsDraft | null = null,
): Promise<{ spec: ForwardSpec; port: number }> {
  const spec = { ...forwardSpec(draft), limits: limits === null ? null : limited(limits) }
  it_.engine.define(spec)
  it_.engine.start(spec.id)
  const { listen } = await it_.until(spec.id, ({ state }) => state === 'running')
  return { spec, port: 'port' in listen ? listen.port : 0 }
}

const toEcho = (): Parameters<typeof start>[0] => ({
  type: 'local',
  localPort: 0,
  remoteHost: '127.0.0.1',
  remotePort: echo.port,
})

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.resume()
  })
}

async function untilEnded(count: number): Promise<void> {
  while (ended.length < count) await new Promise((resolve) => setImmediate(resolve))
}

describe('the rates of a forward', () => {
  it('hold over many connections, within 5 % and in fair parts: 1024 KB/s down and up, and 64 KB/s, side by side', async () => {
    const ends = await Promise.all(
      rates.map(([rate, , way], at) =>
        start({ ...toEcho(), remotePort: peers[at]?.target ?? 0 }, { perRule: { [way]: rate } }),
      ),
    )
    await Promise.all(
      rates.map(async ([rate, connections, way], at) => {
        const bytesEach = (12 * rate) / connections + 64 * KB
        const load = { connections, down: way === 'down', warmUpMs: 1000, ms: 4000, bytesEach }
        const measure = async (): Promise<{ rate: number; fairness: number }> => {
          const found = await peers[at]?.measure(ends[at]?.port ?? 0, load)
          return { rate: (found?.rate ?? 0) / rate, fairness: found?.fairness ?? 0 }
        }
        let found = await measure()
        for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
          if (Math.abs(found.rate - 1) <= 0.05 && found.fairness >= 0.9) break
          found = await measure()
        }
        expect(Math.abs(found.rate - 1)).toBeLessThanOrEqual(0.05)
        expect(found.fairness).toBeGreaterThanOrEqual(0.9)
      }),
    )
  })

  it('change under a connection that is open: nothing is lost, and it goes on at the new one', async () => {
    const { spec, port } = await start(toEcho())
    const socket = await dialLocal(port)
    const total = 8 * MB
    const sent = sendNoise(socket, total)
    const received = digest(socket)
    const passed = (bytes: number): Promise<unknown> => {
      const look = async (): Promise<void> => {
        while (it_.engine.snapshot(spec.id).bytesDown < bytes) await new Promise((resolve) => setImmediate(resolve))
      }
      return look()
    }
    it_.engine.define({ ...spec, limits: limited({ perConnection: { up: MB, down: MB } }) })
    await passed(MB / 2)
    it_.engine.define({ ...spec, limits: limited({ perSource: { down: 3 * MB } }) })
    await passed(2 * MB)
    it_.engine.define({ ...spec, limits: limited({ perRule: { up: 2 * MB, down: MB } }) })
    await passed(3 * MB)
    it_.engine.define(spec)
    expect(await received).toEqual({ bytes: total, sha256: await sent })
    await untilEnded(1)
    expect(it_.history(spec.id).filter((state) => state === 'running')).toHaveLength(1)
    expect(ended).toMatchObject([{ reason: 'closed', bytesUp: total, bytesDown: total }])
  })

  it('deliver to the end what a target said before it closed', async () => {
    const { port } = await start(toEcho(), { perRule: { down: 256 * KB } })
    const socket = await dialLocal(port)
    const [sent, received] = await Promise.all([sendNoise(socket, 300 * KB), digest(socket)])
    expect(received).toEqual({ bytes: 300 * KB, sha256: sent })
  })

  it('hold for clients on the server’s side too', async () => {
    const spec = {
      ...forwardSpec({ type: 'remote', remotePort: 0, localHost: '127.0.0.1', localPort: echo.port }),
      limits: limited({ perRule: { up: 512 * KB } }),
    }
    it_.engine.define(spec)
    it_.engine.start(spec.id)
    const { listen } = await it_.until(spec.id, ({ state }) => state === 'running')
    const began = performance.now()
    const socket = await dialLocal('port' in listen ? listen.port : 0)
    const [sent, received] = await Promise.all([sendNoise(socket, 512 * KB), digest(socket)])
    expect(received).toEqual({ bytes: 512 * KB, sha256: sent })
    expect(performance.now() - began).toBeGreaterThan(800)
    await untilEnded(1)
    expect(ended).toMatchObject([{ reason: 'closed', bytesUp: 512 * KB, bytesDown: 512 * KB }])
  })

  for (const type of ['dynamic', 'remote'] as const) {
    it(`hold for what a proxy client tunnels (${type})`, async () => {
      const ends = type === 'dynamic' ? { bindPort: 0 } : { remotePort: 0, localPort: null, localHost: null }
      const { port } = await start({ type, ...ends }, { perRule: { down: 512 * KB } })
      const socket = await dialLocal(port)
      socket.write(`CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(answer.toString()).toContain(' 200 ')
      socket.pause()
      const began = performance.now()
      const [sent, received] = await Promise.all([sendNoise(socket, 512 * KB), digest(socket)])
      expect(received).toEqual({ bytes: 512 * KB, sha256: sent })
      expect(performance.now() - began).toBeGreaterThan(800)
    })
  }
})

describe('the number of connections of a forward', () => {
  it('turns away who is one too many, says so, and leaves the others alone', async () => {
    const { spec, port } = await start(toEcho(), { maxConnections: 1 })
    const first = await dialLocal(port)
    first.write('a')
    await once(first, 'data')
    for (let client = 0; client < 5; client += 1) await closed(connect(port, '127.0.0.1'))
    const told = it_.logs.filter(({ code }) => code === 'limit.connections')
    expect(told).toHaveLength(1)
    expect(told[0]?.message).toMatch(/as many as its limits allow/)
    first.write('b')
    await once(first, 'data')
    it_.engine.define({ ...spec, limits: null })
    const second = await dialLocal(port)
    second.write('c')
    await once(second, 'data')
    second.resetAndDestroy()
    first.destroy()
    await untilEnded(2)
    expect(ended.map(({ reason }) => reason)).toContain('reset')
  })
})

describe('the quota of a forward', () => {
  const quota = { period: 'day', then: 'stop', bytes: 100_000 } as const

  it('passes exactly its bytes, ends what is open, fails with the reason, and begins again when it is renewed', async () => {
    const { spec, port } = await start(toEcho(), { quota })
    const spent = new Promise<void>((resolve) => {
      it_.engine.onChange((event) => {
        if (event.kind === 'budget' && event.id === spec.id) resolve()
      })
    })
    it_.engine.setBudget(spec.id, { bytes: 100_000, counts: 'both', then: 'stop', slowRate: 16 * KB })
    const socket = await dialLocal(port)
    const over = closed(socket)
    for (let chunk = 0; chunk < 50; chunk += 1) socket.write(Buffer.alloc(4 * KB))
    await spent
    const failed = await it_.until(spec.id, ({ state }) => state === 'failed')
    expect(failed.reason).toMatchObject({ code: 'limit.quota' })
    expect(failed.wanted).toBe(true)
    await over
    expect(failed.bytesUp + failed.bytesDown).toBe(100_000)
    expect(ended).toMatchObject([{ ownerId: spec.id, reason: 'quota' }])
    expect((ended[0]?.bytesUp ?? 0) + (ended[0]?.bytesDown ?? 0)).toBe(100_000)

    it_.engine.retry(spec.id)
    expect(it_.engine.snapshot(spec.id).state).toBe('failed')
    it_.engine.setBudget(spec.id, { bytes: 50_000, counts: 'both', then: 'stop', slowRate: 16 * KB })
    const { listen } = await it_.until(spec.id, ({ state }) => state === 'running')
    const again = await dialLocal('port' in listen ? listen.port : 0)
    again.on('error', () => undefined)
    again.write('hello')
    await once(again, 'data')
    again.end()
    await untilEnded(2)
    await new Promise((resolve) => setImmediate(resolve))
    expect(moved.get(spec.id)).toMatchObject({
      bytesUp: failed.bytesUp + 5,
      bytesDown: failed.bytesDown + 5,
      totalConnections: 2,
    })
  })

  it('does not begin with nothing left, nor after its time', async () => {
    const spec = { ...forwardSpec(toEcho()), limits: limited({ quota }) }
    it_.engine.define(spec)
    it_.engine.setBudget(spec.id, { bytes: 0, counts: 'both', then: 'stop', slowRate: 16 * KB })
    it_.engine.start(spec.id)
    expect(it_.engine.snapshot(spec.id)).toMatchObject({ state: 'failed', reason: { code: 'limit.quota' } })
    it_.engine.define({ ...spec, limits: limited({ expiresAt: '2020-01-01T00:00:00Z' }) })
    it_.engine.setBudget(spec.id, null)
    it_.engine.retry(spec.id)
    expect(it_.engine.snapshot(spec.id)).toMatchObject({ state: 'failed', reason: { code: 'limit.expired' } })
    it_.engine.define({ ...spec, limits: null })
    await it_.until(spec.id, ({ state }) => state === 'running')
  })

  it('goes on slowly where that is wished, and says so', async () => {
    const { spec, port } = await start(toEcho(), { quota: { ...quota, then: 'slow', slowRate: 64 * KB } })
    it_.engine.setBudget(spec.id, { bytes: 1000, counts: 'both', then: 'slow', slowRate: 64 * KB })
    const socket = await dialLocal(port)
    const [sent, received] = await Promise.all([sendNoise(socket, 32 * KB), digest(socket)])
    expect(received).toEqual({ bytes: 32 * KB, sha256: sent })
    expect(it_.engine.snapshot(spec.id)).toMatchObject({ state: 'running' })
    expect(it_.engine.snapshot(spec.id).notice).toMatch(/goes at 64 KB\/s/)
    it_.engine.setBudget(spec.id, null)
    expect(it_.engine.snapshot(spec.id).notice).toBeNull()
  })
})
