import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectDaemon, resolvePlaces, type DaemonClient } from '@daemon/client'
import { createEngine } from '@engine'
import type { ForwardView } from '@shared/snapshots'
import { startDaemon, type Daemon } from '../../src/daemon/index'
import { localDraft, nextEvent, temporaryHome } from '../support/daemon'
import { freePort } from '../support/free-port'
import { makeKey, startSshd, type Sshd } from '../support/sshd'

const SETTLE_MS = 60_000

let outer: Sshd
let inner: Sshd
let echo: Server
let echoPort: number
let place: ReturnType<typeof temporaryHome>
let daemon: Daemon
let client: DaemonClient
let config: string
let known: string

beforeAll(async () => {
  ;[outer, inner] = await Promise.all([startSshd(), startSshd()])
  echo = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  echoPort = (echo.address() as AddressInfo).port
})
afterAll(async () => {
  await Promise.all([outer.stop(), inner.stop()])
  await new Promise((resolve) => echo.close(resolve))
})

beforeEach(() => {
  place = temporaryHome()
  mkdirSync(join(place.home, '.ssh'), { mode: 0o700 })
  config = join(place.home, '.ssh', 'config')
  known = join(place.home, 'known')
  writeFileSync(known, `${outer.knownHostsLine}\n${inner.knownHostsLine}\n`)
})
afterEach(async () => {
  client.close()
  await daemon.stop({ keepWanted: false })
  place.remove()
})

function write(...lines: readonly string[]): void {
  const all = [
    ...lines,
    'Host *',
    `  UserKnownHostsFile ${known}`,
    '  StrictHostKeyChecking yes',
    '  IdentityAgent none',
  ]
  writeFileSync(config, `${all.join('\n')}\n`, { mode: 0o600 })
}

function host(name: string, sshd: Sshd, key = sshd.clientKey): string[] {
  return [`Host ${name}`, `  HostName ${sshd.host}`, `  Port ${sshd.port}`, `  IdentityFile ${key}`]
}

async function begin(): Promise<void> {
  daemon = await startDaemon({
    places: resolvePlaces({}, place.home),
    env: { HOME: place.home, PATH: process.env['PATH'] },
    createEngine,
    localPorts: { holderOf: () => Promise.resolve(null), nextFree: () => Promise.resolve(null) },
    nativeCrypto: true,
    log: () => undefined,
  })
  client = await connectDaemon({ home: place.home, client: 'test', start: false, env: {} })
  await client.call('events.subscribe', { topics: ['needs', 'servers'] })
}

async function addEcho(serverId: string): Promise<string> {
  const more = { localPort: 0, remoteHost: '127.0.0.1', remotePort: echoPort }
  return (await client.call('forwards.add', localDraft(serverId, `echo ${serverId}`, more))).spec.id
}

async function start(id: string): Promise<ForwardView> {
  await client.call('forwards.start', { ids: [id] })
  return settled(id)
}

async function settled(id: string): Promise<ForwardView> {
  const [view] = await client.call('forwards.wait', { ids: [id], timeoutMs: SETTLE_MS })
  if (view === undefined) throw new Error(`no ${id}`)
  return view
}

function said({ snapshot: { listen } }: ForwardView, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    if ('path' in listen) throw new Error('a path has no port')
    const socket = connect(listen.port, '127.0.0.1')
    socket.on('error', reject)
    socket.on('data', (data) => {
      socket.destroy()
      resolve(data.toString())
    })
    socket.write(word)
  })
}

