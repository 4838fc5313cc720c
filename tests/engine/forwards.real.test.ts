import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/shared/endpoints'
import { throughSocks } from '../support/bulk-target'
import { freePort } from '../support/free-port'
import { checkLeaks } from '../support/leaks'
import { startSshd, type Sshd } from '../support/sshd'
import { dialLocal, digest, listen, listenEcho, sendNoise, specOf, type Listener } from './ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from './world'

const run = promisify(execFile)
const MEBIBYTE = 1024 * 1024
const PAYLOAD_BYTES = 8 * MEBIBYTE

checkLeaks()

let sshd: Sshd
let echo: Listener
let dir: string
let it_: EngineWorld

beforeAll(async () => {
  sshd = await startSshd()
  echo = await listenEcho()
  dir = mkdtempSync(join(tmpdir(), 'warren-engine-'))
})
afterAll(async () => {
  await echo.close()
  await sshd.stop()
  rmSync(dir, { recursive: true, force: true })
})
beforeEach(() => {
  it_ = makeEngine()
  it_.servers.set('server-1', specOf(sshd))
})
afterEach(() => it_.engine.close())

async function start(draft: Parameters<typeof forwardSpec>[0]): Promise<{ id: string; listen: Endpoint }> {
  const spec = forwardSpec(draft)
  it_.engine.define(spec)
  it_.engine.start(spec.id)
  const snapshot = await it_.until(spec.id, ({ state }) => state === 'running' || state === 'failed')
  expect(snapshot.reason).toBeNull()
  return { id: spec.id, listen: snapshot.listen }
}

/** A reset is an end too; `once` would reject with it. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
  })
}

function portOf(end: Endpoint): number {
  if ('path' in end) throw new Error('It listens at a path')
  return end.port
}

/** Sends noise through an echo and expects it back whole. */
async function expectEcho(socket: Socket): Promise<void> {
  const [sent, received] = await Promise.all([sendNoise(socket, PAYLOAD_BYTES), digest(socket)])
  expect(received.bytes).toBe(PAYLOAD_BYTES)
  expect(received.sha256).toBe(sent)
}

describe('a local forward', () => {
  it('carries bytes both ways unchanged and counts them', async () => {
    const { id, listen: at } = await start({
      type: 'local',
      localPort: 0,
      remoteHost: '127.0.0.1',
      remotePort: echo.port,
    })
    await expectEcho(await dialLocal(portOf(at)))
    expect(it_.engine.snapshot(id)).toMatchObject({
      bytesUp: PAYLOAD_BYTES,
      bytesDown: PAYLOAD_BYTES,
      totalConnections: 1,
    })
    const states = [
      'resolving',
      'connecting',
      'verifying',
      'needs-you',
      'verifying',
      'authenticating',
      'binding',
      'running',
    ]
    expect(it_.history(id)).toEqual(states)
  })

  it('listens at a path and reaches a path', async () => {
    const inner = join(dir, 'inner.sock')
    const outer = join(dir, 'outer.sock')
    await start({ type: 'local', localHost: inner, remoteHost: '127.0.0.1', remotePort: echo.port })
    await start({ type: 'local', localHost: outer, remoteHost: inner })
    const socket = connect({ path: outer, allowHalfOpen: true })
    await once(socket, 'connect')
    await expectEcho(socket)
    await it_.engine.close()
    expect(existsSync(outer)).toBe(false)
  })

  it('takes a stale socket file over, and leaves a file that is no socket alone', async () => {
    const path = join(dir, 'plain.txt')
    writeFileSync(path, 'mine')
    const spec = forwardSpec({ type: 'local', localHost: path, remoteHost: '127.0.0.1', remotePort: echo.port })
    it_.engine.define(spec)
    it_.engine.start(spec.id)
    const failed = await it_.until(spec.id, ({ state }) => state === 'failed')
    expect(failed.reason?.code).toBe('port.in-use')
    expect(existsSync(path)).toBe(true)
  })

  it('names the program that holds its port and offers the next free one', async () => {
    const spec = forwardSpec({ type: 'local', localPort: echo.port, remoteHost: '127.0.0.1', remotePort: 1 })
    it_.engine.define(spec)
    it_.engine.start(spec.id)
    const { reason, wanted } = await it_.until(spec.id, ({ state }) => state === 'failed')
    expect(wanted).toBe(true)
    expect(reason?.message).toContain(`pid ${process.pid}`)
    expect(reason?.remedy).toMatchObject({ action: 'use-port' })
    expect(reason?.remedy?.action === 'use-port' && reason.remedy.port > echo.port).toBe(true)
  })

  it('resets a client whose target refuses, says so, and recovers with the target', async () => {
    const [localPort, port] = [await freePort(), await freePort()]
    const { id, listen: at } = await start({ type: 'local', localPort, remoteHost: '127.0.0.1', remotePort: port })
    const socket = await dialLocal(portOf(at))
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    const degraded = await it_.until(id, ({ state }) => state === 'degraded')
    expect(degraded.reason?.code).toBe('target.refused')

    const again = await listen((client) => client.end('hello'))
    it_.engine.define({
      ...forwardSpec({ type: 'local', localPort: portOf(at), remoteHost: '127.0.0.1', remotePort: again.port }),
      id,
    })
    await it_.until(id, ({ state, listen: now }) => state === 'running' && portOf(now) === portOf(at))
    expect((await digest(await dialLocal(portOf(at)))).bytes).toBe(5)
    await again.close()
  })

  it('has a free port the moment a stop returns, with connections open', async () => {
    const { id, listen: at } = await start({
      type: 'local',
      localPort: await freePort(),
      remoteHost: '127.0.0.1',
      remotePort: echo.port,
    })
    const socket = await dialLocal(portOf(at))
    const gone = closed(socket)
    await it_.until(id, ({ connections }) => connections === 1)
    await it_.engine.stop(id)
    await gone
    expect(it_.engine.snapshot(id)).toMatchObject({ state: 'stopped', wanted: false, connections: 0 })
    await start({ type: 'local', localPort: portOf(at), remoteHost: '127.0.0.1', remotePort: echo.port })
  })

  it('ends one connection and leaves the others', async () => {
    const { id, listen: at } = await start({
      type: 'local',
      localPort: 0,
      remoteHost: '127.0.0.1',
      remotePort: echo.port,
    })
    const [first, second] = [await dialLocal(portOf(at)), await dialLocal(portOf(at))]
    await it_.until(id, ({ connections }) => connections === 2)
    const described = await it_.engine.describeConnections(id)
    expect(described.map(({ process: program }) => program?.pid)).toEqual([process.pid, process.pid])
    const mine = described.find(({ source }) => source !== null && 'port' in source && source.port === first.localPort)
    const gone = closed(first)
    expect(it_.engine.endConnection(mine?.id ?? '')).toBe(true)
    await gone
    await expectEcho(second)
  })
})

