import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serverSpecSchema, type ServerSpec } from '@shared/specs'
import { NEED_TIMEOUT_MS } from '@shared/needs'
import { createCatalog } from '../../src/daemon/catalog'
import { createIdleExit } from '../../src/daemon/lifecycle'
import { createLogs, RING_SIZE } from '../../src/daemon/logs'
import { createNeeds } from '../../src/daemon/needs'
import { createNetworkWatch, defaultRoutes, defaultRoutes6 } from '../../src/daemon/network-watch'
import { redact } from '../../src/daemon/redact'
import { createRotatingLog } from '../../src/daemon/rotating-log'
import { createSecrets } from '../../src/daemon/secrets'
import { temporaryHome } from '../support/daemon'
import { fakeClock } from '../support/fake-clock'

let place: ReturnType<typeof temporaryHome>
beforeEach(() => {
  place = temporaryHome()
})
afterEach(() => place.remove())

function server(id: string, jump: string[] = []): ServerSpec {
  const at = '2026-01-01T00:00:00.000Z'
  return serverSpecSchema.parse({ id, name: id, host: `${id}.example`, jump, createdAt: at, updatedAt: at })
}

describe('the way to a server', () => {
  const names = (servers: ServerSpec[], id: string): string[] =>
    createCatalog({ servers, forwards: [], relays: [], trustedKeys: [], unreadable: [] })
      .route(id)
      .hops.map(({ name }) => name)

  it('leads through its hops, and to the first hop by that one’s own chain', () => {
    const servers = [server('z', ['x', 'y']), server('x', ['w']), server('w'), server('y', ['never'])]
    expect(names(servers, 'z')).toEqual(['w', 'x', 'y'])
    expect(names(servers, 'w')).toEqual([])
  })

  it('never leads back to itself', () => {
    const loop = [server('a', ['b']), server('b', ['c']), server('c', ['a'])]
    expect(() => names(loop, 'a')).toThrow(expect.objectContaining({ code: 'ssh.jump-loop' }))
    expect(() => names([server('a', ['a'])], 'a')).toThrow(expect.objectContaining({ code: 'ssh.jump-loop' }))
    expect(() => names([server('a', ['b', 'b']), server('b')], 'a')).toThrow(
      expect.objectContaining({ code: 'ssh.jump-loop' }),
    )
    expect(() => names([], 'a')).toThrow(expect.objectContaining({ code: 'spec.not-found' }))
  })
})

describe('a need', () => {
  const question = {
    kind: 'passphrase',
    serverId: 's',
    server: 'b',
    login: 'me@b:22',
    keyFile: '~/k',
    refused: false,
  } as const

  it('ends as unanswered when nobody answers in time', async () => {
    let expire: () => void = () => undefined
    let waits = 0
    const changes: number[] = []
    const needs = createNeeds({
      now: () => 0,
      after: (ms, task) => {
        waits = ms
        expire = task
        return () => undefined
      },
      onRaised: () => undefined,
      onChange: (open) => changes.push(open.length),
    })
    const { answer, id } = needs.raise(question, { forwardIds: ['f'], signal: new AbortController().signal })
    expect(needs.list()).toMatchObject([{ id, expiresAt: new Date(NEED_TIMEOUT_MS).toISOString() }])
    expire()
    await expect(answer).rejects.toMatchObject({ code: 'need.unanswered' })
    expect([waits, changes]).toEqual([NEED_TIMEOUT_MS, [1, 0]])
    expect(() => needs.answer(id, { kind: 'cancel' })).toThrow(expect.objectContaining({ code: 'need.gone' }))
  })

  it('wants as many answers as the server asked for', async () => {
    const needs = createNeeds({
      now: () => 0,
      after: () => () => undefined,
      onRaised: () => undefined,
      onChange: () => undefined,
    })
    const prompts = [
      { text: 'Code', echo: true },
      { text: 'Pin', echo: false },
    ]
    const { answer, id } = needs.raise(
      {
        kind: 'keyboard-interactive',
        serverId: 's',
        server: 'b',
        login: 'me@b:22',
        name: '',
        instruction: '',
        prompts,
      },
      { forwardIds: [], signal: new AbortController().signal },
    )
    const kind = 'keyboard-interactive'
    expect(() => needs.answer(id, { kind, answers: ['1'] })).toThrow(expect.objectContaining({ code: 'rpc.invalid' }))
    needs.answer(id, { kind: 'cancel' })
    await expect(answer).rejects.toMatchObject({
      code: 'need.cancelled',
      message: 'The question for an answer to b was cancelled.',
    })
  })

  it('takes no answer to a key that waits for a touch, and forgets it when the key has signed', async () => {
    const needs = createNeeds({
      now: () => 0,
      after: () => () => undefined,
      onRaised: () => undefined,
      onChange: () => undefined,
    })
    const signed = new AbortController()
    const { answer, id } = needs.raise(
      { kind: 'touch-key', serverId: 's', server: 'b', login: 'me@b:22', key: 'yubi', reason: 'touch' },
      { forwardIds: [], signal: signed.signal },
    )
    expect(() => needs.answer(id, { kind: 'password', password: 'x' })).toThrow(
      expect.objectContaining({ code: 'rpc.invalid' }),
    )
    signed.abort(new Error('signed'))
    await expect(answer).rejects.toThrow('signed')
    expect(needs.list()).toEqual([])
  })
})