describe('a host of the ssh config', () => {
  it('is reached by its alias, port, key and known hosts, and tells what it does not do', async () => {
    write(...host('alpha', outer), '  ForwardAgent yes')
    await begin()
    const id = await addEcho('config:alpha')
    const view = await start(id)
    expect(view.snapshot).toMatchObject({ state: 'running', via: ['alpha'], reason: null })
    expect(await said(view, 'hello')).toBe('hello')
    const log = await client.call('logs.read', { forwardId: id })
    expect(log.map(({ message }) => message)).toContainEqual(expect.stringContaining(`${config}:5: forwardagent yes`))
    // Nothing was pinned: the config's own file knew the key.
    expect(await client.call('trust.list', {})).toEqual([])
  })

  it('is reached through another one, each with its own key, and the row says so', async () => {
    const key = join(place.home, 'inner-key')
    makeKey(key, 'ed25519')
    inner.authorize(readFileSync(`${key}.pub`, 'utf8'))
    write(...host('inner', inner, key), '  ProxyJump gate', ...host('gate', outer))
    await begin()
    const view = await start(await addEcho('config:inner'))
    expect(view.snapshot).toMatchObject({ state: 'running', via: ['gate', 'inner'], reason: null })
    expect(await said(view, 'through')).toBe('through')
    expect((await client.call('sessions.list', {})).map(({ server }) => server).sort()).toEqual(['gate', 'inner'])
  })

  it('with a ProxyCommand asks once whether the command may run', async () => {
    write(...host('byhand', outer), `  ProxyCommand ${process.execPath} ${join(place.home, 'pipe.cjs')} %h %p`)
    writeFileSync(
      join(place.home, 'pipe.cjs'),
      "const s=require('net').connect(+process.argv[3],process.argv[2]);process.stdin.pipe(s).pipe(process.stdout)",
    )
    await begin()
    const id = await addEcho('config:byhand')
    const asked = nextEvent(client, 'needs.changed', ({ needs }) => needs.length === 1)
    await client.call('forwards.start', { ids: [id] })
    const [need] = (await asked).needs
    expect(need).toMatchObject({
      ...{ kind: 'allow-command', purpose: 'proxy-command', file: config, line: 5, forwardIds: [id], server: 'byhand' },
      command: expect.stringContaining(`pipe.cjs ${outer.host} ${outer.port}`) as string,
    })
    expect((await client.call('forwards.get', { id })).snapshot).toMatchObject({ state: 'needs-you', needId: need?.id })
    await client.call('needs.answer', { id: need?.id ?? '', answer: { kind: 'allow-command', decision: 'allow' } })
    expect(await said(await settled(id), 'piped')).toBe('piped')
    await client.call('forwards.stop', { ids: [id] })
    expect((await start(id)).snapshot.state).toBe('running')
  })

  it('is refused with the fix when the command may not run, without another try', async () => {
    write(...host('byhand', outer), '  ProxyCommand false %h')
    await begin()
    const id = await addEcho('config:byhand')
    const asked = nextEvent(client, 'needs.changed', ({ needs }) => needs.length === 1)
    await client.call('forwards.start', { ids: [id] })
    const [need] = (await asked).needs
    await client.call('needs.answer', { id: need?.id ?? '', answer: { kind: 'cancel' } })
    expect((await settled(id)).snapshot).toMatchObject({
      ...{ state: 'failed', attempt: 0 },
      reason: { code: 'config.command-not-allowed', fix: expect.stringContaining('allow the command') as string },
    })
  })

  it('appears with an included file, carries its LocalForward line, and goes', async () => {
    const included = join(place.home, '.ssh', 'more.conf')
    write('Include more.conf')
    await begin()
    const came = nextEvent(client, 'servers.changed', ({ servers }) => servers.some(({ name }) => name === 'live'))
    const lines = [...host('live', outer), `  LocalForward 127.0.0.1:0 127.0.0.1:${echoPort}`]
    // ssh takes no port 0 here, so a free one is written.
    const free = await freePort()
    writeFileSync(included, lines.join('\n').replace(':0 ', `:${free} `), { mode: 0o600 })
    await came
    const [view] = await client.call('forwards.list', {})
    expect(view?.spec).toMatchObject({ serverId: 'config:live', localPort: free })
    const id = view?.spec.id ?? ''
    expect(await said(await start(id), 'listed')).toBe('listed')
    await client.call('forwards.stop', { ids: [id] })
    const went = nextEvent(client, 'servers.changed', ({ servers }) => servers.length === 0)
    writeFileSync(included, '')
    await went
    expect(await client.call('forwards.list', {})).toEqual([])
  })
})
