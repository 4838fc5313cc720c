import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Client } from 'ssh2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { ServerSpec } from '@shared/specs'
import { startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'
import { freePort } from '../support/free-port'

let place: ReturnType<typeof temporaryHome>
let test: TestDaemon
let client: DaemonClient

beforeEach(async () => {
  place = temporaryHome()
  test = await startTestDaemon({ home: place.home })
  client = await test.connect()
})
afterEach(async () => {
  await test.daemon.stop({ keepWanted: false })
  place.remove()
})

async function demoServer(): Promise<ServerSpec> {
  const { serverId } = await client.call('demo.start', {})
  const server = (await client.call('servers.list', {})).find(({ id }) => id === serverId)
  if (server === undefined) throw new Error('no demo server')
  return server
}

function login({ host, port }: ServerSpec, username = 'demo'): Promise<{ ssh: Client; key: Buffer }> {
  return new Promise((resolve, reject) => {
    const ssh = new ssh2.Client()
    let key: Buffer = Buffer.alloc(0)
    const hostVerifier = (shown: Buffer): boolean => {
      key = shown
      return true
    }
    ssh.once('ready', () => resolve({ ssh, key }))
    // Also of what comes after a refusal, as that the connection breaks.
    ssh.on('error', reject)
    ssh.connect({ host, port, username, hostVerifier })
  })
}

function open(ssh: Client, host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    ssh.forwardOut('127.0.0.1', 1, host, port, (error, channel) =>
      error === undefined ? resolve(channel) : reject(error),
    )
  })
}

function fetchPage(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    const get = request({ createConnection: () => stream, headers: { host: '<b>web.demo' } }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => {
        text += part.toString()
      })
      response.on('end', () => resolve(text))
    })
    get.on('error', reject)
    get.end()
  })
}

describe('the demo', () => {
  it('is made once, with a server and a forward of each type', async () => {
    const first = await client.call('demo.start', {})
    expect(await client.call('demo.start', {})).toEqual(first)
    const views = await client.call('forwards.list', {})
    expect(views.map(({ spec }) => spec.type).sort()).toEqual(['dynamic', 'local', 'remote'])
    expect(views.every(({ spec }) => spec.tags.includes('demo'))).toBe(true)
  })

  it('serves its page and its echo to anybody here, and nothing else', async () => {
    const { ssh } = await login(await demoServer())
    const page = await fetchPage(await open(ssh, 'web.demo', 80))
    expect(page).toContain('It works')
    expect(page).toContain('&lt;b&gt;web.demo')
    const echo = await open(ssh, 'echo.demo', 7)
    const back = new Promise<string>((resolve) => echo.once('data', (data: Buffer) => resolve(data.toString())))
    echo.write('hello')
    expect(await back).toBe('hello')
    await expect(open(ssh, 'example.org', 80)).rejects.toThrow()
    await expect(open(ssh, '127.0.0.1', 22)).rejects.toThrow()
    ssh.end()
  })

  it('refuses another user and a shell', async () => {
    const server = await demoServer()
    await expect(login(server, 'root')).rejects.toThrow()
    const { ssh } = await login(server)
    const refused = new Promise((resolve) => ssh.shell((error) => resolve(error)))
    expect(await refused).toBeInstanceOf(Error)
    ssh.end()
  })

  it('carries remote forwards on loopback', async () => {
    const { ssh } = await login(await demoServer())
    ssh.on('tcp connection', (_info, accept) => {
      const channel = accept()
      channel.pipe(channel)
    })
    const port = await new Promise<number>((resolve, reject) => {
      ssh.forwardIn('0.0.0.0', 0, (error, bound) => (error === undefined ? resolve(bound) : reject(error)))
    })
    const socket = connect(port, '127.0.0.1')
    const back = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    socket.write('round trip')
    expect(await back).toBe('round trip')
    socket.destroy()
    ssh.end()
  })

  it('keeps its key and port, is trusted, and is there again with the next daemon', async () => {
    const server = await demoServer()
    const before = await login(server)
    before.ssh.end()
    const [pin] = test.engine.ports.ssh.pins.find(`[127.0.0.1]:${server.port}`)
    expect(pin?.key).toBe(before.key.toString('base64'))
    await test.daemon.stop({ keepWanted: false })
    test = await startTestDaemon({ home: place.home })
    client = await test.connect()
    await expect
      .poll(() =>
        login(server).then(
          ({ ssh, key }) => (ssh.end(), key.equals(before.key)),
          () => false,
        ),
      )
      .toBe(true)
    expect(test.engine.ports.ssh.pins.find(`[127.0.0.1]:${server.port}`)).toHaveLength(1)
  })
})

describe('the port check', () => {
  it('tells a free port from a taken one and from an address that is not ours', async () => {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    expect(await client.call('ports.check', { host: '127.0.0.1', port })).toMatchObject({
      free: false,
      suggestion: port + 1,
      fault: { code: 'port.in-use', remedy: { action: 'use-port', port: port + 1 } },
    })
    await new Promise((resolve) => server.close(resolve))
    expect(await client.call('ports.check', { host: '127.0.0.1', port })).toMatchObject({ free: true, fault: null })
    expect(await client.call('ports.check', { host: '203.0.113.1', port })).toMatchObject({
      fault: { code: 'port.address-unavailable' },
    })
  })
})
