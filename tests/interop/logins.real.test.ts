/** Logins against real sshd: agents, certificates, security keys, encrypted keys, PAM passwords and one-time codes. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ServerPlan } from '../../src/engine/ssh/types'
import { isTransient } from '../../src/shared/errors'
import { forwardSpec, makeEngine } from '../engine/world'
import { loginFault, makeWorld, specOf, withSession, type World } from '../engine/ssh/harness'
import { makeSecurityKey, startAgent, startSlowAgent, type TestAgent } from '../support/agent'
import { makeAuthority, type Authority } from '../support/authority'
import { checkLeaks } from '../support/leaks'
import { codeService, passwordService, type PamService } from '../support/pam'
import { makeKey, startSshd, type Sshd } from '../support/sshd'

const trust = { kind: 'host-key', decision: 'trust' } as const
const nothing = async (): Promise<void> => undefined

/** Logs in and tells how sshd saw it. */
async function acceptedAs(sshd: Sshd, server: ServerPlan, world: World): Promise<string> {
  const accepted = (): string[] => sshd.log().match(/Accepted \S+ for .*/g) ?? []
  const before = accepted().length
  await withSession(server, nothing, world)
  await expect.poll(() => accepted().length).toBeGreaterThan(before)
  return accepted().at(-1) ?? ''
}

function connections(sshd: Sshd): number {
  return sshd.log().match(/Connection from/g)?.length ?? 0
}