describe('a remote forward', () => {
  it('brings connections from the server to a target here', async () => {
    const { id, listen: at } = await start({
      type: 'remote',
      remotePort: 0,
      localHost: '127.0.0.1',
      localPort: echo.port,
    })
    expect(portOf(at)).toBeGreaterThan(0)
    await expectEcho(await dialLocal(portOf(at)))
    await it_.until(id, ({ connections }) => connections === 0)
    expect(it_.engine.snapshot(id)).toMatchObject({ bytesUp: PAYLOAD_BYTES, bytesDown: PAYLOAD_BYTES })
  })

  it('is a SOCKS proxy for the server’s side when it has no target', async () => {
    const page = await listen((client) => {
      client.once('data', () => client.end('HTTP/1.0 200 OK\r\n\r\nfrom here'))
    })
    const { listen: at } = await start({ type: 'remote', remotePort: 0 })
    const { stdout } = await run('curl', [
      '-s',
      '-x',
      `socks5h://127.0.0.1:${portOf(at)}`,
      `http://localhost:${page.port}/`,
    ])
    expect(stdout).toBe('from here')
    await page.close()
  })
})

describe('a dynamic forward', () => {
  it('serves SOCKS 4, 4a and 5, with names and addresses', async () => {
    const page = await listen((client) => {
      client.once('data', () => client.end('HTTP/1.0 200 OK\r\n\r\nbehind'))
    })
    const { listen: at } = await start({ type: 'dynamic', bindPort: 0 })
    for (const scheme of ['socks4', 'socks4a', 'socks5', 'socks5h']) {
      const url = `http://${scheme.endsWith('a') || scheme.endsWith('h') ? 'localhost' : '127.0.0.1'}:${page.port}/`
      const { stdout } = await run('curl', ['-s', '-x', `${scheme}://127.0.0.1:${portOf(at)}`, url])
      expect(stdout, scheme).toBe('behind')
    }
    await page.close()
  })

  it('answers "connection refused" and "host unreachable" by their codes', async () => {
    const nobody = await freePort()
    const { id, listen: at } = await start({ type: 'dynamic', bindPort: 0 })
    const ask = async (address: Buffer, port: number): Promise<number | undefined> => {
      const socket = await dialLocal(portOf(at))
      const tail = Buffer.alloc(2)
      tail.writeUInt16BE(port)
      socket.write(Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0]), address, tail]))
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      socket.destroy()
      return Buffer.concat(chunks)[3]
    }
    expect(await ask(Buffer.from([1, 127, 0, 0, 1]), nobody)).toBe(5)
    const name = 'no-such-name.invalid'
    expect(await ask(Buffer.concat([Buffer.from([3, name.length]), Buffer.from(name)]), 80)).toBe(4)
    expect(it_.engine.snapshot(id).state).toBe('running')
  })

  it('goes on serving after TLS, HTTP and garbage', async () => {
    const { listen: at } = await start({ type: 'dynamic', bindPort: 0 })
    for (const bytes of [
      Buffer.from([0x16, 3, 1, 0, 5]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(4096, 0xff),
    ]) {
      const socket = await dialLocal(portOf(at), false)
      const gone = closed(socket)
      socket.resume()
      socket.write(bytes)
      await gone
    }
    const client = await throughSocks(portOf(at), sshd.port)()
    const [banner] = (await once(client, 'data')) as [Buffer]
    client.destroy()
    expect(banner.toString()).toMatch(/^SSH-2.0/)
  })
})
