import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAgent } from '../../../src/engine/ssh/_agent'
import { chooseAgent } from '../../../src/engine/ssh/_agent-path'
import { certificateTypeOf, certifiedType, parseCertificate } from '../../../src/engine/ssh/_certificate'
import { algorithmsFor } from '../../../src/engine/ssh/_key-algorithms'
import { readKeyFile, readPublicKey } from '../../../src/engine/ssh/_key-file'
import { makeAuthority } from '../../support/authority'
import { makeKey } from '../../support/sshd'
import { loginFault, makeWorld, serverSpec, withSession } from './harness'
import { startFakeServer } from './fake-server'

describe('which agent', () => {
  const environment = {
    ...makeWorld({ agentSocket: '/run/agent' }).ports.environment,
    agentSocket: '/run/agent',
    homeDir: '/home/me',
    variable: (name: string) => ({ WORK_AGENT: '/run/work' })[name],
  }
  it.each([
    [null, '/run/agent'],
    ['SSH_AUTH_SOCK', '/run/agent'],
    ['$SSH_AUTH_SOCK', '/run/agent'],
    ['$WORK_AGENT', '/run/work'],
    ['${WORK_AGENT}', '/run/work'],
    ['$NO_SUCH_AGENT', undefined],
    ['none', undefined],
    ['pageant', 'pageant'],
    ['~/agent.sock', '/home/me/agent.sock'],
    ['\\\\.\\pipe\\openssh-ssh-agent', '\\\\.\\pipe\\openssh-ssh-agent'],
  ])('%s is %s', (written, path) => {
    expect(chooseAgent(written, environment)?.path).toBe(path)
  })
})

it('asks again without the session when an agent hangs up on what it does not know', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'warren-old-agent-'))
  const asked: (number | undefined)[] = []
  const server = createServer((client) => {
    client.on('error', () => undefined)
    client.on('data', (request: Buffer) => {
      asked.push(request[4])
      if (request[4] === 27) client.destroy()
      else client.write(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]))
    })
  })
  server.listen(join(dir, 'socket'))
  await once(server, 'listening')
  const session = { hostKey: Buffer.alloc(1), sessionId: Buffer.alloc(1), signature: Buffer.alloc(1) }
  const agent = openAgent(join(dir, 'socket'), session)
  expect(await agent.keys(new AbortController().signal)).toEqual([])
  expect(await agent.keys(new AbortController().signal)).toEqual([])
  expect(asked).toEqual([27, 11, 11])
  server.close()
  rmSync(dir, { recursive: true })
})

describe('signature algorithms', () => {
  const names = (type: string, server: string[] | null, own?: string[]): string[] =>
    algorithmsFor(type, { server, own }).map(({ request, signature }) =>
      request === signature ? request : `${request} ${signature}`,
    )
  it.each([
    ['ssh-ed25519', null, undefined, ['ssh-ed25519']],
    ['ssh-ed25519', ['rsa-sha2-256'], undefined, ['ssh-ed25519']],
    ['ssh-rsa', ['ssh-rsa', 'rsa-sha2-256', 'rsa-sha2-512'], undefined, ['rsa-sha2-512']],
    ['ssh-rsa', ['rsa-sha2-256', 'rsa-sha2-512'], ['rsa-sha2-256', 'rsa-sha2-512'], ['rsa-sha2-256']],
    ['ssh-rsa', null, undefined, ['rsa-sha2-512', 'rsa-sha2-256']],
    // SHA-1 only for who asks for it.
    ['ssh-rsa', ['ssh-rsa'], undefined, []],
    ['ssh-rsa', ['ssh-rsa'], ['ssh-rsa'], ['ssh-rsa']],
    ['ssh-rsa', null, ['ssh-ed25519'], []],
    ['ssh-rsa-cert-v01@openssh.com', ['rsa-sha2-512'], undefined, ['rsa-sha2-512-cert-v01@openssh.com rsa-sha2-512']],
    ['sk-ssh-ed25519@openssh.com', null, undefined, ['sk-ssh-ed25519@openssh.com']],
    [
      'sk-ssh-ed25519-cert-v01@openssh.com',
      null,
      undefined,
      ['sk-ssh-ed25519-cert-v01@openssh.com sk-ssh-ed25519@openssh.com'],
    ],
  ])('of %s, the server taking %s and we %s: %s', (type, server, own, expected) => {
    expect(names(type, server, own)).toEqual(expected)
  })
})