describe('keys and certificates', () => {
  checkLeaks()
  let sshd: Sshd
  let authority: Authority
  let agent: TestAgent

  const key = (name: string, type: Parameters<typeof makeKey>[1] = 'ed25519', passphrase?: string): string => {
    const file = join(sshd.dir, name)
    makeKey(file, type, passphrase === undefined ? {} : { passphrase })
    return file
  }

  beforeAll(async () => {
    sshd = await startSshd({ config: ['MaxAuthTries 3'] })
    authority = makeAuthority(sshd.dir)
    appendFileSync(join(sshd.dir, 'sshd_config'), `TrustedUserCAKeys ${authority.publicKey}\n`)
    await sshd.restart()
    agent = await startAgent()
  })
  afterAll(async () => {
    await agent.stop()
    await sshd.stop()
  })

  describe('in an agent', () => {
    let holder: Record<'ed25519' | 'rsa' | 'certified' | 'certifiedRsa' | 'sk' | 'ecdsaSk' | 'certifiedSk', string>
    beforeAll(() => {
      holder = {
        ed25519: key('agent-ed25519'),
        rsa: key('agent-rsa', 'rsa'),
        certified: key('agent-certified'),
        certifiedRsa: key('agent-certified-rsa', 'rsa'),
        sk: join(sshd.dir, 'agent-sk'),
        ecdsaSk: join(sshd.dir, 'agent-ecdsa-sk'),
        certifiedSk: join(sshd.dir, 'agent-certified-sk'),
      }
      makeSecurityKey(holder.sk, 'ed25519-sk')
      makeSecurityKey(holder.ecdsaSk, 'ecdsa-sk')
      makeSecurityKey(holder.certifiedSk, 'ed25519-sk')
      for (const name of ['ed25519', 'rsa', 'sk', 'ecdsaSk'] as const) sshd.authorize(`${holder[name]}.pub`)
      for (const name of ['certified', 'certifiedRsa', 'certifiedSk'] as const) {
        authority.sign(holder[name], { principals: ['root', sshd.username] })
      }
      agent.add(...Object.values(holder))
      // The agent alone has them.
      for (const file of Object.values(holder)) rmSync(file)
    })

    it.each([
      ['ed25519', 'ED25519 SHA256'],
      ['rsa', 'RSA SHA256'],
      ['sk', 'ED25519-SK SHA256'],
      ['ecdsaSk', 'ECDSA-SK SHA256'],
    ] as const)('log in: %s', async (name, type) => {
      const server = specOf(sshd, { identityFiles: [`${holder[name]}.pub`], identitiesOnly: true })
      expect(await acceptedAs(sshd, server, makeWorld({ agentSocket: agent.socket }))).toContain(type)
    })

    it.each([
      ['certified', 'ED25519-CERT SHA256'],
      ['certifiedRsa', 'RSA-CERT SHA256'],
      ['certifiedSk', 'ED25519-SK-CERT SHA256'],
    ] as const)('log in with a certificate: %s', async (name, type) => {
      const certificate = `${holder[name]}-cert.pub`
      const world = makeWorld({ agentSocket: agent.socket })
      const only = specOf(sshd, { identityFiles: [certificate], identitiesOnly: true })
      expect(await acceptedAs(sshd, only, world)).toContain(type)
      // Named as CertificateFile, its key in the agent.
      const named = specOf(sshd, { identityFiles: ['none'], identitiesOnly: true, certificateFiles: [certificate] })
      expect(await acceptedAs(sshd, named, world)).toContain(type)
      expect(await acceptedAs(sshd, named, world)).toContain('CA ED25519')
    })

    it('offers a listed key before the others of a full agent, so that MaxAuthTries does not end the login', async () => {
      const full = await startAgent()
      for (let index = 0; index < 10; index++) full.add(key(`noise-${index}`))
      full.add(sshd.clientKey)
      const world = makeWorld({ agentSocket: full.socket })
      const listed = `${sshd.clientKey}.pub`
      await withSession(specOf(sshd, { identityFiles: [listed] }), nothing, world)
      await withSession(specOf(sshd, { identityFiles: [listed], identitiesOnly: true }), nothing, world)
      const before = connections(sshd)
      const fault = await loginFault(specOf(sshd, { identityFiles: [] }), world)
      expect(fault).toMatchObject({ code: 'ssh.auth-failed', field: 'identitiesOnly' })
      expect(fault.message).toBe('bastion ended the login after 3 keys: Too many authentication failures.')
      expect(fault.fix).toContain('8 keys more were not tried yet')
      expect(fault.fix).toContain('offer only listed keys')
      expect(isTransient(fault)).toBe(false)
      expect(connections(sshd)).toBe(before + 1)
      await full.stop()
    })

    it('uses a key that the agent limits to this host, and not one for another', async () => {
      const limited = await startAgent()
      const other = join(sshd.dir, 'other-host')
      makeKey(other, 'ed25519')
      const knownHosts = join(sshd.dir, 'limits')
      writeFileSync(knownHosts, `${sshd.knownHostsLine}\nother ${readFileSync(`${other}.pub`, 'utf8')}`)
      limited.addFor(`[${sshd.host}]:${sshd.port}`, knownHosts, sshd.clientKey)
      const server = specOf(sshd, { identityFiles: [], agent: limited.socket })
      expect(await acceptedAs(sshd, server, makeWorld())).toContain('ED25519')
      await limited.stop()
      const elsewhere = await startAgent()
      elsewhere.addFor('other', knownHosts, sshd.clientKey)
      const fault = await loginFault({ ...server, agent: elsewhere.socket })
      expect(fault.message).toContain('offered nothing')
      await elsewhere.stop()
    })

    it('says to touch the key while a security key waits, and the notice goes away by itself', async () => {
      const slow = await startSlowAgent(agent.socket)
      const seen: unknown[] = []
      const world = makeWorld({
        agentSocket: slow.socket,
        answer: async (question, signal) => {
          if (question.kind !== 'touch-key') return trust
          seen.push({ key: question.key, reason: question.reason })
          slow.touch()
          return await new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          })
        },
      })
      const server = specOf(sshd, { identityFiles: [`${holder.sk}.pub`], identitiesOnly: true })
      expect(await acceptedAs(sshd, server, world)).toContain('ED25519-SK')
      expect(seen).toEqual([{ key: 'test', reason: 'touch' }])
      await slow.stop()
    })

    it('ends the login when the touch is cancelled', async () => {
      const slow = await startSlowAgent(agent.socket)
      const world = makeWorld({
        agentSocket: slow.socket,
        answer: (question) => (question.kind === 'touch-key' ? { kind: 'cancel' } : trust),
      })
      const server = specOf(sshd, { identityFiles: [`${holder.sk}.pub`], identitiesOnly: true })
      expect(await loginFault(server, world)).toMatchObject({ code: 'need.cancelled' })
      await slow.stop()
    })

    it('says that a security key needs the agent when only its file is there', async () => {
      const file = join(sshd.dir, 'lonely-sk')
      makeSecurityKey(file, 'ed25519-sk')
      const fault = await loginFault(specOf(sshd, { identityFiles: [file] }))
      expect(fault).toMatchObject({ code: 'key.needs-agent', field: 'identityFiles.0' })
      expect(fault.fix).toContain(`ssh-add ${file}`)
    })
  })

  describe('in files', () => {
    it.each(['ed25519', 'ecdsa', 'rsa'] as const)('log in with the certificate beside an %s key', async (type) => {
      const file = key(`beside-${type}`, type)
      authority.sign(file, { principals: ['root'] })
      const accepted = await acceptedAs(sshd, specOf(sshd, { identityFiles: [file] }), makeWorld())
      expect(accepted).toContain(`${type.toUpperCase()}-CERT`)
    })

    it('unlock a key once for itself and its certificate', async () => {
      const file = key('locked-certified', 'ed25519', 'right')
      const elsewhere = join(sshd.dir, 'elsewhere-cert.pub')
      copyFileSync(authority.sign(file, { principals: ['root'] }), elsewhere)
      rmSync(`${file}-cert.pub`)
      const tries = ['wrong', 'right']
      const world = makeWorld({
        answer: (question) =>
          question.kind === 'passphrase' ? { kind: 'passphrase', passphrase: tries.shift() ?? '' } : trust,
      })
      const server = specOf(sshd, { identityFiles: [file], certificateFiles: [elsewhere] })
      expect(await acceptedAs(sshd, server, world)).toContain('ED25519-CERT')
      expect(world.asked.slice(1)).toMatchObject([
        { kind: 'passphrase', keyFile: file, refused: false },
        { kind: 'passphrase', keyFile: file, refused: true },
      ])
    })

    it.each([
      ['one for nobody', {}, 'ssh.auth-failed', 'it accepts publickey'],
      ['an expired one', { validity: '20200101:20200102' }, 'key.certificate-expired', 'expired on 2020-01-0'],
      ['one of tomorrow', { validity: '20990101:20990102' }, 'key.certificate-not-yet', 'is valid from 20'],
      ['one for another name', { principals: ['alice', 'bob'] }, 'ssh.auth-failed', 'it accepts publickey'],
    ] as const)('name the trouble with a certificate once: %s', async (name, options, code, words) => {
      const file = key(`refused-${code}-${name.length}`)
      const certificate = authority.sign(file, options)
      const before = connections(sshd)
      const fault = await loginFault(specOf(sshd, { identityFiles: [file] }))
      expect(fault.code).toBe(code)
      expect(fault.message).toContain(words)
      expect(fault.message).toContain('publickey with 2 keys (one of them a certificate)')
      if (code !== 'ssh.auth-failed') expect(fault.message).toContain(certificate)
      else if (!('principals' in options)) expect(fault.fix).toContain(`${certificate} names nobody`)
      else expect(fault.fix).toContain(`The certificate ${certificate} is for alice and bob; the server may want`)
      expect(isTransient(fault)).toBe(false)
      expect(connections(sshd)).toBe(before + 1)
    })

    it('refuse a certificate for hosts, and a file that is none', async () => {
      const file = key('hostly')
      const certificate = authority.sign(file, { host: true })
      for (const [each, words] of [
        [certificate, 'for hosts, not for people'],
        [`${file}.pub`, 'not an OpenSSH certificate'],
      ] as const) {
        const fault = await loginFault(specOf(sshd, { identityFiles: ['none'], certificateFiles: [each] }))
        expect(fault).toMatchObject({ code: 'key.not-a-certificate', field: 'certificateFiles.0' })
        expect(fault.message).toContain(words)
      }
    })

    it('keep to PubkeyAcceptedAlgorithms', async () => {
      const file = key('kept', 'rsa')
      sshd.authorize(`${file}.pub`)
      const server = specOf(sshd, { identityFiles: [file] })
      const none = { ...server, config: { pubkeyAcceptedAlgorithms: ['ssh-ed25519'] } }
      expect((await loginFault(none)).message).toContain('PubkeyAcceptedAlgorithms leaves out ssh-rsa')
      await withSession({ ...server, config: { pubkeyAcceptedAlgorithms: ['rsa-sha2-256'] } }, nothing)
    })
  })

  it('that are refused end a forward for good, after one connection', async () => {
    const expired = key('for-good-expired')
    authority.sign(expired, { validity: '20200101:20200102' })
    const strange = key('for-good-strange')
    authority.sign(strange, { principals: ['alice'] })
    const full = await startAgent()
    for (let index = 0; index < 4; index++) full.add(key(`for-good-${index}`))
    const servers = [
      { ...specOf(sshd, { identityFiles: [expired] }), id: 'expired' },
      { ...specOf(sshd, { identityFiles: [strange] }), id: 'strange' },
      { ...specOf(sshd, { identityFiles: [], agent: full.socket }), id: 'full' },
    ]
    const { engine, servers: known, history, until } = makeEngine()
    const before = connections(sshd)
    const codes: (string | undefined)[] = []
    for (const server of servers) {
      known.set(server.id, server)
      const spec = forwardSpec({
        type: 'local',
        localPort: 0,
        remoteHost: 'localhost',
        remotePort: 1,
        serverId: server.id,
      })
      engine.define(spec)
      engine.start(spec.id)
      const ended = await until(spec.id, ({ state }) => state === 'failed' || state === 'waiting')
      codes.push(ended.reason?.code)
      expect([ended.state, ended.nextTryAt]).toEqual(['failed', null])
      expect(history(spec.id)).not.toContain('waiting')
    }
    expect(codes).toEqual(['key.certificate-expired', 'ssh.auth-failed', 'ssh.auth-failed'])
    expect(connections(sshd)).toBe(before + servers.length)
    await engine.close()
    await full.stop()
  })

  describe('locked in every form', () => {
    const convert = (file: string, form: string): void => {
      const out = `${file}.out`
      const openssl = (...words: string[]): unknown => execFileSync('openssl', words, { stdio: 'pipe' })
      const puttygen = (...words: string[]): unknown =>
        execFileSync('puttygen', [file, '-o', out, '-O', 'private', ...words], { stdio: 'pipe', input: '' })
      const phrase = join(sshd.dir, 'phrase')
      execFileSync('sh', ['-c', `printf right > ${phrase}; printf '' > ${phrase}.none`])
      switch (form) {
        case 'PKCS#8':
          openssl('pkcs8', '-topk8', '-in', file, '-out', out, '-passout', 'pass:right', '-v2', 'aes-256-cbc')
          break
        case 'PKCS#8, open':
          openssl('pkcs8', '-topk8', '-in', file, '-out', out, '-nocrypt')
          break
        case 'PuTTY 2':
          puttygen('--ppk-param', 'version=2', '--new-passphrase', phrase, '--old-passphrase', `${phrase}.none`)
          break
        case 'PuTTY 3':
          puttygen('--ppk-param', 'version=3', '--new-passphrase', phrase, '--old-passphrase', `${phrase}.none`)
          break
        case 'PuTTY 3, open':
          puttygen('--ppk-param', 'version=3', '--new-passphrase', `${phrase}.none`)
          break
      }
      rmSync(`${file}.pub`)
      execFileSync('mv', [out, file])
      chmodSync(file, 0o600)
    }

    it.each([
      ['PKCS#8', 'rsa'],
      ['PKCS#8', 'ecdsa'],
      ['PKCS#8, open', 'ecdsa'],
      ['PuTTY 2', 'rsa'],
      ['PuTTY 2', 'ed25519'],
      ['PuTTY 3', 'ed25519'],
      ['PuTTY 3', 'ecdsa'],
      ['PuTTY 3, open', 'rsa'],
    ] as const)('%s, %s', async (form, type) => {
      const file = join(sshd.dir, `${form}-${type}`.replace(/\W+/g, '-'))
      makeKey(file, type, { pem: form.startsWith('PKCS') })
      sshd.authorize(`${file}.pub`)
      convert(file, form)
      const tries = ['wrong', 'right']
      const world = makeWorld({
        answer: (question) =>
          question.kind === 'passphrase' ? { kind: 'passphrase', passphrase: tries.shift() ?? '' } : trust,
      })
      await withSession(specOf(sshd, { identityFiles: [file] }), nothing, world)
      expect(world.asked.filter(({ kind }) => kind === 'passphrase')).toHaveLength(form.endsWith('open') ? 0 : 2)
    })
  })
})

