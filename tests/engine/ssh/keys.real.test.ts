import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkLeaks } from '../../support/leaks'
import { makeKey, startSshd, type Sshd } from '../../support/sshd'
import { loginFault, makeWorld, specOf, withSession } from './harness'

const nothing = async (): Promise<void> => undefined
const trust = { kind: 'host-key', decision: 'trust' } as const

describe('key logins at a real sshd', () => {
  checkLeaks()
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())

  const key = (name: string, ...rest: [Parameters<typeof makeKey>[1], Parameters<typeof makeKey>[2]?]): string => {
    const file = join(sshd.dir, name)
    makeKey(file, ...rest)
    sshd.authorize(`${file}.pub`)
    return file
  }

  it.each([
    ['ed25519', false],
    ['ecdsa', false],
    ['ecdsa', true],
    ['rsa', false],
    ['rsa', true],
  ] as const)('logs in with an %s key, PEM %s', async (type, pem) => {
    const file = key(`plain-${type}-${String(pem)}`, type, { pem })
    await withSession(specOf(sshd, { identityFiles: [file] }), nothing)
  })

  it('asks for a passphrase only when the server wants the key, up to three times', async () => {
    const locked = key('locked', 'ed25519', { passphrase: 'right' })
    const unwanted = join(sshd.dir, 'unwanted')
    makeKey(unwanted, 'ed25519', { passphrase: 'secret' })
    const tries = ['wrong', 'right']
    const world = makeWorld({
      answer: (question) =>
        question.kind === 'passphrase' ? { kind: 'passphrase', passphrase: tries.shift() ?? '' } : trust,
    })
    const server = specOf(sshd, { identityFiles: [unwanted, locked] })
    await withSession(server, nothing, world)
    expect(world.asked.slice(1)).toMatchObject([
      { kind: 'passphrase', keyFile: locked, refused: false },
      { kind: 'passphrase', keyFile: locked, refused: true },
    ])
    await withSession(server, nothing, world)
    expect(world.asked).toHaveLength(3)
  })

  it('gives up after three wrong passphrases', async () => {
    const locked = key('locked-for-good', 'rsa', { passphrase: 'right', pem: true })
    const world = makeWorld({
      answer: (question) => (question.kind === 'passphrase' ? { kind: 'passphrase', passphrase: 'wrong' } : trust),
    })
    expect(await loginFault(specOf(sshd, { identityFiles: [locked] }), world)).toMatchObject({ code: 'key.passphrase' })
    expect(world.asked.filter(({ kind }) => kind === 'passphrase')).toHaveLength(3)
  })

  it('ends the login when the person cancels', async () => {
    const locked = key('cancelled', 'ed25519', { passphrase: 'right' })
    const world = makeWorld({ answer: (question) => (question.kind === 'host-key' ? trust : { kind: 'cancel' }) })
    expect(await loginFault(specOf(sshd, { identityFiles: [locked] }), world)).toMatchObject({ code: 'need.cancelled' })
  })

  it('names the file when a key is missing, not a key, or open to others', async () => {
    const notKey = join(sshd.dir, 'not-a-key')
    writeFileSync(notKey, 'hello', { mode: 0o600 })
    const open = key('open', 'ed25519')
    chmodSync(open, 0o644)
    for (const [file, code] of [
      [join(sshd.dir, 'nowhere'), 'key.missing'],
      [notKey, 'key.not-a-key'],
      [sshd.dir, 'key.not-a-key'],
      [open, 'key.too-open'],
    ] as const) {
      const world = makeWorld()
      const fault = await loginFault(specOf(sshd, { identityFiles: [file] }), world)
      expect(fault).toMatchObject({ code, field: 'identityFiles.0' })
      expect(fault.message).toContain(file)
      expect(world.logged).toMatchObject([{ level: 'warn', code }])
    }
  })

  it('warns about one bad key and logs in with the next', async () => {
    const world = makeWorld()
    const files = [join(sshd.dir, 'nowhere'), sshd.clientKey]
    await withSession(specOf(sshd, { identityFiles: files }), nothing, world)
    expect(world.logged).toMatchObject([{ code: 'key.missing' }])
  })

  it('uses the default keys of the home folder when none is listed', async () => {
    const world = makeWorld()
    mkdirSync(join(world.homeDir, '.ssh'))
    writeFileSync(join(world.homeDir, '.ssh', 'id_ed25519'), readFileSync(sshd.clientKey), { mode: 0o600 })
    await withSession(specOf(sshd, { identityFiles: [] }), nothing, world)
  })

  it('says what the server accepts and what was offered', async () => {
    const stranger = join(sshd.dir, 'stranger')
    makeKey(stranger, 'ed25519')
    const fault = await loginFault(specOf(sshd, { identityFiles: [stranger] }))
    expect(fault.code).toBe('ssh.auth-failed')
    expect(fault.message).toContain('accepts publickey')
    expect(fault.message).toContain('offered publickey with 1 key')
  })

  describe('with an agent', () => {
    let agent: ChildProcess
    let socket: string
    beforeAll(async () => {
      socket = join(sshd.dir, 'agent.sock')
      agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
      if (agent.stdout !== null) await once(agent.stdout, 'data')
      for (const name of ['noise-1', 'noise-2']) makeKey(join(sshd.dir, name), 'ed25519')
      const env = { ...process.env, SSH_AUTH_SOCK: socket }
      for (const file of ['noise-1', 'noise-2', 'client']) {
        execFileSync('ssh-add', ['-q', join(sshd.dir, file)], { env, stdio: 'ignore' })
      }
    })
    afterAll(async () => {
      const exited = once(agent, 'exit')
      agent.kill()
      await exited
    })

    it('logs in with a key that only the agent holds', async () => {
      await withSession(specOf(sshd, { identityFiles: [] }), nothing, makeWorld({ agentSocket: socket }))
      await withSession(specOf(sshd, { identityFiles: [], agent: socket }), nothing)
    })

    it('offers only listed keys when told so, the agent holding the private half', async () => {
      const few = await startSshd({
        config: ['MaxAuthTries 2', `AuthorizedKeysFile ${join(sshd.dir, 'authorized_keys')}`],
      })
      const publicHalf = `${sshd.clientKey}.pub`
      const world = makeWorld({ agentSocket: socket })
      const server = specOf(few, { identityFiles: [publicHalf], identitiesOnly: true })
      await withSession(server, nothing, world)
      await few.stop()
    })

    it('says so when the agent does not answer', async () => {
      const world = makeWorld({ agentSocket: join(sshd.dir, 'no-agent') })
      expect(await loginFault(specOf(sshd, { identityFiles: [] }), world)).toMatchObject({ code: 'agent.unreachable' })
    })

    it('leaves the agent alone for "none"', async () => {
      const world = makeWorld({ agentSocket: socket })
      expect(await loginFault(specOf(sshd, { identityFiles: [], agent: 'none' }), world)).toMatchObject({
        code: 'ssh.auth-failed',
      })
    })
  })
})
