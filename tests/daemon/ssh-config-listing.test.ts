import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { ServerSpec } from '@shared/specs'
import { localDraft, nextEvent, serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

let place: ReturnType<typeof temporaryHome>
let running: TestDaemon
let client: DaemonClient
let config: string

beforeEach(() => {
  place = temporaryHome()
  config = join(place.home, '.ssh', 'config')
})
afterEach(async () => {
  client.close()
  await running.daemon.stop({ keepWanted: false })
  place.remove()
})

function write(lines: readonly string[], file = config): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
}

async function begin(...lines: readonly string[]): Promise<void> {
  if (lines.length > 0) write(lines)
  running = await startTestDaemon({ home: place.home })
  client = await running.connect()
  await client.call('events.subscribe', { topics: ['servers', 'forwards', 'activity'] })
}

const servers = (): Promise<readonly ServerSpec[]> => client.call('servers.list', {})
const named = (list: readonly ServerSpec[]): string[] => list.map(({ name }) => name).sort()

async function server(name: string): Promise<ServerSpec> {
  const found = (await servers()).find((one) => one.name === name)
  if (found === undefined) throw new Error(`no server ${name}`)
  return found
}

/** Changes files, and resolves when the servers are as `test` wants them. */
async function after(change: () => void, test: (list: readonly ServerSpec[]) => boolean): Promise<void> {
  const changed = nextEvent(client, 'servers.changed', ({ servers: list }) => test(list))
  change()
  await changed
}

