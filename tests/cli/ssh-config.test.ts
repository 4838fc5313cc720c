import { describe, expect, it } from 'vitest'
import type { Need } from '@shared/needs'
import type { ServerConfig } from '@shared/resolved-config'
import { server, view, warren } from './_fake-world'

const config = '/home/me/.ssh/config'
const alpha = server({ name: 'alpha', id: 'config:alpha', configHost: 'alpha', host: 'alpha.example', port: 2222 })
const shown: ServerConfig = {
  host: 'alpha',
  origin: { kind: 'file', file: config, line: 3 },
  lines: [{ line: 'port 2222', origin: { kind: 'file', file: config, line: 4 } }],
  unhonoured: [
    {
      ...{ keyword: 'forwardagent', value: 'yes', origin: { kind: 'file', file: config, line: 5 } },
      ...{ support: 'unsupported', reason: 'Warren opens no shell to forward into' },
    },
  ],
  execAsked: [],
  fault: null,
}

describe('a server of the ssh config', () => {
  const answers = { 'servers.list': () => [alpha, server()], 'config.server': () => shown }

  it('is marked in the list', async () => {
    const { out } = await warren(['server', 'ls'], { answers })
    expect(out.split('\n')).toEqual(['alpha    alpha.example:2222    ssh config', 'bastion  bastion.example', ''])
  })

  it('shows where it is written, what it says, and what is not acted upon', async () => {
    const { code, out } = await warren(['server', 'show', 'alpha'], { answers })
    expect(code).toBe(0)
    expect(out).toContain(`ssh config    alpha, ${config}:3\n`)
    expect(out).toContain(`  port 2222  ${config}:4\n`)
    expect(out).toContain(`  ${config}:5: forwardagent yes: Warren opens no shell to forward into\n`)
    const document = JSON.parse((await warren(['server', 'show', 'alpha', '--json'], { answers })).out) as object
    expect(document).toMatchObject({ name: 'alpha', config: { origin: { line: 3 } } })
  })

  it('is dialled by its config when it is typed, and what was typed wins', async () => {
    const run = { ...answers, 'forwards.runAdHoc': () => ({ ids: [] }), 'forwards.wait': () => [] }
    const drafts = async (...words: string[]): Promise<unknown> =>
      (await warren(['run', '-L', '1:db:2', ...words], { answers: run })).params('forwards.runAdHoc')
    expect(await drafts('alpha')).toMatchObject({ server: { configHost: 'alpha', port: 22, username: null } })
    expect(await drafts('me@alpha')).toMatchObject({ server: { configHost: 'alpha', username: 'me' } })
    expect(await drafts('other')).toMatchObject({ server: { configHost: null } })
    expect(await drafts('-J', 'alpha', 'other')).toMatchObject({
      server: { configHost: null, host: 'other' },
      jumps: [{ configHost: 'alpha', host: 'alpha' }],
    })
  })

  it('is used for a pasted command, or made with the login that was typed', async () => {
    const add = {
      ...answers,
      'forwards.add': () => view(),
      'servers.add': () => server({ name: 'alpha-2' }),
    }
    const plain = await warren(['add', 'x', '--command', 'ssh -L 1:db:2 alpha'], { answers: add })
    expect(plain.params('forwards.add')).toMatchObject({ serverId: 'config:alpha' })
    const typed = await warren(['add', 'x', '--command', 'ssh -L 1:db:2 me@alpha'], { answers: add })
    expect(typed.params('servers.add')).toMatchObject({ configHost: 'alpha', username: 'me', name: 'alpha-2' })
  })
})

describe('forward lines of the ssh config', () => {
  it('do not start with --all', async () => {
    const own = view({ name: 'own' })
    const line = view({ name: 'line', spec: { configLine: 'alpha LocalForward 1 db:2' } })
    const answers = { 'forwards.list': () => [own, line], 'forwards.start': () => [own], 'forwards.wait': () => [own] }
    const all = await warren(['up', '--all'], { answers })
    expect(all.params('forwards.start')).toMatchObject({ ids: ['id-own'] })
    const alone = await warren(['up', '--all'], { answers: { 'forwards.list': () => [line] } })
    expect([alone.code, alone.out]).toEqual([0, ''])
    expect(alone.err).toContain('start when they are named')
    const named = await warren(['up', 'line'], { answers })
    expect(named.params('forwards.start')).toMatchObject({ ids: ['id-line'] })
  })
})

describe('import --ssh-config', () => {
  const taken = {
    servers: [server({ name: 'gate' })],
    forwards: [view({ name: 'gate-db', spec: { serverId: 'id-gate' } }).spec],
    skipped: [{ name: 'old', reason: 'It is the server old already.' }],
    unhonoured: shown.unhonoured,
  }
  const answers = { 'config.import': () => taken }

  it('says what was added, what was left out and what was not taken over', async () => {
    const { code, out, err, params } = await warren(['import', '--ssh-config', 'my.conf'], { answers })
    expect(code).toBe(0)
    expect(params('config.import')).toEqual({ file: '/srv/here/my.conf' })
    expect(out).toContain('Added the server gate: bastion.example\n')
    expect(out).toContain('Added gate-db: People here connect to')
    expect(out).toContain('1 server and 1 forward added; none was started.\n')
    expect(err).toContain('Left out old: It is the server old already.\n')
    expect(err).toContain(`Not taken over: ${config}:5: forwardagent yes: `)
  })

  it('takes the usual files without a path, and wants to be told what to import', async () => {
    expect((await warren(['import', '--ssh-config'], { answers })).params('config.import')).toEqual({ file: null })
    expect((await warren(['import'])).code).toBe(64)
  })
})

describe('a command of the ssh config', () => {
  const need: Need = {
    ...{ id: 'n1', serverId: 'config:alpha', server: 'alpha', login: 'alpha', forwardIds: ['id-db'] },
    ...{ raisedAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-01T00:02:00.000Z' },
    ...{ kind: 'allow-command', purpose: 'proxy-command', command: 'tunnel a\tb', file: config, line: 7 },
  }
  const answers = {
    'forwards.list': () => [view()],
    'servers.list': () => [alpha],
    'forwards.start': () => [view()],
    'forwards.wait': () => [view()],
    'needs.list': () => [need],
  }

  it('is shown with its line before it may run', async () => {
    const { err, params } = await warren(['up', 'db'], { answers, typed: ['maybe', 'yes'] })
    expect(err).toContain('The ssh config reaches alpha by a command.\n')
    expect(err).toContain(`${config}:7\n`)
    expect(err).toContain('tunnel a b\n')
    expect(params('needs.answer')).toEqual({ id: 'n1', answer: { kind: 'allow-command', decision: 'allow' } })
  })

  it('is cancelled at once where nobody is', async () => {
    const { params } = await warren(['up', 'db'], { answers })
    expect(params('needs.answer')).toEqual({ id: 'n1', answer: { kind: 'cancel' } })
  })
})