describe('redaction', () => {
  it.each([
    ['login with password=hunter2 failed', 'hunter2'],
    ['Passphrase: "hunter2 and more" refused', 'hunter2'],
    ['proxy http://me:hunter2@proxy:8080 said 407', 'hunter2'],
    ['Authorization: Bearer hunter2.abc', 'hunter2'],
    ['{"token":"hunter2"}', 'hunter2'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----', 'hunter2'],
  ])('hides the secret in %j', (text, secret) => {
    expect(redact(text)).not.toContain(secret)
  })

  it('hides every secret that is held, and nothing else', () => {
    expect(redact('the server echoed s3same!', ['s3same!'])).toBe('the server echoed •••')
    expect(redact('connected to 10.0.0.1:22 as me')).toBe('connected to 10.0.0.1:22 as me')
  })
})

describe('logs', () => {
  it('begin with what an earlier run wrote', () => {
    const folder = join(place.home, 'logs')
    const open = (): ReturnType<typeof createLogs> =>
      createLogs({ folder, now: () => 0, secrets: () => [], onAdded: () => undefined })
    const before = open()
    before.add('f', { level: 'warn', message: 'The server closed it: [x] y', code: 'ssh.closed' })
    before.add('f', { level: 'info', message: 'Running.', code: null })
    before.flush()
    const written = before.read('f', 10)
    const after = open()
    expect(after.read('f', 10)).toEqual(written)
    after.add('f', { level: 'info', message: 'Starting.', code: null })
    expect(after.read('f', 10).map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(after.read('never', 10)).toEqual([])
  })

  it('keep the newest entries in memory and all of them, for a while, in a small file', () => {
    const folder = join(place.home, 'logs')
    const logs = createLogs({ folder, now: () => 0, secrets: () => [], onAdded: () => undefined })
    expect(existsSync(folder)).toBe(false)
    for (let each = 1; each <= RING_SIZE + 10; each += 1)
      logs.add('f/../x', { level: 'info', message: `m${each}`, code: null })
    const entries = logs.read('f/../x', 10_000)
    expect([entries.length, entries.at(-1)?.seq]).toEqual([RING_SIZE, RING_SIZE + 10])
    expect(logs.read('f/../x', 2).map(({ message }) => message)).toEqual([`m${RING_SIZE + 9}`, `m${RING_SIZE + 10}`])
    logs.flush()
    expect(readFileSync(join(folder, 'forward-f____x.log'), 'utf8')).toContain('info m1\n')
    logs.forget('f/../x')
    expect(existsSync(join(folder, 'forward-f____x.log'))).toBe(false)
  })

  it('rotate at their size and survive a folder that cannot be written', () => {
    const file = join(place.home, 'a.log')
    const log = createRotatingLog({ file, maxBytes: 100 })
    for (const letter of ['a', 'b', 'c']) {
      log.write(letter.repeat(120))
      log.flush()
    }
    expect(readFileSync(file, 'utf8')).toBe(`${'c'.repeat(120)}\n`)
    expect(readFileSync(`${file}.1`, 'utf8')).toBe(`${'b'.repeat(120)}\n`)
    expect(statSync(file).mode & 0o077).toBe(0)
    writeFileSync(join(place.home, 'blocked'), '')
    const blocked = createRotatingLog({ file: join(place.home, 'blocked', 'x.log'), maxBytes: 100 })
    blocked.write('x')
    expect(() => blocked.flush()).not.toThrow()
  })
})

describe('secrets', () => {
  it('that were refused are not offered again until they are given anew', async () => {
    const secrets = createSecrets(join(place.home, 'secrets.json'))
    secrets.set('s', 'password', { value: 'old one', keep: 'file' })
    secrets.refused('s', 'password', 'me')
    expect(await secrets.get('s', 'password', 'me')).toBeNull()
    secrets.set('s', 'password', { value: 'new one', keep: 'memory' })
    expect(await secrets.get('s', 'password', 'me')).toBe('new one')
    secrets.forget('s')
    expect(await secrets.get('s', 'password', 'me')).toBeNull()
    expect(readFileSync(join(place.home, 'secrets.json'), 'utf8')).not.toContain('one')
  })

  it('never quote a broken file', async () => {
    const file = join(place.home, 'secrets.json')
    writeFileSync(file, '{"version":1,"secrets":[hunter2', { mode: 0o600 })
    const error: unknown = await createSecrets(file)
      .get('s', 'password', 'me')
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'secret.unreadable', field: file })
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })
})