describe('key files', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'warren-keys-'))
  })
  afterAll(() => {
    rmSync(dir, { recursive: true })
  })

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('tell what a certificate of an %s key says', (type) => {
    const file = join(dir, `certified-${type}`)
    makeKey(file, type)
    const validity = '20300101000000Z:20310101000000Z'
    const path = makeAuthority(dir).sign(file, { principals: ['me', 'you'], validity })
    const plain = readPublicKey(readFileSync(`${file}.pub`))
    const blob = readPublicKey(readFileSync(path)) ?? Buffer.alloc(0)
    const certificate = parseCertificate(blob)
    expect(certificate).toMatchObject({
      kind: 'user',
      serial: 1n,
      keyId: 'test-1',
      principals: ['me', 'you'],
      validAfter: new Date('2030-01-01T00:00:00Z'),
      validBefore: new Date('2031-01-01T00:00:00Z'),
    })
    expect(certificate?.publicKey.equals(plain ?? Buffer.alloc(0))).toBe(true)
    expect(certificateTypeOf(certifiedType(certificate?.type ?? '') ?? '')).toBe(certificate?.type)
    for (let cut = 0; cut < blob.length; cut += 7) expect(parseCertificate(blob.subarray(0, cut))).toBeNull()
  })

  it('have the same public half in every form', async () => {
    const file = join(dir, 'forms')
    makeKey(file, 'ecdsa')
    const plain = readPublicKey(readFileSync(`${file}.pub`)) ?? Buffer.alloc(0)
    const ppk = join(dir, 'forms.ppk')
    execFileSync('puttygen', [file, '-o', ppk, '-O', 'private'])
    const exported = execFileSync('ssh-keygen', ['-e', '-m', 'RFC4716', '-f', `${file}.pub`])
    makeKey(join(dir, 'pem'), 'rsa', { pem: true })
    const pkcs8 = execFileSync('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', join(dir, 'pem')])
    expect(await readKeyFile(readFileSync(file))).toMatchObject({ kind: 'private', blob: plain })
    expect(await readKeyFile(readFileSync(ppk))).toMatchObject({ kind: 'private', blob: plain })
    expect(await readKeyFile(exported)).toEqual({ kind: 'public', blob: plain })
    const rsa = readPublicKey(readFileSync(join(dir, 'pem.pub')))
    expect(await readKeyFile(pkcs8)).toMatchObject({ kind: 'private', blob: rsa })
  })

  it('are unlocked beside the main thread, which goes on', async () => {
    const file = join(dir, 'slow')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-a', '16', '-N', 'right', '-f', file])
    const found = await readKeyFile(readFileSync(file))
    if (found.kind !== 'locked') throw new Error(`It is ${found.kind}`)
    let turns = 0
    const turn = setInterval(() => (turns += 1), 1)
    expect((await found.unlock('right'))?.blob.equals(found.blob ?? Buffer.alloc(0))).toBe(true)
    clearInterval(turn)
    expect(turns).toBeGreaterThan(10)
  })

  it('that are cut, bent or something else are never taken for keys, and never throw', async () => {
    const file = join(dir, 'bent')
    makeKey(file, 'ed25519')
    const whole = readFileSync(file)
    for (let cut = 0; cut < whole.length; cut += 11) {
      const part = await readKeyFile(whole.subarray(0, cut))
      expect(part.kind).toBe('unusable')
    }
    for (const text of [
      '',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 99999999\nAAAA\n',
      'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nKey-Derivation: Argon2id\nArgon2-Memory: 99999999\n',
      '---- BEGIN SSH2 PUBLIC KEY ----\n---- END SSH2 PUBLIC KEY ----\n',
      'ssh-ed25519 AAAAB3NzaC1yc2E=\n',
    ]) {
      expect(await readKeyFile(Buffer.from(text))).toMatchObject({ kind: 'unusable' })
    }
  })

  it('of a default name that only an agent could use are nobody’s mistake', async () => {
    const server = await startFakeServer((context) => {
      context.reject(['publickey'])
    })
    const world = makeWorld()
    execFileSync('mkdir', ['-p', join(world.homeDir, '.ssh')])
    writeFileSync(join(world.homeDir, '.ssh', 'id_rsa.pub'), 'ssh-rsa AAAAB3NzaC1yc2E= me\n')
    const fault = await loginFault(serverSpec({ port: server.port }), world)
    expect(fault).toMatchObject({ code: 'key.needs-agent', field: null })
    expect(world.logged.filter(({ code }) => code === 'key.needs-agent')).toEqual([])
    await server.close()
  })
})

describe('what the ssh config says of a login', () => {
  it('is the order of the methods, how often is asked, and what is switched off', async () => {
    const server = await startFakeServer((context) => {
      if (context.method === 'password' && context.password === 'right') context.accept()
      else context.reject(['publickey', 'password', 'keyboard-interactive'])
    })
    const world = makeWorld({
      answer: (question) =>
        question.kind === 'password'
          ? { kind: 'password', password: 'wrong' }
          : { kind: 'host-key', decision: 'trust' },
    })
    const plain = serverSpec({ port: server.port, agent: 'none' })
    const once = { ...plain, config: { preferredAuthentications: ['password'], numberOfPasswordPrompts: 1 } }
    const fault = await loginFault(once, world)
    expect(world.asked.filter(({ kind }) => kind === 'password')).toHaveLength(1)
    expect(fault.fix).toContain('PreferredAuthentications in its ssh config leaves out publickey.')
    const off = { ...plain, config: { passwordAuthentication: false, kbdInteractiveAuthentication: false } }
    expect((await loginFault(off, world)).fix).toContain('Its ssh config says PasswordAuthentication no.')
    world.secrets.set('password root', 'right')
    await withSession(once, async () => undefined, world)
    await server.close()
  })
})
