import { describe, expect, it } from 'vitest'
import type { Fault } from '@shared/errors'
import type { RpcMethod } from '@shared/rpc'
import { relaySpecSchema, type RelaySpec } from '@shared/relays'
import type { RelaySnapshot, RelayView } from '@shared/relay-snapshots'
import type { ApiView } from '@shared/apis'
import { view, warren, type FakeOptions } from './_fake-world'

const AT = '2026-01-01T00:00:00.000Z'

function relay(over: Partial<RelaySnapshot> & { readonly spec?: Partial<RelaySpec> } = {}): RelayView {
  const { spec, ...snapshot } = over
  const name = over.name ?? 'web'
  const target = { host: 'web.internal', port: 80 }
  return {
    lastUsed: null,
    spec: relaySpecSchema.parse({
      ...{ id: `id-${name}`, name, protocol: 'tcp', listenPort: 8080, targets: [target], createdAt: AT, updatedAt: AT },
      ...spec,
    }),
    snapshot: {
      ...{
        id: `id-${name}`,
        name,
        type: 'tcp',
        tags: [],
        wanted: true,
        state: 'running',
        since: AT,
        attempt: 0,
        target,
      },
      ...{ listen: { host: '127.0.0.1', port: 8080 }, portCount: 1, nextTryAt: null, reason: null, connections: 1 },
      ...{ targets: [{ target, reachable: true }], totalConnections: 7, bytesUp: 1024, bytesDown: 2048, notice: null },
      ...{ drops: { connections: 0, denied: 0, evicted: 0, datagrams: 0 }, exposed: false },
      ...snapshot,
    },
  }
}

const answersWith = (one = relay()): NonNullable<FakeOptions['answers']> => ({
  'relays.list': () => [one],
  'relays.add': () => one,
  'relays.update': ({ patch }: { patch: Partial<RelaySpec> }) => ({ ...one, spec: { ...one.spec, ...patch } }),
  'relays.start': () => [one],
  'relays.wait': () => [one],
  'relays.stop': () => [one],
  'relays.remove': () => null,
})
const sent = async (words: readonly string[], method: RpcMethod): Promise<unknown> => {
  const { params, code, err } = await warren(words, { answers: answersWith() })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return params(method)
}

