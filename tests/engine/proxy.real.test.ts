/** The clients that people have, through a proxy port of Warren and a real sshd: curl, a browser, npm's socks. */
import { execFile } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SocksClient } from 'socks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatEndpoint } from '../../src/shared/endpoints'
import { checkLeaks } from '../support/leaks'
import { startSshd, type Sshd } from '../support/sshd'
import { specOf } from './ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from './world'

const run = promisify(execFile)
const PAGE = 'x'.repeat(300_000)

checkLeaks()

let sshd: Sshd
let it_: EngineWorld
let web: Server
let webPort: number
let open: string
let locked: string
/** People on the server's side browse from here. */
let offered: string
let dir: string

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'warren-proxy-'))
  sshd = await startSshd()
  web = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end(`<p id="seen">${String(request.headers['host'])} ${String(request.url)}</p>${PAGE}`)
  }).listen(0, '::')
  await once(web, 'listening')
  webPort = (web.address() as AddressInfo).port
  it_ = makeEngine()
  it_.servers.set('server-1', specOf(sshd))
  it_.world.secrets.set('password ada', 'löve:lace')
  open = await start({ type: 'dynamic', bindPort: 0, servePac: true })
  locked = await start({ type: 'dynamic', bindPort: 0, servePac: true, proxyUsername: 'ada' })
  offered = await start({ type: 'remote', remotePort: 0 })
})
afterAll(async () => {
  await it_.engine.close()
  web.close()
  await sshd.stop()
  // Helpers of the browser may outlive it by a moment, and write.
  rmSync(dir, { recursive: true, force: true, maxRetries: 10 })
})

async function start(draft: Parameters<typeof forwardSpec>[0]): Promise<string> {
  const spec = forwardSpec(draft)
  it_.engine.define(spec)
  it_.engine.start(spec.id)
  const { reason, listen } = await it_.until(spec.id, ({ state }) => state === 'running' || state === 'failed')
  expect(reason).toBeNull()
  return formatEndpoint({ ...listen, host: '127.0.0.1' })
}

interface Seen {
  readonly code: number
  readonly status: string
  readonly body: string
}
async function curl(...args: string[]): Promise<Seen> {
  const options = [
    '--silent',
    '--show-error',
    '--max-time',
    '30',
    '--noproxy',
    '',
    '--write-out',
    '\n%{http_code} %{http_connect}',
  ]
  const { code, stdout } = await run('curl', [...options, ...args], { maxBuffer: 10_000_000 }).then(
    (done) => ({ code: 0, stdout: done.stdout }),
    (error: { code: number; stdout: string }) => error,
  )
  const at = stdout.lastIndexOf('\n')
  return { code, status: stdout.slice(at + 1), body: stdout.slice(0, at) }
}

const ways = [
  ['SOCKS 4', (at: string) => ['--socks4', at], ['127.0.0.1', 'name']],
  ['SOCKS 4a', (at: string) => ['--socks4a', at], ['127.0.0.1', 'name']],
  ['SOCKS 5', (at: string) => ['--socks5', at], ['127.0.0.1', '[::1]', 'name']],
  ['SOCKS 5 with names', (at: string) => ['--socks5-hostname', at], ['127.0.0.1', '[::1]', 'name']],
  ['HTTP', (at: string) => ['--proxy', `http://${at}`], ['127.0.0.1', '[::1]', 'name']],
  ['HTTP CONNECT', (at: string) => ['--proxytunnel', '--proxy', `http://${at}`], ['127.0.0.1', '[::1]', 'name']],
] as const

