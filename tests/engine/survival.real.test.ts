import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ForwardSnapshot } from '../../src/shared/snapshots'
import { checkLeaks } from '../support/leaks'
import { startSshd, type Sshd } from '../support/sshd'
import { dialLocal, digest, listenEcho, makeWorld, sendNoise, specOf, type Listener } from './ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from './world'

const MEBIBYTE = 1024 * 1024

checkLeaks()

let sshd: Sshd
let echo: Listener
let it_: EngineWorld

beforeEach(async () => {
  sshd = await startSshd()
  echo = await listenEcho()
  it_ = makeEngine()
  it_.servers.set('server-1', specOf(sshd, { keepaliveSeconds: 1 }))
})
afterEach(async () => {
  await it_.engine.close()
  await echo.close()
  await sshd.stop()
})

function define(localPort = 0): string {
  const spec = forwardSpec({ type: 'local', localPort, remoteHost: '127.0.0.1', remotePort: echo.port })
  it_.engine.define(spec)
  return spec.id
}

async function running(id: string): Promise<number> {
  const { listen } = await it_.until(id, ({ state }) => state === 'running')
  return 'port' in listen ? listen.port : 0
}

async function expectCarries(port: number): Promise<void> {
  const socket = await dialLocal(port)
  const [sent, received] = await Promise.all([sendNoise(socket, MEBIBYTE), digest(socket)])
  expect(received.sha256).toBe(sent)
}

/** What a client meets: a reset may come as early as its connect. */
function meets(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    socket.on('end', () => resolve('end'))
    socket.resume()
  })
}

describe('when the server goes away', () => {
  it('says why and when it tries again, keeps its port, and carries bytes again by itself', async () => {
    const id = define()
    it_.engine.start(id)
    const port = await running(id)
    await expectCarries(port)
    const lost = it_.until(id, ({ state }) => state === 'waiting')
    await sshd.halt()
    const waiting: ForwardSnapshot = await lost
    expect(waiting.reason?.code).toMatch(/^ssh\./)
    expect(waiting.nextTryAt).not.toBeNull()
    expect(waiting).toMatchObject({ wanted: true, attempt: 1, listen: { port } })
    expect(await meets(port)).toBe('ECONNRESET')
    await sshd.start()
    expect(await running(id)).toBe(port)
    await expectCarries(port)
    expect(it_.engine.snapshot(id)).toMatchObject({ bytesUp: 2 * MEBIBYTE, bytesDown: 2 * MEBIBYTE, reason: null })
  })

  it('finds a peer that fell silent without a reset', async () => {
    const id = define()
    it_.engine.start(id)
    await running(id)
    sshd.kill('SIGSTOP')
    const waiting = await it_.until(id, ({ state }) => state === 'waiting')
    expect(waiting.reason?.code).toBe('ssh.keepalive-timeout')
    sshd.kill('SIGCONT')
    await expectCarries(await running(id))
  })

  it('tries when told to, without waiting for its time', async () => {
    await it_.engine.close()
    // A clock whose waits never end: only a retry by hand can bring the forward back.
    it_ = makeEngine({ ports: { clock: { now: () => Date.now(), after: () => () => undefined } } })
    it_.servers.set('server-1', specOf(sshd))
    const id = define()
    it_.engine.start(id)
    await running(id)
    await sshd.halt()
    await it_.until(id, ({ state }) => state === 'waiting')
    await sshd.start()
    it_.engine.retry(id)
    await expectCarries(await running(id))
  })

  it('takes every forward of the server down and up together', async () => {
    const ids = Array.from({ length: 5 }, () => define())
    for (const id of ids) it_.engine.start(id)
    await Promise.all(ids.map((id) => running(id)))
    expect(it_.engine.sessions()).toHaveLength(1)
    // Looked for from now on: a restart may take longer than the wait.
    const waiting = ids.map((id) => it_.until(id, ({ state }) => state === 'waiting'))
    await sshd.restart()
    await Promise.all(waiting)
    for (const port of await Promise.all(ids.map((id) => running(id)))) await expectCarries(port)
  })
})

describe('a stop by hand', () => {
  it('wins in every state on the way up', async () => {
    for (const state of ['resolving', 'connecting', 'verifying', 'authenticating', 'binding', 'running'] as const) {
      const id = define()
      const there = it_.until(id, (snapshot) => snapshot.state === state)
      it_.engine.start(id)
      await there
      await it_.engine.stop(id)
      expect(it_.engine.snapshot(id), state).toMatchObject({ state: 'stopped', wanted: false })
    }
  })

  it('wins over a wait', async () => {
    const id = define()
    await sshd.halt()
    it_.engine.start(id)
    await it_.until(id, ({ state }) => state === 'waiting')
    await it_.engine.stop(id)
    await sshd.start()
    expect(it_.engine.snapshot(id)).toMatchObject({ state: 'stopped', nextTryAt: null, reason: null })
  })

  it('wins over an open question, which then asks nobody', async () => {
    let abandoned = false
    const world = makeWorld()
    await it_.engine.close()
    it_ = makeEngine({
      world,
      ports: {
        raiseNeed: (_question, { signal }) => ({
          id: 'need-1',
          answer: once(signal, 'abort').then(() => {
            abandoned = true
            throw signal.reason as Error
          }),
        }),
      },
    })
    it_.servers.set('server-1', specOf(sshd))
    const id = define()
    it_.engine.start(id)
    const asking = await it_.until(id, ({ state }) => state === 'needs-you')
    expect(asking.needId).toBe('need-1')
    await it_.engine.stop(id)
    expect(abandoned).toBe(true)
    expect(it_.engine.snapshot(id)).toMatchObject({ state: 'stopped', needId: null })
  })
})

describe('what only a person can change', () => {
  it('fails at once and is not tried again', async () => {
    const world = makeWorld({ answer: () => ({ kind: 'host-key', decision: 'reject' }) })
    await it_.engine.close()
    it_ = makeEngine({ world })
    it_.servers.set('server-1', specOf(sshd))
    const id = define()
    it_.engine.start(id)
    const failed = await it_.until(id, ({ state }) => state === 'failed')
    expect(failed).toMatchObject({ wanted: true, nextTryAt: null, attempt: 0 })
    expect(failed.reason?.code).toBe('ssh.host-key-rejected')
    expect(world.asked).toHaveLength(1)
  })
})
