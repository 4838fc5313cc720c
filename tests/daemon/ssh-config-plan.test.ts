import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { EnginePorts, ServerPlan } from '@engine'
import type { NeedAnswer } from '@shared/needs'
import { serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

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

function write(...lines: readonly string[]): void {
  mkdirSync(join(place.home, '.ssh'), { recursive: true, mode: 0o700 })
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 })
}

async function begin(...lines: readonly string[]): Promise<void> {
  write(...lines)
  running = await startTestDaemon({ home: place.home })
  client = await running.connect()
}

type Ask = NonNullable<Parameters<EnginePorts['plan']>[2]>

async function plan(serverId: string, ask?: Ask): Promise<readonly ServerPlan[]> {
  const { server, hops } = await running.engine.ports.plan(serverId, new AbortController().signal, ask)
  return [...hops, server]
}

const logins = (chain: readonly ServerPlan[]): string[] =>
  chain.map(({ username, host, port }) => `${username ?? ''}@${host}:${port}`)

/** A person who always says the same; what they were asked is kept. */
function person(answer: NeedAnswer): Ask & { readonly asked: Parameters<Ask>[0][] } {
  const asked: Parameters<Ask>[0][] = []
  const ask: Ask = (question) => {
    asked.push(question)
    return Promise.resolve(answer)
  }
  return Object.assign(ask, { asked })
}

describe('a dial by the ssh config', () => {
  it('reads the file at that moment', async () => {
    await begin('Host alpha', '  Port 1')
    write('Host alpha', '  Port 2')
    expect(await plan('config:alpha')).toMatchObject([{ port: 2 }])
  })

  it('walks ProxyJump as ssh does: the first hop by its own way, the others through the hop before', async () => {
    await begin(
      'Host inner',
      '  ProxyJump gate,bob@middle:2200',
      'Host gate',
      '  HostName gate.example',
      '  ProxyJump front',
      'Host front',
      '  User fred',
      '  Port 2201',
      'Host middle',
      '  HostName middle.example',
      '  ProxyCommand never',
      '  IdentityFile /keys/middle',
    )
    const chain = await plan('config:inner')
    expect(logins(chain)).toEqual(['fred@front:2201', '@gate.example:22', 'bob@middle.example:2200', '@inner:22'])
    expect(chain[2]).toMatchObject({ proxyCommand: null, identityFiles: ['/keys/middle'] })
  })

  it('goes on through hosts of the config from a server of one’s own', async () => {
    await begin('Host gate', '  ProxyJump front', 'Host front')
    const own = await client.call('servers.add', serverDraft('own', { jump: ['config:gate'] }))
    expect((await plan(own.id)).map(({ name }) => name)).toEqual(['front', 'gate', 'own'])
  })

  it('refuses a chain that leads back', async () => {
    await begin('Host one', '  ProxyJump two', 'Host two', '  ProxyJump one')
    await expect(plan('config:one')).rejects.toMatchObject({ code: 'ssh.jump-loop' })
  })

  it('takes what was typed over what the config says', async () => {
    await begin('Host alpha', '  User ann', '  Port 5', '  IdentityFile /keys/config', '  HostName a.example')
    const typed = { ...serverDraft('typed', { username: 'bob', identityFiles: ['/keys/typed'] }), configHost: 'alpha' }
    const own = await client.call('servers.add', { ...typed, host: 'alpha' })
    expect(await plan(own.id)).toMatchObject([
      { username: 'bob', host: 'a.example', port: 5, identityFiles: ['/keys/config'] },
    ])
  })

  it('reads no config any more once the server has another host', async () => {
    await begin('Host alpha', '  HostName a.example')
    const own = await client.call('servers.add', { ...serverDraft('own'), host: 'alpha', configHost: 'alpha' })
    expect(await plan(own.id)).toMatchObject([{ host: 'a.example' }])
    await client.call('servers.update', { id: own.id, patch: { host: 'b.example' } })
    expect(await plan(own.id)).toMatchObject([{ host: 'b.example', configHost: null }])
  })

  it('hands over what only the config can say, expanded, and what Warren does not do', async () => {
    await begin(
      'Host alpha',
      '  HostKeyAlias other',
      '  UserKnownHostsFile ~/.ssh/known_%n',
      '  GlobalKnownHostsFile none',
      '  StrictHostKeyChecking no',
      '  UpdateHostKeys ask',
      '  RevokedHostKeys ~/revoked',
      '  PreferredAuthentications publickey,password',
      '  PasswordAuthentication no',
      '  NumberOfPasswordPrompts 1',
      '  Ciphers aes256-ctr',
      '  RekeyLimit 1M 60',
      '  StreamLocalBindMask 0117',
      '  Compression yes',
      '  ForwardAgent yes',
    )
    const [only] = await plan('config:alpha')
    expect(only).toMatchObject({ hostKeyPolicy: 'accept-new' })
    expect(only?.config).toMatchObject({
      hostKeyAlias: 'other',
      userKnownHostsFiles: [join(place.home, '.ssh', 'known_alpha')],
      globalKnownHostsFiles: [],
      strictHostKeyChecking: 'no',
      updateHostKeys: 'ask',
      revokedHostKeys: join(place.home, 'revoked'),
      preferredAuthentications: ['publickey', 'password'],
      passwordAuthentication: false,
      pubkeyAuthentication: undefined,
      numberOfPasswordPrompts: 1,
      ciphers: ['aes256-ctr'],
      kexAlgorithms: undefined,
      rekeyLimit: { bytes: 1024 * 1024, seconds: 60 },
      streamLocalBindMask: 0o117,
      compression: true,
    })
    expect(only?.notes).toEqual([
      expect.stringMatching(/config:13: streamlocalbindmask 0117 is not acted upon: /),
      expect.stringMatching(/config:15: forwardagent yes is not acted upon: /),
    ])
  })

  it('says what is wrong with the file', async () => {
    await begin('Host alpha')
    write('Host alpha', '  Port x')
    await expect(plan('config:alpha')).rejects.toMatchObject({ code: 'config.invalid', field: `${config}:2` })
  })
})