describe('the network watch', () => {
  it('notices another network, a sleep and a clock that was set, and nothing else', () => {
    let [wall, monotonic, addresses, changes] = [1000, 0, 'eth0 10.0.0.1', 0]
    const watch = createNetworkWatch({
      onChange: () => (changes += 1),
      network: () => addresses,
      wallClock: () => wall,
      monotonicClock: () => monotonic,
    })
    watch.setActive(true)
    ;[wall, monotonic] = [6000, 5000]
    watch.look()
    expect(changes).toBe(0)
    addresses = 'eth0 10.0.0.2'
    watch.look()
    watch.look()
    expect(changes).toBe(1)
    wall += 60_000
    watch.look()
    expect(changes).toBe(2)
    wall -= 3_600_000
    watch.look()
    watch.look()
    expect(changes).toBe(3)
    watch.setActive(false)
  })

  it('reads the default routes, and no others', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
    ].join('\n')
    expect(defaultRoutes(table)).toEqual(['eth0 0102A8C0 100'])
    const zero = '0'.repeat(32)
    const table6 = [
      `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003    wlan0`,
      `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
      `${zero.slice(1)}1 80 ${zero} 00 ${zero} 00000000 00000003 00000000 80200001       lo`,
    ].join('\n')
    expect(defaultRoutes6(table6)).toEqual(['wlan0 fe800000000000000000000000000001 00000400'])
  })
})

describe('the idle exit', () => {
  it('counts down only while nothing is going on', async () => {
    const clock = fakeClock()
    const at = { idle: false, left: 0 }
    const exit = createIdleExit({ idleMs: 50, after: clock.after, isIdle: () => at.idle, onIdle: () => (at.left += 1) })
    exit.update()
    expect(clock.waits()).toEqual([])
    at.idle = true
    exit.update()
    await clock.advance(30)
    exit.update()
    expect(clock.waits()).toEqual([20])
    at.idle = false
    exit.update()
    expect(clock.waits()).toEqual([])
    at.idle = true
    exit.update()
    await clock.advance(49)
    expect(at.left).toBe(0)
    await clock.advance(1)
    expect(at.left).toBe(1)
  })
})
