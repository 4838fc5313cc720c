import { describe, expect, it } from 'vitest'
import {
  changeServerForm,
  emptyServerForm,
  jumpChoices,
  readServerForm,
  serverFormOf,
  spreadDestination,
} from '../../../src/renderer/src/screens/servers/server-form'
import { makeServer } from '../harness/_data'

describe('reading the form of a server', () => {
  it.each([
    makeServer('plain'),
    makeServer('keys', {
      identityFiles: ['~/.ssh/a', '~/.ssh/b'],
      identitiesOnly: true,
      agent: 'none',
      username: 'me',
    }),
    makeServer('hop', { jump: ['server-plain'], hostKeyPolicy: 'strict', port: 2222 }),
    makeServer('proxied', { proxy: 'socks5://127.0.0.1:1080', agent: '/run/agent.sock' }),
    makeServer('direct', { addressFamily: 'inet6', sourceAddress: '2001:db8::7' }),
    makeServer('command', { proxyCommand: 'nc %h %p', keepaliveSeconds: 0, connectTimeoutSeconds: 60 }),
  ])('gives $name back as it was', (server) => {
    const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, demo: _demo, configHost: _host, ...rest } = server
    expect(readServerForm(serverFormOf(server))).toEqual({ ok: true, draft: rest })
  })

  it('says in words what is wrong with each field', () => {
    const reading = readServerForm({
      ...emptyServerForm,
      port: '0',
      way: 'jump',
      keepaliveSeconds: 'x',
      agent: 'path',
    })
    expect(reading).toEqual({
      ok: false,
      errors: {
        name: 'Name must not be empty.',
        host: 'Host must not be empty.',
        port: 'Port must be 1 to 65535.',
        agent: 'Agent socket must not be empty.',
        jump: 'Add the server to jump through.',
        keepaliveSeconds: 'Keepalive must be 0 to 3600 seconds.',
      },
    })
  })

  it('refuses a proxy of another kind', () => {
    const form = { ...emptyServerForm, name: 'a', host: 'a', way: 'proxy' as const, proxy: 'ftp://x' }
    expect(readServerForm(form)).toMatchObject({
      ok: false,
      errors: { proxy: expect.stringContaining('must start with') as string },
    })
  })

  it('spreads a whole destination over its fields', () => {
    const spread = (host: string): unknown => spreadDestination({ ...emptyServerForm, host })
    expect(spread('me@bastion.example:2222')).toEqual({ host: 'bastion.example', port: '2222', username: 'me' })
    expect(spread('bastion.example')).toBeNull()
    expect(spread('2001:db8::17')).toBeNull()
  })

  it('names the server after its host until it is named', () => {
    const form = changeServerForm(emptyServerForm, { host: 'bastion.example' })
    expect(form.name).toBe('bastion')
    expect(changeServerForm(changeServerForm(form, { name: 'b' }), { host: 'other' }).name).toBe('b')
    expect(changeServerForm(form, { host: '192.0.2.7' }).name).toBe('192.0.2.7')
    expect(changeServerForm(form, { host: '2001:db8::1' }).name).toBe('2001:db8::1')
  })
})

describe('a jump chain', () => {
  const a = makeServer('a')
  const b = makeServer('b', { jump: ['server-a'] })
  const c = makeServer('c', { jump: ['server-b'] })
  const names = (self: string | null, chosen: readonly string[] = []): readonly string[] =>
    jumpChoices([a, b, c], self, chosen).map((server) => server.name)

  it('offers no server whose own way leads back', () => {
    expect(names('server-a')).toEqual([])
    expect(names('server-b')).toEqual(['a'])
    expect(names('server-c')).toEqual(['a', 'b'])
  })
  it('offers each server once', () => {
    expect(names(null, ['server-b'])).toEqual(['a', 'c'])
  })
})
