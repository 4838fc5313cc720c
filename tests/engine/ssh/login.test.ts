import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkLeaks } from '../../support/leaks'
import { makeKey } from '../../support/sshd'
import { startFakeServer, type FakeServer } from './fake-server'
import { loginFault, makeWorld, serverSpec, withSession, type World } from './harness'

const nothing = async (): Promise<void> => undefined
const trust = { kind: 'host-key', decision: 'trust' } as const

function answering(passwords: string[]): World {
  return makeWorld({
    answer: (question) =>
      question.kind === 'password' ? { kind: 'password', password: passwords.shift() ?? 'none left' } : trust,
  })
}

describe('logins with passwords and prompts', () => {
  checkLeaks()
  let server: FakeServer
  afterEach(() => server.close())
  const spec = (): ReturnType<typeof serverSpec> => serverSpec({ port: server.port, username: 'ann', agent: 'none' })

  const startPasswordServer = async (right: string): Promise<void> => {
    server = await startFakeServer((context) => {
      if (context.method === 'password' && context.password === right) context.accept()
      else context.reject(['password'])
    })
  }

  it('checks the host key before it asks for a password, and keeps a password that worked', async () => {
    await startPasswordServer('right')
    const world = answering(['right'])
    await withSession(spec(), nothing, world)
    expect(world.asked.map(({ kind }) => kind)).toEqual(['host-key', 'password'])
    expect(world.secrets.get('password ann')).toBe('right')
    await withSession(spec(), nothing, world)
    expect(world.asked).toHaveLength(2)
  })

  it('forgets a saved password that is refused, and asks', async () => {
    await startPasswordServer('new')
    const world = answering(['new'])
    world.secrets.set('password ann', 'old')
    await withSession(spec(), nothing, world)
    expect(world.asked[1]).toMatchObject({ kind: 'password', refused: true })
    expect(world.secrets.get('password ann')).toBe('new')
  })

  it('gives up after three wrong passwords as ssh does, in one connection', async () => {
    await startPasswordServer('right')
    const world = answering(['wrong', 'wrong again', 'wrong for good'])
    const fault = await loginFault(spec(), world)
    expect(fault.code).toBe('ssh.auth-failed')
    expect(fault.message).toContain('accepts password')
    expect(fault.message).toContain('offered a password')
    expect(world.asked.filter(({ kind }) => kind === 'password')).toHaveLength(3)
    expect(server.connections()).toBe(1)
  })

  it("shows the server's own prompts, over several rounds", async () => {
    server = await startFakeServer((context) => {
      if (context.method !== 'keyboard-interactive') {
        context.reject(['keyboard-interactive'])
        return
      }
      context.prompt([{ prompt: 'Passwort: ', echo: false }], 'Anmeldung', 'Zwei Schritte', (first) => {
        context.prompt([{ prompt: 'Code: ', echo: true }], (second) => {
          if (first[0] === 'geheim' && second[0] === '123456') context.accept()
          else context.reject()
        })
      })
    })
    const answers = [['geheim'], ['123456']]
    const world = makeWorld({
      answer: (question) =>
        question.kind === 'keyboard-interactive'
          ? { kind: 'keyboard-interactive', answers: answers.shift() ?? [] }
          : trust,
    })
    await withSession(spec(), nothing, world)
    expect(world.asked.slice(1)).toMatchObject([
      { name: 'Anmeldung', instruction: 'Zwei Schritte', prompts: [{ text: 'Passwort: ', echo: false }] },
      { prompts: [{ text: 'Code: ', echo: true }] },
    ])
  })

  it('goes on after a key was only half of the login', async () => {
    let keyAccepted = false
    server = await startFakeServer((context) => {
      if (context.method === 'publickey' && !keyAccepted) {
        if (context.signature === undefined) context.accept()
        else {
          keyAccepted = true
          context.reject(['keyboard-interactive'], true)
        }
      } else if (context.method === 'keyboard-interactive' && keyAccepted) {
        context.prompt([{ prompt: 'OTP: ', echo: false }], (answers) => {
          if (answers[0] === '42') context.accept()
          else context.reject()
        })
      } else context.reject(['publickey'])
    })
    const world = makeWorld({
      answer: (question) =>
        question.kind === 'keyboard-interactive' ? { kind: 'keyboard-interactive', answers: ['42'] } : trust,
    })
    const key = join(world.homeDir, 'key')
    makeKey(key, 'ed25519')
    await withSession({ ...spec(), identityFiles: [key] }, nothing, world)
    expect(world.asked.map(({ kind }) => kind)).toEqual(['host-key', 'keyboard-interactive'])
  })

  it('stops at once when nobody answers', async () => {
    await startPasswordServer('right')
    const world = makeWorld({
      answer: (question) => {
        if (question.kind === 'host-key') return trust
        throw new Error('nobody there')
      },
    })
    await expect(withSession(spec(), nothing, world)).rejects.toThrow('nobody there')
  })

  it('says that nothing could be offered when there is no key', async () => {
    server = await startFakeServer((context) => {
      context.reject(['publickey'])
    })
    const fault = await loginFault(spec())
    expect(fault).toMatchObject({ code: 'ssh.auth-failed' })
    expect(fault.message).toContain('offered nothing')
  })
})