describe('hosts of the ssh config', () => {
  it('are servers with what the config says of them', async () => {
    await begin(
      'Host alpha',
      '  HostName alpha.example',
      '  Port 2222',
      '  User ann',
      '  IdentityFile ~/keys/%n',
      '  IdentitiesOnly yes',
      '  IdentityAgent none',
      '  ServerAliveInterval 7',
      '  ConnectTimeout 3',
      '  AddressFamily inet6',
      '  BindAddress 192.0.2.9',
      '  StrictHostKeyChecking yes',
      'Host pattern-* !no',
      '  Port 9',
      'Host *',
      '  Compression yes',
    )
    expect(await servers()).toMatchObject([
      {
        ...{ id: 'config:alpha', name: 'alpha', configHost: 'alpha', host: 'alpha.example', port: 2222 },
        ...{ username: 'ann', identityFiles: [join(place.home, 'keys', 'alpha')], identitiesOnly: true, agent: 'none' },
        ...{ keepaliveSeconds: 7, connectTimeoutSeconds: 3, addressFamily: 'inet6', sourceAddress: '192.0.2.9' },
        ...{ hostKeyPolicy: 'strict', jump: [], proxyCommand: null },
      },
    ])
  })

  it('bring their hops: those of the config, and those that are only named', async () => {
    await begin(
      'Host inner',
      '  ProxyJump gate,bob@middle:2200,plain',
      'Host gate',
      '  HostName gate.example',
      'Host middle',
      '  HostName middle.example',
    )
    const { jump } = await server('inner')
    expect(jump).toEqual(['config:gate', 'config-hop:ssh://bob@middle:2200', 'config-hop:plain'])
    expect(await server('bob@middle:2200')).toMatchObject({ host: 'middle.example', port: 2200, username: 'bob' })
    expect(await server('plain')).toMatchObject({ host: 'plain', port: 22, username: null })
  })

  it('bring their forward lines, which start nothing', async () => {
    await begin(
      'Host alpha',
      '  LocalForward 8080 db:80',
      '  LocalForward [::1]:8081 /run/x.sock',
      '  RemoteForward *:9000 localhost:3000',
      '  RemoteForward 9001',
      '  DynamicForward 1080',
      'Host beta',
      '  GatewayPorts yes',
      '  DynamicForward 1081',
    )
    const views = await client.call('forwards.list', {})
    expect(views.map(({ spec }) => spec.configLine)).toEqual([
      'alpha LocalForward 8080 db:80',
      'alpha LocalForward [::1]:8081 /run/x.sock',
      'alpha RemoteForward *:9000 localhost:3000',
      'alpha RemoteForward 9001',
      'alpha DynamicForward 1080',
      'beta DynamicForward 1081',
    ])
    expect(views.map(({ spec }) => spec)).toMatchObject([
      { type: 'local', localPort: 8080, remoteHost: 'db', remotePort: 80, bindAddress: null, name: 'alpha-db-80' },
      { type: 'local', localPort: 8081, bindAddress: '::1', remoteHost: '/run/x.sock', remotePort: null },
      { type: 'remote', remotePort: 9000, bindAddress: '*', localHost: 'localhost', localPort: 3000 },
      { type: 'remote', remotePort: 9001, localHost: null, localPort: null },
      { type: 'dynamic', bindPort: 1080, bindAddress: null },
      { type: 'dynamic', bindPort: 1081, bindAddress: '*' },
    ])
    expect(views.every(({ snapshot, spec }) => !snapshot.wanted && !spec.autoStart)).toBe(true)
  })

  it('come and go with the file, also when an editor renames, and when there was none', async () => {
    await begin()
    expect(await servers()).toEqual([])
    await after(
      () => write(['Host one', 'Host two']),
      (list) => named(list).join() === 'one,two',
    )
    const fresh = `${config}.new`
    await after(
      () => {
        write(['Host two', '  Port 44'], fresh)
        renameSync(fresh, config)
      },
      (list) => list.length === 1 && list[0]?.port === 44,
    )
    await after(
      () => rmSync(config),
      (list) => list.length === 0,
    )
  })

  it('follow included files, patterns and links', async () => {
    const folder = join(place.home, '.ssh', 'config.d')
    await begin(`Include ${folder}/*.conf`, 'Include linked', 'Host main')
    await after(
      () => write(['Host part'], join(folder, 'a.conf')),
      (list) => named(list).join() === 'main,part',
    )
    const target = join(place.home, 'dotfiles', 'linked')
    await after(
      () => {
        write(['Host far'], target)
        symlinkSync(target, join(place.home, '.ssh', 'linked'))
      },
      (list) => named(list).join() === 'far,main,part',
    )
    await after(
      () => write(['Host farther'], target),
      (list) => named(list).join() === 'farther,main,part',
    )
  })

  it('stay as they are while the file has a mistake, which is told with its line', async () => {
    await begin('Host one')
    const told = nextEvent(client, 'activity.added', ({ event }) => event.code === 'config.invalid')
    write(['Host one', '  Port many'])
    expect((await told).event.message).toContain(`${config}:2: `)
    expect(named(await servers())).toEqual(['one'])
    const { warnings } = await client.call('daemon.status', {})
    expect(warnings).toMatchObject([{ code: 'config.invalid', field: `${config}:2`, fix: `Correct ${config}:2.` }])
    await after(
      () => write(['Host one', '  Port 5']),
      (list) => list[0]?.port === 5,
    )
    expect((await client.call('daemon.status', {})).warnings).toEqual([])
  })

  it('step aside for a server of the same name', async () => {
    await begin()
    await client.call('servers.add', serverDraft('Alpha'))
    await after(
      () => write(['Host alpha']),
      (list) => list.length === 2,
    )
    expect(named(await servers())).toEqual(['Alpha', 'alpha (ssh config)'])
  })

  it('are written in the file alone, and can be copied', async () => {
    await begin('Host alpha', '  HostName a.example')
    const { id } = await server('alpha')
    const refusal = { code: 'config.read-only', message: expect.stringContaining(`${config}:1`) as string }
    await expect(client.call('servers.update', { id, patch: { port: 5 } })).rejects.toMatchObject(refusal)
    await expect(client.call('servers.remove', { id })).rejects.toMatchObject(refusal)
    const copy = await client.call('servers.copy', { id })
    expect(copy).toMatchObject({ name: 'alpha copy', host: 'a.example', configHost: null })
    expect(await client.call('servers.update', { id: copy.id, patch: { port: 5 } })).toMatchObject({ port: 5 })
  })

  it('can be left out of the list', async () => {
    await begin('Host alpha')
    await client.call('config.setListing', { on: false })
    expect(await servers()).toEqual([])
    expect(await client.call('config.listing', {})).toEqual({ on: false })
    await client.call('config.setListing', { on: true })
    expect(named(await servers())).toEqual(['alpha'])
  })

  it('that are gone stay as long as a forward needs them', async () => {
    await begin('Host alpha', 'Host gate', 'Host inner', '  ProxyJump gate')
    const forward = await client.call('forwards.add', localDraft('config:inner', 'kept'))
    await after(
      () => write(['Host other']),
      (list) => named(list).join() === 'gate,inner,other',
    )
    const plan = running.engine.ports.plan('config:inner', new AbortController().signal)
    await expect(plan).rejects.toMatchObject({
      code: 'config.host-gone',
      fix: expect.stringContaining(config) as string,
    })
    const went = nextEvent(client, 'servers.changed', ({ servers: list }) => named(list).join() === 'other')
    await client.call('forwards.remove', { ids: [forward.spec.id] })
    await went
  })
})

