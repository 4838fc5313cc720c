import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp, createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import { apiNames, type ApiEnable, type ApiView } from '@shared/apis'
import {
  connectAlone,
  nextEvent,
  serverDraft,
  localDraft,
  startTestDaemon,
  temporaryHome,
  type TestDaemon,
} from '../support/daemon'
import { holdWait } from '../support/fake-clock'
import { freePort } from '../support/free-port'

const KEY = 'a key that nobody guesses'
const ANY = { host: '127.0.0.1', port: 0 }

/** As long as no other wait of the daemon. */
const COUNTDOWN_MS = 61_234

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

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

function ask(
  { listen, tls }: Pick<ApiView, 'listen' | 'tls'>,
  options: { path?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { path = '/metrics', method = 'GET', headers = {} } = options
  return new Promise((resolve, reject) => {
    const send = tls === null ? httpRequest : httpsRequest
    const request = send({ ...listen, path, method, headers, rejectUnauthorized: false, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
    })
    request.on('error', reject)
    request.end()
  })
}

/** What is answered to these bytes until the other side ends. */
function say({ listen }: Pick<ApiView, 'listen'>, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTcp(listen)
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })
}

const enable = (request: Partial<ApiEnable> & Pick<ApiEnable, 'name'>): Promise<ApiView> =>
  client.call('apis.enable', { listen: ANY, ...request })
const viewOf = async (name: ApiView['name']): Promise<ApiView | undefined> =>
  (await client.call('apis.list', {})).find((api) => api.name === name)

function certificate(folder: string, name: string): { certificateFile: string; keyFile: string } {
  const files = { certificateFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) }
  const subject = [
    '-subj',
    '/CN=localhost',
    '-days',
    '2',
    '-nodes',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
  ]
  const args = ['req', '-x509', ...subject, '-keyout', files.keyFile, '-out', files.certificateFile]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return files
}

