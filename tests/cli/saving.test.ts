import { describe, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import type { ForwardDraft, ServerDraft } from '@shared/specs'
import { server, view, warren, type FakeOptions } from './_fake-world'

const echo: NonNullable<FakeOptions['answers']> = {
  'forwards.add': (draft: ForwardDraft) => view({ name: draft.name, state: 'stopped' }),
  'servers.add': (draft: ServerDraft) => server({ ...(draft as object), id: `id-${draft.name}` }),
}
const withServers = {
  answers: {
    ...echo,
    'servers.list': () => [server(), server({ name: 'inner', host: 'inner', port: 2222, username: 'me' })],
  },
}

describe('add', () => {
  it('saves what the SPEC says, with tags and auto-start', async () => {
    const { code, params, out } = await warren(
      ['add', 'web', '-L', '[::1]:8080:web:80', '--server', 'bastion', '--tag', 'a', '--tag', 'b', '--auto-start'],
      withServers,
    )
    expect(code).toBe(0)
    expect(params('forwards.add')).toEqual({
      ...{ type: 'local', name: 'web', serverId: 'id-bastion', bindAddress: '::1', localPort: 8080, bindPort: null },
      ...{ localHost: null, remoteHost: 'web', remotePort: 80, tags: ['a', 'b'], autoStart: true },
    })
    expect(out).toMatch(/^Added web: People here connect to/)
  })

  it('takes a range, the health check and the rest by their options', async () => {
    const words = ['--on-demand', '--idle', '60', '--health', 'http:/healthz', '--health-every', '10']
    const { params, code } = await warren(
      ['add', 'web', '-L', '8000-8009:web:9000-9009', '--server', 'bastion', ...words],
      withServers,
    )
    expect(code).toBe(0)
    expect(params('forwards.add')).toMatchObject({
      ...{ localPort: 8000, remotePort: 9000, portCount: 10, onDemand: true, idleSeconds: 60 },
      health: { kind: 'http', path: '/healthz', everySeconds: 10 },
    })
  })

  it('gives a proxy a login, and its password to the daemon only', async () => {
    const words = ['--pac', '--proxy-user', 'ada', '--proxy-password-stdin']
    const { params, calls, err } = await warren(['add', 'web', '-D', '1080', '--server', 'bastion', ...words], {
      answers: { ...withServers.answers, 'forwards.setSecret': () => null },
      input: 'lovelace\n',
    })
    expect(params('forwards.add')).toMatchObject({ servePac: true, proxyUsername: 'ada' })
    expect(JSON.stringify(params('forwards.add'))).not.toContain('lovelace')
    expect(calls.at(-1)?.params).toEqual({ id: 'id-web', value: 'lovelace', keep: 'file' })
    expect(err).toMatch(/^The password is kept in /)
  })

  it('gives it the password also when it comes from an ssh command, and none to one without a login', async () => {
    const options = { answers: { ...withServers.answers, 'forwards.setSecret': () => null }, input: 'lovelace\n' }
    const words = ['add', 'web', '--command', 'ssh -D 1080 me@inner', '--proxy-password-stdin']
    const { calls } = await warren([...words, '--proxy-user', 'ada'], options)
    expect(calls.at(-1)).toMatchObject({ method: 'forwards.setSecret', params: { id: 'id-web', value: 'lovelace' } })
    for (const without of [words, ['add', 'web', '-D', '1080', '--server', 'bastion', '--proxy-password-stdin']]) {
      const refused = await warren(without, options)
      expect([refused.code, refused.params('forwards.add')]).toEqual([64, undefined])
      expect(refused.err).toContain('--proxy-user NAME')
    }
  })

  it.each([
    [['-L', '1:a:2', '--proxy-user', 'ada'], 'proxyUsername'],
    [['-L', '1:a:2', '--pac'], 'servePac'],
    [['-L', '1:a:2', '--health', 'ping'], '--health needs'],
    [['-L', '1:a:2', '--health-every', '5'], 'needs a check'],
    [['-L', '1-2:/run/x.sock'], 'ports'],
  ])('%j is refused before anything is saved', async (words, says) => {
    const { code, err, calls } = await warren(['add', 'web', ...words, '--server', 'bastion'], withServers)
    expect(code).not.toBe(0)
    expect(err).toContain(says)
    expect(calls.some(({ method }) => method === 'forwards.add')).toBe(false)
  })

  it('prints the snapshot as the document', async () => {
    const { out } = await warren(['add', 'web', '-D', '1080', '--server', 'bastion', '--json'], withServers)
    expect(JSON.parse(out)).toMatchObject({ id: 'id-web', name: 'web', state: 'stopped' })
  })

  it('makes the servers of an ssh command, hops first, and reuses those it knows', async () => {
    const made = await warren(
      ['add', 'web', '--command', 'ssh -J me@inner:2222,new -i k -L 8080:localhost:80 you@host'],
      withServers,
    )
    expect(made.code).toBe(0)
    const added = made.calls.filter(({ method }) => method === 'servers.add').map(({ params }) => params)
    expect(added).toMatchObject([
      { name: 'new', jump: [] },
      { name: 'host', username: 'you', identityFiles: ['/srv/here/k'], jump: ['id-inner', 'id-new'] },
    ])
    expect(made.params('forwards.add')).toMatchObject({ name: 'web', serverId: 'id-host' })

    const reused = await warren(['add', 'web', '--command', 'ssh -L 1:a:2 -D 1080 bastion'], withServers)
    expect(reused.params('servers.add')).toBeUndefined()
    expect(reused.calls.filter(({ method }) => method === 'forwards.add').map(({ params }) => params)).toMatchObject([
      { name: 'web', serverId: 'id-bastion' },
      { name: 'web-2', serverId: 'id-bastion' },
    ])
  })

  it('makes no server when the name is taken, and finds a free name for a server', async () => {
    const taken = { answers: { ...withServers.answers, 'forwards.list': () => [view({ name: 'web' })] } }
    const refused = await warren(['add', 'web', '--command', 'ssh -L 1:a:2 host'], taken)
    expect([refused.code, refused.params('servers.add')]).toEqual([1, undefined])
    const free = await warren(['add', 'web', '--command', 'ssh -p 99 -L 1:a:2 bastion'], withServers)
    expect(free.params('servers.add')).toMatchObject({ name: 'bastion-2', host: 'bastion', port: 99 })
  })

  it('takes a server of the same login when the command names no key, and else makes one and says why', async () => {
    const held = server({ name: 'web', host: 'host', username: 'you', identityFiles: ['/keys/work'] })
    const answers = { ...withServers.answers, 'servers.list': () => [held] }
    const none = await warren(['add', 'a', '--command', 'ssh -L 1:a:2 you@host'], { answers })
    expect(none.params('servers.add')).toBeUndefined()
    expect(none.params('forwards.add')).toMatchObject({ serverId: held.id })
    const same = await warren(['add', 'a', '--command', 'ssh -i /keys/work -L 1:a:2 you@host'], { answers })
    expect(same.params('servers.add')).toBeUndefined()
    const other = await warren(['add', 'a', '--command', 'ssh -i /keys/home -L 1:a:2 you@host'], { answers })
    expect(other.params('servers.add')).toMatchObject({ name: 'host-home', identityFiles: ['/keys/home'] })
    expect(other.out).toContain('Added the server host-home: web is the same login with other keys\n')
  })

  it('takes the certificate of a command', async () => {
    const command = 'ssh -o CertificateFile=k-cert.pub -L 1:a:2 you@host'
    const { params } = await warren(['add', 'a', '--command', command], withServers)
    expect(params('servers.add')).toMatchObject({ certificateFiles: ['/srv/here/k-cert.pub'] })
  })

  it('names what it ignores of a command', async () => {
    const { err } = await warren(['add', 'web', '--command', 'ssh -A -L 1:a:2 bastion'], withServers)
    expect(err).toContain('ignored -A')
  })
})

describe('edit', () => {
  const edited = async (words: readonly string[], over: Parameters<typeof view>[0] = {}): Promise<unknown> => {
    const answers = { ...withServers.answers, 'forwards.list': () => [view(over)], 'forwards.update': () => view() }
    const { params } = await warren(['edit', 'db', ...words], { answers })
    return (params('forwards.update') as { patch: unknown } | undefined)?.patch
  }

  it('changes the field that holds the listening port', async () => {
    expect(await edited(['--port', '0'])).toEqual({ localPort: 0 })
    expect(await edited(['--port', '6000'], { spec: { bindPort: 1 } })).toEqual({ localPort: 6000, bindPort: 6000 })
    expect(await edited(['--port', '6000'], { spec: { type: 'remote' } })).toEqual({ remotePort: 6000 })
    expect(await edited(['--port', '6000'], { spec: { type: 'dynamic' } })).toEqual({ bindPort: 6000 })
  })

  it('changes target, server, tags and name', async () => {
    expect(await edited(['--target', '[2001:db8::1]:80'])).toEqual({ remoteHost: '2001:db8::1', remotePort: 80 })
    expect(await edited(['--target', '/run/x.sock'], { spec: { type: 'remote' } })).toEqual({
      localHost: '/run/x.sock',
      localPort: null,
    })
    expect(await edited(['--server', 'inner', '--tag', '', '--rename', 'new'])).toEqual({
      serverId: 'id-inner',
      tags: [],
      name: 'new',
    })
  })

  it('tells of the new server, also where the last run went through another one', async () => {
    const answers = {
      ...withServers.answers,
      'forwards.list': () => [view()],
      'forwards.update': () => view({ state: 'failed', spec: { serverId: 'id-inner' } }),
    }
    const { out } = await warren(['edit', 'db', '--server', 'inner'], { answers })
    expect(out).toContain('as seen from inner')
    const json = await warren(['edit', 'db', '--server', 'inner', '--json'], { answers })
    expect(JSON.parse(json.out)).toMatchObject({ server: 'inner' })
  })
})

describe('server add', () => {
  it('reads the destination and makes paths independent of the folder', async () => {
    const { code, params } = await warren(
      [
        ...[
          'server',
          'add',
          'new',
          'me@[::1]:2222',
          '--identity',
          'keys/id',
          '--identity',
          '~/.ssh/id',
          '--identities-only',
        ],
        ...['--agent', 'none', '--jump', 'bastion,inner', '--host-key', 'accept-new'],
      ],
      withServers,
    )
    expect(code).toBe(0)
    expect(params('servers.add')).toMatchObject({
      ...{ name: 'new', host: '::1', port: 2222, username: 'me', identityFiles: ['/srv/here/keys/id', '~/.ssh/id'] },
      ...{ identitiesOnly: true, agent: 'none', jump: ['id-bastion', 'id-inner'], hostKeyPolicy: 'accept-new' },
    })
  })

  it('keeps a password from standard input and says where, without showing it', async () => {
    const answers = { ...withServers.answers, 'servers.setSecret': () => null }
    const { code, params, out, err } = await warren(['server', 'add', 'new', 'h', '--password-stdin'], {
      answers,
      input: 'hush hush\n',
    })
    expect(code).toBe(0)
    expect(params('servers.setSecret')).toEqual({ id: 'id-new', kind: 'password', value: 'hush hush', keep: 'file' })
    expect(err).toContain('/nowhere/warren/secrets.json')
    expect(out + err).not.toContain('hush')
  })

  it('takes the server back when the password cannot be kept', async () => {
    const answers = {
      ...withServers.answers,
      'servers.setSecret': () => {
        throw new WarrenError('store.full', 'The disk is full.')
      },
      'servers.remove': () => null,
    }
    const { code, params } = await warren(['server', 'add', 'new', 'h', '--password-stdin'], { answers, input: 'x' })
    expect([code, params('servers.remove')]).toEqual([1, { id: 'id-new' }])
  })

  it('never prints the password of a proxy', async () => {
    const answers = { 'servers.list': () => [server({ proxy: 'socks5://me:hush@proxy:1080' })] }
    for (const words of [
      ['server', 'show', 'bastion'],
      ['server', 'ls', '--json'],
    ]) {
      const { out } = await warren(words, { answers })
      expect(out).not.toContain('hush')
    }
  })
})

it('server show says which addresses are tried and from where', async () => {
  const answers = { 'servers.list': () => [server({ addressFamily: 'inet6', sourceAddress: '::1' })] }
  const { out } = await warren(['server', 'show', 'bastion'], { answers })
  expect(out).toMatch(/^addresses +IPv6 only$/m)
  expect(out).toMatch(/^dials from +::1$/m)
})

describe('restore', () => {
  const removedAt = '2026-01-01T01:00:00.000Z'
  const answers: NonNullable<FakeOptions['answers']> = {
    'forwards.removed': () => [
      { id: 'newest', name: 'db', removedAt },
      { id: 'older', name: 'db', removedAt: '2026-01-01T00:30:00.000Z' },
      { id: 'other', name: 'we\u0007b', removedAt: '2026-01-01T00:00:00.000Z' },
    ],
    'forwards.restore': ({ ids }: { ids: string[] }) => ids.map(() => view({ name: 'db', state: 'stopped' })),
  }

  it('lists what was removed, and is said when that is nothing', async () => {
    const { code, out } = await warren(['restore'], { answers })
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toBe('REMOVED (UTC)        NAME')
    expect(out.split('\n')[1]).toBe('2026-01-01 01:00:00  db')
    expect(out).not.toContain('\u0007')
    expect(JSON.parse((await warren(['restore', '--json'], { answers })).out)).toHaveLength(3)
    const none = await warren(['restore'], { answers: { 'forwards.removed': () => [] } })
    expect(none).toMatchObject({ code: 0, out: '' })
    expect(none.err).toMatch(/^Nothing was removed/)
  })

  it('brings back the one of the name that was removed last, or says that there is none', async () => {
    const { code, out, params } = await warren(['restore', 'db', 'db'], { answers })
    expect([code, out]).toEqual([0, 'Brought back db, stopped\n'])
    expect(params('forwards.restore')).toEqual({ ids: ['newest'] })
    expect((await warren(['restore', 'older'], { answers })).params('forwards.restore')).toEqual({ ids: ['older'] })
    const { code: failed, err, calls } = await warren(['restore', 'nothing'], { answers })
    expect(failed).not.toBe(0)
    expect(err).toContain('No forward "nothing" was removed')
    expect(calls.map(({ method }) => method)).not.toContain('forwards.restore')
  })
})

describe('completion', () => {
  const complete = async (...words: string[]): Promise<readonly string[]> => {
    const answers = { ...withServers.answers, 'forwards.list': () => [view(), view({ name: 'web', tags: ['t'] })] }
    const { out } = await warren(['__complete', ...words], { answers })
    return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']))
  }

  it('offers commands, options, names and values', async () => {
    expect(await complete('s')).toEqual(['server', 'status', 'sync'])
    expect(await complete('server', '')).toEqual(['add', 'ls', 'show', 'rm'])
    expect(await complete('edit', 'web', '--health', 't')).toEqual(['tcp'])
    expect(await complete('server', 'add', '--agent', '')).toEqual(['none', 'pageant'])
    expect(await complete('up', '--h')).toEqual(['--host-key', '--home'])
    expect(await complete('up', 'db', '')).toEqual(['db', 'web'])
    expect(await complete('--home', '/x', 'status', 'w')).toEqual(['web'])
    expect(await complete('status', 'db', '')).toEqual([])
    expect(await complete('add', 'x', '--server', '')).toEqual(['bastion', 'inner'])
    expect(await complete('up', '--tag', '')).toEqual(['t'])
    expect(await complete('up', '--host-key', 'a')).toEqual(['ask', 'accept-new'])
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('is silent without a daemon', async () => {
    expect(await warren(['__complete', 'up', ''], { unreachable: true })).toMatchObject({ code: 0, out: '', err: '' })
  })

  it('prints a script for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect((await warren(['completion', shell])).out).toContain('warren __complete')
    }
  })
})