describe('commands of the ssh config', () => {
  const yes: NeedAnswer = { kind: 'allow-command', decision: 'allow' }

  it('are shown before a ProxyCommand runs, and never again once allowed', async () => {
    await begin('Host *.corp', '  ProxyCommand tunnel %h %p 100%%', 'Host a.corp b.corp')
    const ask = person(yes)
    expect(await plan('config:a.corp', ask)).toMatchObject([{ proxyCommand: 'tunnel a.corp 22 100%%' }])
    expect(ask.asked).toMatchObject([
      {
        ...{ kind: 'allow-command', purpose: 'proxy-command', command: 'tunnel a.corp 22 100%' },
        ...{ file: config, line: 2, serverId: 'config:a.corp' },
      },
    ])
    await plan('config:b.corp', ask)
    await plan('config:a.corp')
    expect(ask.asked).toHaveLength(1)
    write('Host *.corp', '  ProxyCommand another %h', 'Host a.corp b.corp')
    await plan('config:a.corp', ask)
    expect(ask.asked).toHaveLength(2)
  })

  it('do not run when the person says no or nobody is there', async () => {
    await begin('Host alpha', '  ProxyCommand tunnel %h')
    const refusal = {
      code: 'config.command-not-allowed',
      field: `${config}:2`,
      fix: expect.stringContaining('allow') as string,
    }
    await expect(plan('config:alpha')).rejects.toMatchObject(refusal)
    const no = person({ kind: 'allow-command', decision: 'deny' })
    await expect(plan('config:alpha', no)).rejects.toMatchObject(refusal)
    const gone: Ask = () => Promise.reject(new Error('nobody'))
    await expect(plan('config:alpha', gone)).rejects.toMatchObject(refusal)
  })

  it('ask once for all that start together', async () => {
    await begin('Host alpha', '  ProxyCommand tunnel %h')
    let answer: (given: NeedAnswer) => void = () => undefined
    let asked = 0
    const ask: Ask = () => {
      asked += 1
      return new Promise((resolve) => {
        answer = resolve
        queueMicrotask(() => answer(yes))
      })
    }
    await Promise.all([plan('config:alpha', ask), plan('config:alpha', ask), plan('config:alpha', ask)])
    expect(asked).toBe(1)
  })

  it('decide a Match exec only after a yes; the listing leaves it undecided until then', async () => {
    const witness = join(place.home, 'ran')
    await begin(`Match originalhost alpha exec "touch ${witness}"`, '  Port 7', 'Host alpha')
    expect(await client.call('servers.list', {})).toMatchObject([{ name: 'alpha', port: 22 }])
    const shown = await client.call('config.server', { id: 'config:alpha' })
    expect(shown).toMatchObject({ host: 'alpha', origin: { line: 3 }, fault: null })
    expect(shown.execAsked).toMatchObject([{ file: config, line: 1 }])
    await expect(plan('config:alpha')).rejects.toMatchObject({ code: 'config.command-not-allowed' })
    expect(existsSync(witness)).toBe(false)
    const ask = person(yes)
    expect(await plan('config:alpha', ask)).toMatchObject([{ port: 7 }])
    expect(ask.asked).toMatchObject([{ purpose: 'match-exec', line: 1 }])
    expect(existsSync(witness)).toBe(true)
  })

  it('need no word for one that was written in Warren', async () => {
    await begin('Host alpha')
    const own = await client.call('servers.add', serverDraft('own', { proxyCommand: 'nc %h %p' }))
    expect(await plan(own.id)).toMatchObject([{ proxyCommand: 'nc %h %p' }])
  })
  it('need it still when they came with a copy or an import', async () => {
    await begin('Host alpha', '  ProxyCommand tunnel %h 100%%')
    const copy = await client.call('servers.copy', { id: 'config:alpha' })
    const other = join(place.home, 'other.conf')
    writeFileSync(other, 'Host beta\n  ProxyCommand other %h\nHost gamma\n  ProxyJump beta\n')
    const { servers } = await client.call('config.import', { file: other })
    const [beta = copy, gamma = copy] = servers
    for (const { id } of [copy, beta, gamma]) {
      await expect(plan(id)).rejects.toMatchObject({ code: 'config.command-not-allowed' })
    }
    const ask = person(yes)
    expect(await plan(gamma.id, ask)).toMatchObject([{ proxyCommand: 'other beta' }, { name: 'gamma' }])
    await plan(beta.id, ask)
    expect(await plan(copy.id, ask)).toMatchObject([{ proxyCommand: 'tunnel alpha 100%%' }])
    expect(ask.asked).toMatchObject([
      { purpose: 'proxy-command', command: 'other beta', file: other, line: 2 },
      { purpose: 'proxy-command', command: 'tunnel alpha 100%', file: config, line: 2 },
    ])
    await client.call('servers.update', { id: copy.id, patch: { proxyCommand: 'nc %h %p' } })
    await plan(copy.id)
  })

  it('get no host or user that a shell would act upon', async () => {
    await begin('Host alpha', '  ProxyCommand tunnel %r@%h')
    const own = { ...serverDraft('own'), host: 'alpha', configHost: 'alpha', username: 'ann`touch x`' }
    const { id } = await client.call('servers.add', own)
    await expect(plan(id, person(yes))).rejects.toMatchObject({ code: 'spec.invalid', field: 'username' })
    await client.call('servers.update', { id, patch: { username: 'CORP\\ann' } })
    expect(await plan(id, person(yes))).toMatchObject([{ proxyCommand: 'tunnel CORP\\ann@alpha' }])
    const typed = { file: null, username: null, port: null, allowExec: false }
    for (const destination of ['$(x)', 'ann@a;b', 'ssh://a%60b@alpha', '-v']) {
      await expect(client.call('config.resolve', { ...typed, destination })).rejects.toMatchObject({
        code: 'spec.invalid',
      })
    }
  })
})