async function taken(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

describe('control APIs', () => {
  it('are off until somebody turns them on', async () => {
    const apis = await client.call('apis.list', {})
    expect(apis.map(({ name, state, enabled, listen }) => ({ name, state, enabled, listen }))).toEqual([
      { name: 'x-port-forward', state: 'stopped', enabled: false, listen: { host: '127.0.0.1', port: 2333 } },
      { name: 'metrics', state: 'stopped', enabled: false, listen: { host: '127.0.0.1', port: 9464 } },
    ])
  })

  it('need their key before anything is changed', async () => {
    await expect(enable({ name: 'x-port-forward' })).rejects.toMatchObject({ code: 'api.no-key', field: 'key' })
    expect(await viewOf('x-port-forward')).toMatchObject({ enabled: false, listen: { port: 2333 } })
    await enable({ name: 'x-port-forward', key: KEY })
    await expect(enable({ name: 'x-port-forward', key: null })).rejects.toMatchObject({ code: 'api.no-key' })
    expect(await viewOf('x-port-forward')).toMatchObject({ state: 'running', hasKey: true })
  })

  it('keep their key in the private file alone', async () => {
    const api = await enable({ name: 'x-port-forward', key: KEY })
    await ask(api, { path: '/?sign=wrong&action=server_info' })
    await client.call('apis.audit', {})
    await test.daemon.stop({ keepWanted: true })
    expect(statSync(test.places.secrets).mode & 0o777).toBe(0o600)
    expect(readFileSync(test.places.secrets, 'utf8')).toContain(KEY)
    const files = readdirSync(place.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const file of files) {
      const path = join(file.parentPath, file.name)
      if (path !== test.places.secrets) expect(readFileSync(path).includes(KEY), path).toBe(false)
    }
    expect(test.log.join('\n')).not.toContain(KEY)
  })

  it('are served again by the next daemon, and no more once they are off', async () => {
    const listen = { host: '127.0.0.1', port: await freePort() }
    await enable({ name: 'metrics', key: KEY })
    const first = await enable({ name: 'metrics', listen })
    await test.daemon.stop({ keepWanted: true })
    test = await startTestDaemon({ home: place.home })
    client = await test.connect()
    await expect.poll(async () => (await viewOf('metrics'))?.state).toBe('running')
    expect(await ask(first)).toMatchObject({ status: 401 })
    const off = await client.call('apis.disable', { name: 'metrics' })
    expect(off).toMatchObject({ state: 'stopped', enabled: false, hasKey: true })
    await expect(ask(first)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('say why they cannot listen, and what else there is', async () => {
    const other = await taken()
    const held = await enable({ name: 'metrics', listen: { host: '127.0.0.1', port: other.port } })
    expect(held).toMatchObject({
      ...{ enabled: true, state: 'failed' },
      fault: { code: 'port.in-use', field: 'listen.port', remedy: { action: 'use-port', port: other.port + 1 } },
    })
    other.server.close()
    const foreign = await enable({ name: 'metrics', listen: { host: '203.0.113.9', port: 0 } })
    expect(foreign.fault).toMatchObject({ code: 'port.address-unavailable', field: 'listen.host' })
    const unnamed = await enable({ name: 'metrics', listen: { host: 'nowhere.invalid', port: 0 } })
    expect(unnamed.fault).toMatchObject({ code: 'port.address-unavailable' })
    expect(await enable({ name: 'metrics' })).toMatchObject({ state: 'running', fault: null })
  })

  it('listen on every address when asked, and say that others can reach them', async () => {
    const api = await enable({ name: 'metrics', listen: { host: '*', port: 0 }, key: KEY })
    expect(api).toMatchObject({ state: 'running', exposed: true })
    const headers = { authorization: `Bearer ${KEY}` }
    expect((await ask({ ...api, listen: { host: '127.0.0.1', port: api.listen.port } }, { headers })).status).toBe(200)
  })

  it('speak TLS with PEM files, and blame the file that is wrong', async () => {
    const good = certificate(place.home, 'good')
    const api = await enable({ name: 'metrics', tls: good })
    expect(api).toMatchObject({ state: 'running', tls: good })
    expect((await ask(api)).status).toBe(200)
    expect(await say(api, 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')).not.toContain('200')
    const other = certificate(place.home, 'other')
    const garbage = join(place.home, 'garbage.pem')
    writeFileSync(garbage, 'no PEM')
    const wrong: [NonNullable<ApiEnable['tls']>, string][] = [
      [{ ...good, certificateFile: join(place.home, 'missing') }, 'tls.certificateFile'],
      [{ ...good, certificateFile: garbage }, 'tls.certificateFile'],
      [{ ...good, keyFile: place.home }, 'tls.keyFile'],
      [{ ...good, keyFile: garbage }, 'tls.keyFile'],
      [{ ...good, keyFile: other.keyFile }, 'tls.keyFile'],
    ]
    for (const [tls, field] of wrong) {
      expect(await enable({ name: 'metrics', tls })).toMatchObject({
        ...{ state: 'failed', fault: { code: 'api.certificate', field } },
      })
    }
    expect(await enable({ name: 'metrics', tls: null })).toMatchObject({ state: 'running', tls: null })
  })

  it.each(apiNames)('refuse cleanly what is no request, with %s', async (name) => {
    const api = await enable({ name, key: KEY })
    const huge = '%7B'.repeat(3_500_000)
    expect(await say(api, `GET /?action_data=${huge} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    expect(await say(api, '\u0016\u0003\u0001 is no HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await say(api, `GET / HTTP/1.1\r\n${`x: ${'y'.repeat(20)}\r\n`.repeat(100_000)}\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
    expect((await viewOf(name))?.state).toBe('running')
  })

  it('write down who called, newest first', async () => {
    const api = await enable({ name: 'x-port-forward', key: KEY })
    await ask(api, { path: '/?sign=0&action=first' })
    await ask(api, { path: `/?sign=0&action=${'second'.repeat(100)}` })
    const [second, first] = await client.call('apis.audit', {})
    expect(first).toMatchObject({ api: 'x-port-forward', caller: '127.0.0.1', action: 'first' })
    expect(second?.action.length).toBeLessThanOrEqual(200)
    expect(await client.call('apis.audit', { limit: 1 })).toHaveLength(1)
  })

  it('tell the windows', async () => {
    await client.call('events.subscribe', { topics: ['apis'] })
    const told = nextEvent(client, 'apis.changed', ({ apis }) => apis.some(({ state }) => state === 'running'))
    await enable({ name: 'metrics' })
    expect((await told).report).toMatchObject({ url: null, waiting: 0 })
  })

  it.each([
    [{ name: 'port-mapper' }, 'name'],
    [{ name: 'metrics', listen: { host: '/run/x', port: 1 } }, 'listen.host'],
    [{ name: 'metrics', listen: { host: '127.0.0.1', port: 65_536 } }, 'listen.port'],
    [{ name: 'metrics', key: '' }, 'key'],
    [{ name: 'metrics', tls: { certificateFile: '', keyFile: '/x' } }, 'tls.certificateFile'],
  ])('are refused with %j', async (request, field) => {
    await expect(client.call('apis.enable', request as ApiEnable)).rejects.toMatchObject({ field })
  })

  it('are refused with a key that is too long', async () => {
    await expect(enable({ name: 'metrics', key: 'x'.repeat(1025) })).rejects.toMatchObject({ field: 'key' })
  })

  it('keep the daemon, which leaves when they are off', async () => {
    await test.daemon.stop({ keepWanted: false })
    const countdown = holdWait(COUNTDOWN_MS)
    test = await startTestDaemon({ home: place.home, clock: countdown.clock, idleExitMs: COUNTDOWN_MS })
    client = await test.connect()
    await enable({ name: 'metrics' })
    const before = countdown.begun()
    client.close()
    client = await connectAlone(test)
    expect(countdown.begun()).toBe(before)
    await client.call('apis.disable', { name: 'metrics' })
    client.close()
    await expect.poll(countdown.isUnderWay).toBe(true)
    countdown.end()
    await test.daemon.ended
  })
})

describe('metrics', () => {
  it('tell of forwards and relays alike', async () => {
    const { id } = await client.call('servers.add', serverDraft())
    const forward = await client.call('forwards.add', localDraft(id, 'db "main"\\'))
    const relay = await client.call('relays.add', {
      ...{ name: 'dns', protocol: 'udp', listenPort: 18_053, targets: [{ host: 'dns.internal', port: 53 }] },
      limits: { quota: { bytes: 1000, period: 'day' } },
    })
    await client.call('forwards.start', { ids: [forward.spec.id] })
    await client.call('relays.start', { ids: [relay.spec.id] })
    test.engine.carry(relay.spec.id, { up: 12, down: 34 })
    const lost = { code: 'ssh.closed', message: 'Lost.', fix: null, field: null, remedy: null, detail: null } as const
    test.engine.move(forward.spec.id, 'waiting', lost)
    test.engine.move(forward.spec.id, 'running')
    const { text, status, headers } = await ask(await enable({ name: 'metrics' }))
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: expect.stringContaining('version=0.0.4') as string,
    })
    const dns = `name="dns",id="${relay.spec.id}",kind="udp"`
    const db = `name="db \\"main\\"\\\\",id="${forward.spec.id}",kind="local"`
    for (const line of [
      `warren_state{${dns},state="running"} 1`,
      `warren_state{${dns},state="failed"} 0`,
      `warren_state{${db},state="running"} 1`,
      `warren_wanted{${dns}} 1`,
      `warren_connections{${dns}} 0`,
      `warren_bytes_total{${dns},direction="up"} 12`,
      `warren_bytes_total{${dns},direction="down"} 34`,
      `warren_reconnects_total{${db}} 1`,
      `warren_reconnects_total{${dns}} 0`,
      `warren_limit_drops_total{${dns},what="evicted"} 0`,
      `warren_quota_bytes{${dns}} 1000`,
      `warren_quota_used_bytes{${dns}} 46`,
      `warren_usage_bytes{${dns},period="today",direction="down"} 34`,
    ]) {
      expect(text.split('\n')).toContain(line)
    }
  })

  it('forget what was removed', async () => {
    const { spec } = await client.call('relays.add', {
      ...{ name: 'gone', protocol: 'tcp', listenPort: 18_054, targets: [{ host: 'a', port: 1 }] },
    })
    const api = await enable({ name: 'metrics' })
    expect((await ask(api)).text).toContain(spec.id)
    await client.call('relays.remove', { ids: [spec.id] })
    expect((await ask(api)).text).not.toContain(spec.id)
  })

  it('ask for the token when there is one, and change it at once', async () => {
    const api = await enable({ name: 'metrics', key: KEY })
    const bearer = (token: string): { headers: Record<string, string> } => ({
      headers: { authorization: `Bearer ${token}`, host: 'metrics.example' },
    })
    expect(await ask(api)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    for (const wrong of ['', 'x', `${KEY}x`, KEY.slice(1)]) expect((await ask(api, bearer(wrong))).status).toBe(401)
    const token = 'another-token'
    const again = await enable({ name: 'metrics', key: token })
    expect((await ask(again, bearer(KEY))).status).toBe(401)
    expect((await ask(again, bearer(token))).status).toBe(200)
    // Refusals are written down once a minute for each caller.
    expect((await client.call('apis.audit', {})).filter(({ result }) => result.startsWith('401'))).toHaveLength(2)
  })

  it('are at one path, read only, and not for web pages that pretend to be this machine', async () => {
    const api = await enable({ name: 'metrics' })
    expect((await ask(api, { path: '/' })).status).toBe(404)
    expect((await ask(api, { path: '/metrics?x=%' })).status).toBe(200)
    expect((await ask(api, { method: 'POST' })).status).toBe(405)
    expect(await ask(api, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
    expect((await ask(api, { headers: { host: 'evil.example:9464' } })).status).toBe(403)
    expect((await ask(api, { headers: { host: '[::1]:9464' } })).status).toBe(200)
  })

  it('are what the dashboard asks for', async () => {
    const { text } = await ask(await enable({ name: 'metrics' }))
    const exported = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
    const dashboard: unknown = JSON.parse(readFileSync('resources/grafana/warren.json', 'utf8'))
    const queries: string[] = []
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, inner] of Object.entries(value)) {
        if ((key === 'expr' || key === 'query') && typeof inner === 'string') queries.push(inner)
        else walk(inner)
      }
    }
    walk(dashboard)
    const asked = new Set(queries.flatMap((query) => query.match(/\b(?:warren|process)_[a-z_]+\b/g) ?? []))
    expect(asked.size).toBeGreaterThan(10)
    for (const name of asked) expect([...exported], name).toContain(name)
    const own = [...exported].filter((name) => name?.startsWith('warren_') === true)
    expect(own.filter((name) => name !== undefined && !asked.has(name))).toEqual([])
  })
})