describe('forward lines of the ssh config', () => {
  it('keep what the person says of them, and nothing else can be changed', async () => {
    await begin('Host alpha', '  LocalForward 8080 db:80')
    const [view] = await client.call('forwards.list', {})
    const id = view?.spec.id ?? ''
    const patch = { favourite: true, tags: ['x'], autoStart: true }
    expect((await client.call('forwards.update', { id, patch })).spec).toMatchObject(patch)
    const refusal = { code: 'config.read-only', message: expect.stringContaining(`${config}:2`) as string }
    await expect(client.call('forwards.update', { id, patch: { localPort: 1 } })).rejects.toMatchObject(refusal)
    await expect(client.call('forwards.remove', { ids: [id] })).rejects.toMatchObject(refusal)
    const changed = nextEvent(client, 'forwards.changed', ({ removed }) => removed.includes(id))
    write(['Host alpha'])
    await changed
    const back = nextEvent(client, 'forwards.changed', (event) => event.changed.some(({ spec }) => spec.id === id))
    write(['# moved down', 'Host alpha', '  LocalForward 8080 elsewhere:80'])
    await back
    expect((await client.call('forwards.get', { id })).spec).toMatchObject({ ...patch, remoteHost: 'elsewhere' })
  })

  it('that run are not cut when their line goes', async () => {
    await begin('Host alpha', '  LocalForward 8080 db:80')
    const [view] = await client.call('forwards.list', {})
    const ids = [view?.spec.id ?? '']
    await client.call('forwards.start', { ids })
    await after(
      () => write(['Host beta']),
      (list) => named(list).join() === 'alpha,beta',
    )
    expect((await client.call('forwards.get', { id: ids[0] ?? '' })).snapshot.wanted).toBe(true)
    const went = nextEvent(client, 'servers.changed', ({ servers: list }) => named(list).join() === 'beta')
    await client.call('forwards.stop', { ids })
    await went
    expect(await client.call('forwards.list', {})).toEqual([])
  })
})

describe('config.import', () => {
  it('takes hosts, hops and forwards over as servers of one’s own, once', async () => {
    await begin()
    const file = join(place.home, 'other.conf')
    write(['Host inner', '  ProxyJump gate', '  LocalForward 8080 db:80', '  ForwardX11 yes', 'Host gate'], file)
    const taken = await client.call('config.import', { file })
    const missing = client.call('config.import', { file: join(place.home, 'no.conf') })
    await expect(missing).rejects.toMatchObject({ code: 'config.invalid' })
    expect(taken.servers.map(({ name, configHost }) => [name, configHost])).toEqual([
      ['inner', null],
      ['gate', null],
    ])
    expect(taken.servers[0]?.jump).toEqual([taken.servers[1]?.id])
    expect(taken.forwards).toMatchObject([{ name: 'inner-db-80', configLine: null, serverId: taken.servers[0]?.id }])
    expect(taken.unhonoured).toMatchObject([{ keyword: 'forwardx11', origin: { file, line: 4 } }])
    const again = await client.call('config.import', { file })
    expect(again.servers).toEqual([])
    expect(again.skipped).toMatchObject([
      { name: 'inner', reason: 'It is the server inner already.' },
      { name: 'gate' },
    ])
  })
  it('leaves out a host whose jump host cannot be taken over', async () => {
    await begin()
    const file = join(place.home, 'other.conf')
    const hosts = ['Host inner', '  ProxyJump gate', '  LocalForward 8080 db:80', 'Host outer', '  ProxyJump inner']
    write([...hosts, 'Host gate', '  HostName %z'], file)
    const taken = await client.call('config.import', { file })
    expect(taken).toMatchObject({ servers: [], forwards: [] })
    expect(taken.skipped.map(({ name }) => name).sort()).toEqual(['gate', 'inner', 'outer'])
    expect(taken.skipped.find(({ name }) => name === 'inner')?.reason).toBe('Its jump host gate was left out.')
  })
})

describe('a listing', () => {
  it('that is switched off is empty when the call returns, also while it is being read', async () => {
    await begin('Host alpha')
    write(['Host alpha', 'Host beta'])
    const first = client.call('config.setListing', { on: true })
    const second = client.call('config.setListing', { on: false })
    await Promise.all([first, second])
    expect(await servers()).toEqual([])
  })

  it('whose hosts jump in a circle keeps nobody from adding a server', async () => {
    await begin('Host a', '  ProxyJump b', 'Host b', '  ProxyJump a')
    const added = await client.call('servers.add', serverDraft('own'))
    await client.call('servers.update', { id: added.id, patch: { port: 2222 } })
    expect(named(await servers())).toEqual(['a', 'b', 'own'])
  })
})
