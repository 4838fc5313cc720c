import { execFileSync } from 'node:child_process'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfiguredOptions, ServerPlan } from '../../../src/engine/ssh/types'
import { checkLeaks } from '../../support/leaks'
import { startSshd, type HostKeyType, type Sshd } from '../../support/sshd'
import { makeAuthority, publicKeyOf, type Authority } from './_authority'
import {
  dialLocal,
  digest,
  listenEcho,
  listenForward,
  sendNoise,
  loginFault,
  makeWorld,
  specOf,
  withSession,
  type World,
} from './harness'

const MEGABYTE = 1024 * 1024

describe('host certificates of a real sshd', () => {
  checkLeaks()
  let sshd: Sshd
  let authority: Authority
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'], config: ['RekeyLimit 1M', 'LogLevel DEBUG'] })
    authority = makeAuthority()
    writeFileSync(
      join(sshd.dir, 'sshd_config'),
      ['ed25519', 'ecdsa', 'rsa']
        .map((type) => `HostCertificate ${join(sshd.dir, `host_${type}-cert.pub`)}\n`)
        .join(''),
      { flag: 'a' },
    )
  })
  afterAll(async () => {
    await sshd.stop()
    rmSync(authority.dir, { recursive: true, force: true })
  })

  /** sshd shows these certificates from now on, and no others. */
  const show = async (types: readonly HostKeyType[], by: Authority, options?: readonly string[]): Promise<void> => {
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const file = join(sshd.dir, `host_${type}-cert.pub`)
      rmSync(file, { force: true })
      if (types.includes(type)) copyFileSync(by.sign(join(sshd.dir, `host_${type}.pub`), options), file)
    }
    await sshd.restart()
  }
  const known = (...lines: readonly string[]): string => {
    const file = join(sshd.dir, 'known')
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
    return file
  }
  const trusting = (by: Authority, ...more: readonly string[]): World =>
    makeWorld({ knownHostsFiles: [known(`@cert-authority * ${by.publicKey}`, ...more)] })
  const planOf = (config: ConfiguredOptions = {}, change: Partial<ServerPlan> = {}): ServerPlan => ({
    ...specOf(sshd, change),
    config,
  })
  const strict = { strictHostKeyChecking: 'yes' } as const

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)(
    'trusts an %s key in a certificate without a question',
    async (type) => {
      await show([type], authority)
      const world = trusting(authority)
      await withSession(
        planOf(),
        async (session) => {
          const prefix = { ed25519: 'ssh-ed25519', ecdsa: 'ecdsa-sha2-nistp256', rsa: 'rsa-sha2-512' }[type]
          expect(session.snapshot().algorithms?.hostKey).toBe(`${prefix}-cert-v01@openssh.com`)
        },
        world,
      )
      expect([world.asked, world.pins]).toEqual([[], []])
    },
  )

  it.each(['ecdsa', 'rsa'] as const)('trusts certificates that an %s authority signed', async (type) => {
    const by = makeAuthority(type, authority.dir)
    await show(['ed25519'], by)
    const world = trusting(by)
    await withSession(planOf(strict), async () => undefined, world)
    expect(world.asked).toEqual([])
  })

  it('hashes the whole certificate in every kind of key exchange', async () => {
    await show(['ed25519'], authority)
    const exchanges = [
      'curve25519-sha256',
      'ecdh-sha2-nistp256',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group-exchange-sha256',
    ]
    for (const exchange of exchanges) {
      await withSession(
        planOf({ ...strict, kexAlgorithms: [exchange] }),
        async (session) => {
          expect(session.snapshot().algorithms).toMatchObject({
            kex: exchange,
            hostKey: 'ssh-ed25519-cert-v01@openssh.com',
          })
        },
        trusting(authority),
      )
    }
  })

  it('goes on with the certificate at every later key exchange', async () => {
    await show(['ed25519'], authority)
    const echo = await listenEcho()
    await withSession(
      planOf(strict),
      async (session) => {
        const forward = await listenForward(session, { host: '127.0.0.1', port: echo.port })
        const socket = await dialLocal(forward.port)
        const back = digest(socket)
        const sent = await sendNoise(socket, 8 * MEGABYTE)
        expect(await back).toEqual({ bytes: 8 * MEGABYTE, sha256: sent })
        await forward.close()
      },
      trusting(authority),
    )
    await echo.close()
    expect(sshd.log()).toContain('rekeying')
  })

  it.each([
    ['has expired', ['-h', '-n', '127.0.0.1', '-V', '20200101:20200201'], 'ssh.host-cert-expired', /expired on 2020-0/],
    [
      'is not valid yet',
      ['-h', '-n', '127.0.0.1', '-V', '20900101:20910101'],
      'ssh.host-cert-not-yet-valid',
      /only from 2/,
    ],
    [
      'is for another name',
      ['-h', '-n', 'db.example,*.test'],
      'ssh.host-cert-principal',
      /for db\.example, \*\.test, not for 127/,
    ],
    ['is one for people', ['-n', '127.0.0.1'], 'ssh.host-cert-invalid', /for people/],
    [
      'has an unknown option',
      ['-h', '-n', '127.0.0.1', '-O', 'critical:odd@test=1'],
      'ssh.host-cert-invalid',
      /odd@test/,
    ],
  ])('refuses a certificate that %s, and says so', async (_, options, code, words) => {
    await show(['ed25519'], authority, options)
    const fault = await loginFault(planOf(strict), trusting(authority))
    expect(fault.code).toBe(code)
    expect(fault.message).toMatch(words)
    expect(fault.fix).not.toBeNull()
  })

  it('falls back to the bare key as ssh does: known is good, unknown is a question that says why', async () => {
    await show(['ed25519'], authority, ['-h', '-n', '127.0.0.1', '-V', '20200101:20200201'])
    const world = trusting(authority, sshd.knownHostsLine)
    await withSession(planOf(strict), async () => undefined, world)
    expect(world.logged).toContainEqual(expect.objectContaining({ code: 'ssh.host-cert-expired', level: 'warn' }))

    const asking = trusting(authority)
    await withSession(planOf(), async () => undefined, asking)
    expect(asking.asked).toHaveLength(1)
    expect(asking.asked[0]).toHaveProperty('certificate', expect.stringMatching(/expired on 2020/))
    asking.pins.length = 0
    asking.answer = () => ({ kind: 'host-key', decision: 'reject' })
    expect(await loginFault(planOf(), asking)).toMatchObject({ code: 'ssh.host-cert-expired' })
  })

  it('asks for the name of the alias, and for no port', async () => {
    await show(['ed25519'], authority, ['-h', '-n', 'db.example'])
    const world = makeWorld({ knownHostsFiles: [known(`@cert-authority *.example ${authority.publicKey}`)] })
    await withSession(planOf({ ...strict, hostKeyAlias: 'DB.example' }), async () => undefined, world)
    await show(['ed25519'], authority)
    const bare = makeWorld({ knownHostsFiles: [known(`@cert-authority 127.0.0.1 ${authority.publicKey}`)] })
    await withSession(planOf(strict), async () => undefined, bare)
  })

  it('refuses revoked authorities, keys and certificates, whatever else is recorded', async () => {
    await show(['ed25519'], authority)
    const mark = trusting(authority, sshd.knownHostsLine, `@revoked * ${authority.publicKey}`)
    expect(await loginFault(planOf(), mark)).toMatchObject({ code: 'ssh.host-key-revoked' })
    const hostKey = trusting(authority, `@revoked * ${sshd.hostKeys[0] ?? ''}`)
    expect(await loginFault(planOf(), hostKey)).toMatchObject({ code: 'ssh.host-key-revoked' })

    const list = join(sshd.dir, 'revoked')
    writeFileSync(list, `# nobody\n${authority.publicKey} the authority\n`)
    expect(await loginFault(planOf({ revokedHostKeys: list }), trusting(authority))).toMatchObject({
      code: 'ssh.host-key-revoked',
    })
    const certificate = join(sshd.dir, 'host_ed25519-cert.pub')
    for (const [what, ...args] of [
      ['key', join(sshd.dir, 'host_ed25519.pub')],
      ['certificate', '-s', `${authority.key}.pub`, certificate],
    ]) {
      execFileSync('ssh-keygen', ['-q', '-k', '-f', list, ...args])
      expect(await loginFault(planOf({ revokedHostKeys: list }), trusting(authority)), what).toMatchObject({
        code: 'ssh.host-key-revoked',
      })
    }
  })

  it('trusts nobody when the list of revoked keys cannot be read', async () => {
    const missing = planOf({ revokedHostKeys: join(sshd.dir, 'missing') })
    expect(await loginFault(missing, trusting(authority))).toMatchObject({ code: 'ssh.host-key-revoked' })
  })

  it('leaves a certificate of a stranger aside', async () => {
    await show(['ed25519'], makeAuthority('ed25519', authority.dir))
    const world = trusting(authority)
    await withSession(planOf(), async () => undefined, world)
    expect(world.asked).toMatchObject([{ kind: 'host-key', certificate: null }])
  })

  it('believes no certificate that was tampered with', async () => {
    await show(['ed25519'], authority)
    // One bit of the signature.
    const file = join(sshd.dir, 'host_ed25519-cert.pub')
    const blob = Buffer.from(publicKeyOf(file).split(' ')[1] ?? '', 'base64')
    blob[blob.length - 1] = (blob[blob.length - 1] ?? 0) ^ 1
    writeFileSync(file, `ssh-ed25519-cert-v01@openssh.com ${blob.toString('base64')}\n`)
    await sshd.restart()
    const world = trusting(authority)
    world.answer = () => ({ kind: 'host-key', decision: 'reject' })
    const fault = await loginFault(planOf(), world)
    expect(['ssh.host-cert-invalid', 'ssh.host-key-rejected']).toContain(fault.code)
  })
})