describe('curl', () => {
  const cases = ways.flatMap(([name, way, hosts]) => hosts.map((host) => ({ name, way, host })))
  it.each(cases)('by $name to $host', async ({ way, host }) => {
    const url = `http://${host === 'name' ? hostname() : host}:${webPort}/page`
    for (const at of [open, offered]) {
      const { code, status, body } = await curl(...way(at), url)
      expect({ code, status: status.slice(0, 3) }).toEqual({ code: 0, status: '200' })
      expect(body).toBe(`<p id="seen">${new URL(url).host} /page</p>${PAGE}`)
    }
  })

  it.each(ways.slice(2))('by %s with a login', async (_name, way) => {
    const url = `http://127.0.0.1:${webPort}/page`
    expect(await curl(...way(locked), '--proxy-user', 'ada:löve:lace', url)).toMatchObject({
      code: 0,
      status: expect.stringMatching(/^200/) as string,
    })
    const wrong = await curl(...way(locked), '--proxy-user', 'ada:byron', url)
    const none = await curl(...way(locked), url)
    for (const { code, status } of [wrong, none]) expect(code !== 0 || status.startsWith('407')).toBe(true)
  })

  it.each(ways.slice(0, 2))('by %s never gets past a login', async (_name, way) => {
    const { code } = await curl(...way(locked), '--proxy-user', 'ada:x', `http://127.0.0.1:${webPort}/page`)
    expect(code).toBe(97)
  })

  it('hears by HTTP that nobody listens, and by SOCKS its code', async () => {
    const byHttp = await curl('--proxy', `http://${open}`, 'http://127.0.0.1:1/')
    expect(byHttp.status).toBe('502 000')
    expect(byHttp.body).toContain('127.0.0.1:1 refuses connections from')
    expect((await curl('--proxytunnel', '--proxy', `http://${open}`, 'http://127.0.0.1:1/')).status).toBe('000 502')
    expect((await curl('--socks5', open, 'http://127.0.0.1:1/')).code).toBe(97)
  })

  it('sends a large body and keeps its connection for the next request', async () => {
    const url = `http://127.0.0.1:${webPort}`
    const more = ['--data-binary', '@/proc/self/exe', '--header', 'Transfer-Encoding: chunked', `${url}/1`, `${url}/2`]
    const { code, body } = await curl('--proxy', `http://${open}`, '--verbose', ...more)
    expect(code).toBe(0)
    expect(body).toMatch(/ \/1<[\s\S]* \/2</)
  })
})

describe("npm's socks", () => {
  const { host, port } = { host: '127.0.0.1', port: () => Number(open.split(':')[1]) }
  it.each([4, 5] as const)('by SOCKS %i', async (type) => {
    const { socket } = await SocksClient.createConnection({
      proxy: { host, port: port(), type },
      command: 'connect',
      destination: { host: '127.0.0.1', port: webPort },
    })
    socket.write('GET /npm HTTP/1.0\r\n\r\n')
    socket.resume()
    let text = ''
    for await (const part of socket) text += String(part)
    expect(text).toContain('/npm</p>')
  })
  it('by SOCKS 5 with a login', async () => {
    const proxy = { host, port: Number(locked.split(':')[1]), type: 5 as const, userId: 'ada' }
    const asked = { command: 'connect' as const, destination: { host: hostname(), port: webPort } }
    const { socket } = await SocksClient.createConnection({ ...asked, proxy: { ...proxy, password: 'löve:lace' } })
    socket.destroy()
    await expect(SocksClient.createConnection({ ...asked, proxy: { ...proxy, password: 'x' } })).rejects.toThrow(
      /auth/i,
    )
  })
})

describe('Chromium', () => {
  it('goes by the PAC file', async () => {
    // Browsers go to loopback themselves; the machine's own name is no loopback to them.
    await lookup(hostname())
    const before = it_.engine.snapshots().find(({ listen }) => open.endsWith(`:${'port' in listen ? listen.port : 0}`))
    const { stdout } = await run(
      'chromium',
      [
        ...['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${dir}`],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-pings'],
        ...[`--proxy-pac-url=http://${open}/proxy.pac`, '--timeout=20000', '--dump-dom'],
        `http://${hostname()}:${webPort}/by-pac`,
      ],
      { maxBuffer: 10_000_000, timeout: 90_000 },
    )
    expect(stdout).toContain(`<p id="seen">${hostname()}:${webPort} /by-pac</p>`)
    const after = it_.engine.snapshot(before?.id ?? '')
    expect(after.bytesDown - (before?.bytesDown ?? 0)).toBeGreaterThan(PAGE.length)
  })
})

/** Begins a handshake and waits until it is turned away. */
function greetByTls(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(open.split(':')[1]), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
    socket.resume().write(Buffer.from([0x16, 3, 1, 0, 5]))
  })
}

it('logs of a storm of strangers one line', async () => {
  const before = it_.logs.length
  // Not curl: thirty of them take a busy machine longer than lines of one kind are held back.
  await Promise.all(Array.from({ length: 30 }, greetByTls))
  const lines = it_.logs.slice(before).filter(({ code }) => code === 'socks.invalid')
  expect(lines).toHaveLength(1)
  expect(lines[0]?.message).toBe('A client was turned away: TLS was spoken to a proxy port.')
})