describe('warren relay add', () => {
  it('says where it listens, where it goes and what it may use', async () => {
    expect(
      await sent(
        ['relay', 'add', 'web', 'tcp', '8080', 'a:80', '--max-connections', '5', '--rate-kb', '100'],
        'relays.add',
      ),
    ).toMatchObject({
      ...{ name: 'web', protocol: 'tcp', listenHost: '127.0.0.1', listenPort: 8080, portCount: 1 },
      targets: [{ host: 'a', port: 80 }],
      limits: { maxConnections: 5, perRule: { up: 102_400, down: 102_400 } },
    })
    const words = ['relay', 'add', 'dns', 'udp', '*:53', '[2001:db8::1]:53', 'b:54', '--round-robin', '--auto-start']
    const more = [
      '--allow',
      '10.0.0.0/8',
      '--deny',
      '10.1.0.0/16',
      '--idle',
      '30',
      '--tag',
      'infra',
      '--per-source',
      '2',
    ]
    expect(await sent([...words, ...more], 'relays.add')).toMatchObject({
      ...{ protocol: 'udp', listenHost: '*', listenPort: 53, balance: 'round-robin', autoStart: true, idleSeconds: 30 },
      targets: [
        { host: '2001:db8::1', port: 53 },
        { host: 'b', port: 54 },
      ],
      ...{ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'], tags: ['infra'], limits: { maxConnectionsPerSource: 2 } },
    })
  })

  it('reads ranges, rates and quotas', async () => {
    const words = ['relay', 'add', 'many', 'tcp', '[::1]:8000-8009', 'web:9000-9009', '--send-proxy', 'v2']
    const rates = ['--up-rate', '1.5MB', '--down-rate', '8Mbit', '--connection-rate', '500KB', '--source-rate', '1GB/s']
    const quota = ['--quota', '10GB/month:down', '--quota-then', 'slow:64KB', '--expires', '2026-12-31T18:00:00Z']
    expect(await sent([...words, ...rates, ...quota], 'relays.add')).toMatchObject({
      ...{
        listenHost: '::1',
        listenPort: 8000,
        portCount: 10,
        sendProxy: 'v2',
        targets: [{ host: 'web', port: 9000 }],
      },
      limits: {
        perRule: { up: 1_572_864, down: 1_000_000 },
        perConnection: { up: 512_000, down: 512_000 },
        perSource: { up: 1_073_741_824, down: 1_073_741_824 },
        quota: { bytes: 10_737_418_240, period: 'month', counts: 'down', then: 'slow', slowRate: 65_536 },
        expiresAt: '2026-12-31T18:00:00.000Z',
      },
    })
  })
})

describe('warren relay', () => {
  it('changes what is named and nothing else', async () => {
    expect(await sent(['relay', 'edit', 'web', '--target', 'b:81', '--rename', 'www'], 'relays.update')).toEqual({
      ...{ id: 'id-web', patch: { targets: [{ host: 'b', port: 81 }], name: 'www' } },
    })
    const limited = relay({
      spec: { limits: { ...relay().spec.limits, maxConnections: 5, newConnectionsPerSecond: 9 } },
    })
    const { params } = await warren(['relay', 'edit', 'web', '--max-connections', 'none'], {
      answers: answersWith(limited),
    })
    expect(params('relays.update')).toMatchObject({
      patch: { limits: { maxConnections: null, newConnectionsPerSecond: 9 } },
    })
  })

  it('prints the documents of forwards, with a type and without a server', async () => {
    const { out } = await warren(['relay', 'ls', '--json'], { answers: answersWith() })
    expect(JSON.parse(out)).toMatchObject([
      {
        ...{
          id: 'id-web',
          name: 'web',
          type: 'tcp',
          server: null,
          tags: [],
          wanted: true,
          state: 'running',
          since: AT,
        },
        ...{ listen: { host: '127.0.0.1', port: 8080 }, target: { host: 'web.internal', port: 80 }, attempt: 0 },
        ...{ nextTryAt: null, reason: null, connections: 1, totalConnections: 7, bytesUp: 1024, bytesDown: 2048 },
      },
    ])
    const status = await warren(['status', 'web', '--json'], { answers: answersWith() })
    expect(JSON.parse(status.out)).toMatchObject({ name: 'web', type: 'tcp', server: null })
    expect((await warren(['relay', 'ls'], { answers: answersWith() })).out).toBe(
      '● web  tcp  127.0.0.1:8080 → web.internal:80  running for 2 h 14 m  1 connection ↑1.0 KB ↓2.0 KB\n1 of 1 running\n',
    )
  })

  it('ends with what came of a start', async () => {
    const reason: Fault = {
      ...{
        code: 'port.in-use' as const,
        message: 'Port 8080 is held by x.',
        fix: 'Use 8081?',
        field: 'port',
        detail: null,
      },
      remedy: { action: 'use-port', port: 8081 },
    }
    const failed = relay({ state: 'failed', reason })
    const { code, out } = await warren(['relay', 'up', 'web'], { answers: answersWith(failed) })
    expect(code).toBe(2)
    expect(out).toContain('warren relay edit web --listen 127.0.0.1:8081')
    expect((await warren(['relay', 'up', 'web'], { answers: answersWith() })).code).toBe(0)
    expect((await warren(['relay', 'down', '--all'], { answers: answersWith() })).out).toBe(
      'Stopped web: 127.0.0.1:8080 is free\n',
    )
    const anyPort = relay({ state: 'stopped', listen: { host: '127.0.0.1', port: 0 } })
    expect((await warren(['relay', 'down', 'web'], { answers: answersWith(anyPort) })).out).toBe('Stopped web\n')
    expect((await warren(['relay', 'rm', 'web'], { answers: answersWith() })).params('relays.remove')).toEqual({
      ids: ['id-web'],
    })
  })

  it('adds up what it moved', async () => {
    const usage = {
      ...{
        id: 'id-web',
        today: { up: 1, down: 2 },
        month: { up: 3, down: 4 },
        ever: { up: 5, down: 6 },
        connections: 9,
      },
      quota: { used: 7, bytes: 1024, endsAt: '2026-02-01T00:00:00.000Z' },
    }
    const answers = { ...answersWith(), 'traffic.usage': () => [usage] }
    const { out } = await warren(['relay', 'stats', 'web', '--json'], { answers })
    expect(JSON.parse(out)).toMatchObject({ name: 'web', bytesUp: 1024, usage, drops: { denied: 0 } })
    expect(JSON.parse((await warren(['relay', 'stats', '--json'], { answers })).out)).toHaveLength(1)
    expect((await warren(['relay', 'stats', 'web'], { answers })).out).toContain('7 B of 1.0 KB used')
  })

  it('is found by logs and limits, after a forward of the same name', async () => {
    const both: FakeOptions = {
      answers: { ...answersWith(), 'forwards.list': () => [view({ name: 'web' })], 'logs.read': () => [] },
    }
    expect((await warren(['logs', 'web'], both)).params('logs.read')).toMatchObject({ forwardId: 'id-web' })
    const { out } = await warren(['limits', 'web', '--up-rate', '1MB'], { answers: answersWith() })
    expect(out).toBe('web\n  all together  ↑1.0 MB/s\n')
  })

  it.each([
    ['relay'],
    ['relay add'],
    ['relay add web tcp 8080'],
    ['relay add web sctp 8080 a:1'],
    ['relay add web tcp 70000 a:1'],
    ['relay add web tcp 8080 a'],
    ['relay add web tcp 8080 a:0'],
    ['relay add web tcp 8080 *:1'],
    ['relay add web tcp ::1:8080 a:1'],
    ['relay add web tcp 8000-8009 a:1-3'],
    ['relay add web tcp 8009-8000 a:1'],
    ['relay add web tcp 1-2000 a:1'],
    ['relay add web tcp 8080 a:1 --rate-kb fast'],
    ['relay add web tcp 8080 a:1 --rate-kb -5'],
    ['relay add web tcp 8080 a:1 --max-connections 0'],
    ['relay add web tcp 8080 a:1 --max-connections many'],
    ['relay add web tcp 8080 a:1 --up-rate 1'],
    ['relay add web tcp 8080 a:1 --up-rate 5parsecs'],
    ['relay add web tcp 8080 a:1 --quota 10GB'],
    ['relay add web tcp 8080 a:1 --quota 0GB/day'],
    ['relay add web tcp 8080 a:1 --quota-then slow'],
    ['relay add web tcp 8080 a:1 --expires tomorrow'],
    ['relay add web tcp 8080 a:1 --expires 2026-02-31T99:00'],
    ['relay add web tcp 8080 a:1 --allow everybody'],
    ['relay add web tcp 8080 a:1 --send-proxy v3'],
    ['relay add web udp 8080 a:1 --accept-proxy'],
    ['relay add web tcp 8080 a:1 --idle soon'],
    ['relay edit web'],
    ['relay up'],
    ['relay up web --all'],
    ['relay up web --wait soon'],
    ['relay down'],
    ['relay rm'],
    ['limits web --clear --rate-kb 1'],
    ['traffic --by week'],
    ['traffic --from yesterday'],
    ['traffic --csv --json'],
    ['history --limit 0'],
    ['api enable'],
    ['api enable metrics --listen nowhere'],
    ['api enable metrics --listen 127.0.0.1:70000'],
    ['api enable metrics --tls-cert a.pem'],
    ['api enable metrics --key-stdin'],
    ['api enable x-port-forward --no-key'],
    ['api report ftp://panel'],
    ['api report --every 0'],
    ['api audit --limit 5000'],
  ])('warren %s is wrong usage', async (line) => {
    const { code, err, calls } = await warren(line.split(' '), { answers: answersWith() })
    expect(code, err).toBe(64)
    expect(err).not.toBe('')
    expect(calls.filter(({ method }) => /add|update|start|enable|set/.test(method))).toEqual([])
  })

  it('says what is not there', async () => {
    for (const line of ['relay up wep', 'relay edit nothing --rename x', 'status nothing', 'traffic nothing']) {
      const { code, err } = await warren(line.split(' '), { answers: answersWith() })
      expect({ line, code }).toEqual({ line, code: 1 })
      expect(err).toMatch(/There is no (relay|forward or relay) "/)
    }
  })
})

describe('warren traffic and history', () => {
  const row = { id: 'id-web', name: 'web', from: '2026-01-01T00:00:00+00:00', up: 1024, down: 10, connections: 2 }

  it('ask for the last days, or for what is said', async () => {
    const answers = { ...answersWith(), 'traffic.rows': () => [row], 'traffic.history': () => [] }
    const { out, params } = await warren(['traffic', 'web'], { answers })
    expect(params('traffic.rows')).toMatchObject({ id: 'id-web', by: 'day', from: '2025-12-02T02:14:30.000Z' })
    expect(out.split('\n')[1]).toBe('2026-01-01  web   1.0 KB      10 B            2')
    const csv = await warren(['traffic', '--csv', '--by', 'hour', '--from', '2026-01-01T00:00:00Z'], { answers })
    expect(csv.params('traffic.rows')).toMatchObject({ id: null, by: 'hour', from: '2026-01-01T00:00:00.000Z' })
    expect(csv.out).toBe('from,id,name,up,down,connections\r\n"2026-01-01T00:00:00+00:00","id-web","web",1024,10,2\r\n')
    expect((await warren(['history', 'web'], { answers })).params('traffic.history')).toEqual({
      id: 'id-web',
      limit: 50,
    })
  })
})

describe('warren api', () => {
  const api: ApiView = {
    ...{ name: 'metrics', enabled: true, state: 'running', listen: { host: '127.0.0.1', port: 9464 }, hasKey: false },
    ...{ tls: null, exposed: false, fault: null },
  }

  it('reads the key from standard input alone', async () => {
    const answers = { 'apis.enable': () => api }
    const words = ['api', 'enable', 'x-port-forward', '--key-stdin', '--listen', '*:2333', '--tls-cert', 'a.pem']
    const { code, params, out, err } = await warren([...words, '--tls-key', '/k.pem'], { answers, input: 'secret\n' })
    expect(code).toBe(0)
    expect(params('apis.enable')).toEqual({
      ...{ name: 'x-port-forward', key: 'secret', listen: { host: '*', port: 2333 } },
      tls: { certificateFile: '/srv/here/a.pem', keyFile: '/k.pem' },
    })
    expect(out + err).not.toContain('secret\n')
  })

  it('fails when it cannot listen, and says why', async () => {
    const fault = {
      ...{ code: 'port.in-use', message: 'Port 9464 is held by x.', fix: 'Use 9465?', field: null },
      ...{ remedy: null, detail: null },
    } as const
    const answers = {
      'apis.enable': () => ({ ...api, state: 'failed', fault }),
      'apis.list': () => [{ ...api, fault }],
    }
    const { code, err } = await warren(['api', 'enable', 'metrics'], { answers })
    expect(code).toBe(1)
    expect(err).toBe('warren: Port 9464 is held by x.\n        Use 9465?\n')
    expect((await warren(['api', 'ls'], { answers })).out).toContain('Port 9464 is held by x.')
  })

  it('knows the names of later versions', async () => {
    for (const name of ['port-mapper', 'openidcs', 'nonsense']) {
      const { code, out } = await warren(['api', 'enable', name, '--json'])
      expect({ name, code }).toEqual({ name, code: 1 })
      expect(JSON.parse(out)).toMatchObject({ error: { code: 'api.unknown' } })
    }
  })

  it('shows and sets the report', async () => {
    const state = { url: null, intervalSeconds: 1380, waiting: 3, lastSuccess: null, fault: null }
    const answers = {
      'apis.report': () => state,
      'apis.setReport': (settings: object) => ({ ...state, ...settings }),
      'apis.reportNow': () => state,
    }
    const set = await warren(['api', 'report', 'https://panel.example/report', '--every', '60'], { answers })
    expect(set.params('apis.setReport')).toEqual({ url: 'https://panel.example/report', intervalSeconds: 60 })
    expect((await warren(['api', 'report'], { answers })).out).toContain('3 rows')
    const off = await warren(['api', 'report', 'none', '--now', '--json'], { answers })
    expect(off.params('apis.setReport')).toEqual({ url: null, intervalSeconds: 1380 })
    expect(JSON.parse(off.out)).toMatchObject({ waiting: 3, fault: null })
  })
})
