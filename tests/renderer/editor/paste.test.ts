import { describe, expect, it } from 'vitest'
import { emptyForm } from '../../../src/renderer/src/screens/editor/form'
import { NEW_SERVER } from '../../../src/renderer/src/screens/editor/new-server'
import { pasteCommand } from '../../../src/renderer/src/screens/editor/paste'
import { splitHostPort } from '../../../src/renderer/src/screens/editor/suggest'
import { makeServer } from '../harness/_data'

const context = { form: emptyForm, servers: [makeServer('bastion', { username: 'me' })], localUser: 'me' }

describe('a pasted ssh command', () => {
  it('fills both ends and plans the server that is not there yet', () => {
    const pasted = pasteCommand('ssh -J jump.example -p 2222 -L 15432:db:5432 ops@inner.example', context)
    expect(pasted).toMatchObject({
      ok: true,
      form: { type: 'local', listenPort: '15432', targetHost: 'db', targetPort: '5432', serverId: NEW_SERVER },
      newServer: { destination: 'ops@inner.example:2222', name: 'inner.example', jumps: [{ host: 'jump.example' }] },
    })
  })

  it('uses a server that is there, by its login or by its name', () => {
    for (const destination of ['bastion.example.net', 'me@bastion.example.net', 'bastion']) {
      expect(pasteCommand(`ssh -D 1080 ${destination}`, context)).toMatchObject({
        form: { type: 'dynamic', serverId: 'server-bastion' },
        newServer: null,
      })
    }
    expect(pasteCommand('ssh -D 1080 other@bastion.example.net', context)).toMatchObject({
      form: { serverId: NEW_SERVER },
    })
  })

  it('says what it leaves out', () => {
    const pasted = pasteCommand('ssh -C -L 1:a:1 -L 2:b:2 me@bastion.example.net', context)
    expect(pasted.ok && pasted.notes).toEqual([
      'bastion is a server already and is used as it is.',
      'The command has 2 forwards; this form takes the first.',
      'Not used: -C.',
    ])
  })

  it('says what is wrong with it', () => {
    expect(pasteCommand('scp a b', context)).toMatchObject({
      ok: false,
      error: expect.stringContaining('not with ssh') as string,
    })
    expect(pasteCommand('ssh -L 99999:db:1 me@h', context)).toMatchObject({ ok: false })
  })
})

describe('a host typed with its port', () => {
  it.each([
    ['db:5432', 'db', '5432'],
    ['[::1]:80', '::1', '80'],
    ['http://web.internal/path', 'web.internal', '80'],
    ['https://web:8443', 'web', '8443'],
  ])('splits %s', (text, host, port) => {
    expect(splitHostPort(text)).toEqual({ host, port })
  })
  it.each(['db', '2001:db8::1', '/run/x.sock', 'db:port'])('leaves %s alone', (text) => {
    expect(splitHostPort(text)).toBeNull()
  })
})