describe('PAM', () => {
  checkLeaks()
  let service: PamService
  let sshd: Sshd
  afterEach(async () => {
    await sshd.stop()
    service.remove()
  })

  it('takes a password, by either method', async () => {
    service = passwordService('geheim')
    sshd = await startSshd({
      program: service.program,
      config: ['UsePAM yes', 'PasswordAuthentication yes', 'KbdInteractiveAuthentication yes'],
    })
    const tries = ['falsch', 'geheim']
    const world = makeWorld({
      answer: (question) => {
        if (question.kind === 'password') return { kind: 'password', password: tries.shift() ?? '' }
        if (question.kind !== 'keyboard-interactive') return trust
        return { kind: 'keyboard-interactive', answers: question.prompts.map(() => 'geheim') }
      },
    })
    const server = { ...specOf(sshd, { identityFiles: ['none'] }), config: { preferredAuthentications: ['password'] } }
    expect(await acceptedAs(sshd, server, world)).toContain('password for')
    expect(world.asked.slice(1)).toMatchObject([
      { kind: 'password', refused: false },
      { kind: 'password', refused: true },
    ])
    const prompted = { ...server, config: { passwordAuthentication: false } }
    expect(await acceptedAs(sshd, prompted, world)).toContain('keyboard-interactive/pam for')
    const off = { passwordAuthentication: false, kbdInteractiveAuthentication: false }
    expect((await loginFault({ ...server, config: off })).fix).toContain('PasswordAuthentication no')
  })

  it('wants a key and then a one-time code, and asks again after a wrong one', async () => {
    const codes = codeService()
    service = codes
    sshd = await startSshd({
      program: codes.program,
      config: [
        'UsePAM yes',
        'KbdInteractiveAuthentication yes',
        'AuthenticationMethods publickey,keyboard-interactive',
      ],
    })
    const answers = ['000000', codes.nextCode()]
    const world = makeWorld({
      answer: (question) =>
        question.kind === 'keyboard-interactive'
          ? { kind: 'keyboard-interactive', answers: [answers.shift() ?? ''] }
          : trust,
    })
    expect(await acceptedAs(sshd, specOf(sshd), world)).toContain('keyboard-interactive/pam for')
    expect(sshd.log()).toMatch(/Partial publickey for/)
    expect(world.asked.slice(1)).toMatchObject([
      {
        kind: 'keyboard-interactive',
        refused: false,
        prompts: [{ text: expect.stringContaining('One-time') as string }],
      },
      { kind: 'keyboard-interactive', refused: true },
    ])
    const wrong = makeWorld({
      answer: (question) =>
        question.kind === 'keyboard-interactive' ? { kind: 'keyboard-interactive', answers: ['000000'] } : trust,
    })
    const server = { ...specOf(sshd), config: { numberOfPasswordPrompts: 1 } }
    const fault = await loginFault(server, wrong)
    expect(fault.message).toContain(
      'it accepts keyboard-interactive after publickey; we offered publickey with 1 key and keyboard-interactive',
    )
    expect(isTransient(fault)).toBe(false)
  })
})
