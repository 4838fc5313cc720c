/** Preflights against real OpenSSH servers: each step with its result, and nothing left behind. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WarrenError } from '../../src/shared/errors'
import type { CheckStep } from '../../src/shared/snapshots'
import type { HostKeyPolicy } from '../../src/shared/specs'
import { makeAuthority } from '../support/authority'
import { checkLeaks } from '../support/leaks'
import { freePort } from '../support/free-port'
import { makeKey, startSshd, type Sshd } from '../support/sshd'
import { listen, listenEcho, specOf, type Listener } from './ssh/harness'
import { forwardSpec, makeEngine, type EngineWorld } from './world'

checkLeaks()

let sshd: Sshd
let echo: Listener
let it_: EngineWorld

beforeAll(async () => {
  sshd = await startSshd()
  echo = await listenEcho()
})
afterAll(async () => {
  await echo.close()
  await sshd.stop()
})
beforeEach(() => {
  it_ = makeEngine()
  it_.servers.set('server-1', specOf(sshd, { hostKeyPolicy: 'accept-new' }))
})
afterEach(() => it_.engine.close())

type Draft = Parameters<typeof forwardSpec>[0]

async function check(draft: Draft, hostKeyPolicy?: HostKeyPolicy): Promise<readonly CheckStep[]> {
  const spec = forwardSpec(draft)
  it_.engine.define(spec)
  return it_.engine.check(spec.id, { hostKeyPolicy, signal: new AbortController().signal })
}

const local = (port = echo.port): Draft => ({ type: 'local', localPort: 0, remoteHost: '127.0.0.1', remotePort: port })
const outline = (steps: readonly CheckStep[]): string[] => steps.map(({ step, result }) => `${step} ${result}`)

function find(steps: readonly CheckStep[], name: CheckStep['step']): CheckStep {
  const found = steps.find(({ step }) => step === name)
  if (found === undefined) throw new Error(`No step ${name} in ${outline(steps).join(', ')}`)
  return found
}

describe('a check', () => {
  it('takes every step of a start, and leaves neither a session nor a trusted key', async () => {
    const steps = await check(local())
    expect(outline(steps)).toEqual([
      'server ok',
      'dns ok',
      'tcp ok',
      'banner ok',
      'key-exchange ok',
      'host-key ok',
      'auth ok',
      'login ok',
      'listen ok',
      'forwarding ok',
      'target ok',
    ])
    expect(find(steps, 'banner').detail).toMatch(/^SSH-2\.0-OpenSSH/)
    expect(find(steps, 'key-exchange').detail).toMatch(/\((not )?post-quantum\), ssh-ed25519, /)
    expect(find(steps, 'host-key').detail).toContain(sshd.hostKeyFingerprint)
    expect(find(steps, 'auth').detail).toMatch(/^publickey ED25519 SHA256:\S+ \(.*client\): accepted$/)
    expect(find(steps, 'target').detail).toContain(`127.0.0.1:${echo.port}`)
    expect(it_.engine.sessions()).toEqual([])
    expect(it_.world.pins).toEqual([])
  })

  it('says that a key is not trusted yet, asks nothing, and goes on with what needs no login', async () => {
    const steps = await check(local(), 'ask')
    const { fault } = find(steps, 'host-key')
    expect(fault).toMatchObject({ code: 'ssh.host-key-unknown', fix: expect.stringMatching(/a start asks/) as string })
    expect(fault?.message).toContain(sshd.hostKeyFingerprint)
    expect(it_.world.asked).toEqual([])
    expect(outline(steps).slice(6)).toEqual(['login skipped', 'listen ok', 'forwarding skipped', 'target skipped'])
  })

  it('says where a trusted key is recorded', async () => {
    it_.world.pins.push({
      host: `[127.0.0.1]:${sshd.port}`,
      keyType: 'ssh-ed25519',
      key: sshd.hostKeys[0]?.split(' ')[1] ?? '',
    })
    expect(find(await check(local(), 'strict'), 'host-key').detail).toContain('trusted by what you trusted in Warren')
  })

  it('lists each key that was offered, with what came of it', async () => {
    const other = join(it_.world.homeDir, 'other')
    makeKey(other, 'ed25519')
    it_.servers.set('server-1', specOf(sshd, { hostKeyPolicy: 'accept-new', identityFiles: [other, sshd.clientKey] }))
    const offers = (await check(local())).filter(({ step }) => step === 'auth')
    expect(offers.map(({ detail, result }) => [result, /: (\w+)/.exec(detail.slice(20))?.[1]])).toEqual([
      ['warning', 'refused'],
      ['ok', 'accepted'],
    ])
    it_.servers.set('server-1', specOf(sshd, { hostKeyPolicy: 'accept-new', identityFiles: [other] }))
    const steps = await check(local())
    expect(find(steps, 'login').fault?.code).toBe('ssh.auth-failed')
    expect(outline(steps).slice(-3)).toEqual(['listen ok', 'forwarding skipped', 'target skipped'])
  })

  it('uses the session that is up, and says so', async () => {
    const spec = forwardSpec(local())
    it_.engine.define(spec)
    it_.engine.start(spec.id)
    await it_.until(spec.id, ({ state }) => state === 'running')
    const logins = sshd.log().split('Accepted publickey').length
    const steps = await it_.engine.check(spec.id, { signal: new AbortController().signal })
    expect(steps.every(({ result }) => result === 'ok')).toBe(true)
    expect(find(steps, 'login').detail).toMatch(/^already logged in/)
    expect(find(steps, 'listen').detail).toContain('held by this forward')
    expect(sshd.log().split('Accepted publickey')).toHaveLength(logins)
    expect(it_.engine.snapshot(spec.id).state).toBe('running')
  })

  it('walks through each hop of a chain', async () => {
    const hop = specOf(sshd, { id: 'hop', name: 'gate', hostKeyPolicy: 'accept-new' })
    const inner = specOf(sshd, { name: 'inner', hostKeyPolicy: 'accept-new', jump: ['hop'] })
    await it_.engine.close()
    it_ = makeEngine({ ports: { plan: () => Promise.resolve({ server: inner, hops: [hop] }) } })
    const steps = await check(local())
    expect(steps.every(({ result }) => result === 'ok')).toBe(true)
    const hops = steps.filter(({ server }) => server !== null)
    expect(hops.map(({ server, step }) => `${server ?? ''} ${step}`)).toEqual([
      ...['dns', 'tcp', 'banner', 'key-exchange', 'host-key', 'auth', 'login'].map((step) => `gate ${step}`),
      ...['tcp', 'banner', 'key-exchange', 'host-key', 'auth', 'login'].map((step) => `inner ${step}`),
    ])
    expect(hops.find(({ server, step }) => server === 'inner' && step === 'tcp')?.detail).toContain('through gate')
  })

  it('names the line of the ssh config that is wrong', async () => {
    await it_.engine.close()
    const wrong = new WarrenError('config.invalid', '/home/me/.ssh/config line 3: Bad configuration option: prot')
    it_ = makeEngine({ ports: { plan: () => Promise.reject(wrong) } })
    const steps = await check(local())
    expect(outline(steps)).toEqual([
      'server failed',
      'tcp skipped',
      'login skipped',
      'listen ok',
      'forwarding skipped',
      'target skipped',
    ])
    expect(find(steps, 'server').fault).toMatchObject({ code: 'config.invalid', message: wrong.message })
  })
})

describe('a check fails where a start would', () => {
  it('at the name', async () => {
    it_.servers.set('server-1', specOf(sshd, { host: 'nowhere.invalid' }))
    const steps = await check(local())
    expect(outline(steps).slice(1, 4)).toEqual(['dns failed', 'tcp skipped', 'banner skipped'])
    expect(find(steps, 'dns').fault).toMatchObject({ code: 'ssh.dns', message: expect.any(String) as string })
  })

  it('at a port that is closed, in a sentence', async () => {
    it_.servers.set('server-1', specOf(sshd, { port: await freePort() }))
    const { fault } = find(await check(local()), 'tcp')
    expect(fault?.code).toBe('ssh.unreachable')
    expect(fault?.message).not.toMatch(/ECONNREFUSED/)
    expect(fault?.message).toMatch(/connection refused/)
  })

  it('at a port that is held here', async () => {
    const steps = await check({ ...local(), localPort: echo.port })
    expect(find(steps, 'listen').fault?.code).toBe('port.in-use')
    expect(find(steps, 'target').result).toBe('ok')
  })

  it('at the port of a range that is held here', async () => {
    const range = { ...local(), localPort: echo.port - 1, portCount: 2 }
    expect(find(await check(range), 'listen').fault?.code).toBe('port.in-use')
    expect(find(await check({ ...local(), portCount: 3 }), 'listen').detail).toBe('any 3 free ports')
  })

  it('at a target that refuses, with the permission given', async () => {
    const steps = await check(local(await freePort()))
    expect(find(steps, 'forwarding').result).toBe('ok')
    expect(find(steps, 'target').fault?.code).toBe('target.refused')
  })

  it('at a target of this machine that nobody serves, in a sentence', async () => {
    const port = await freePort()
    const steps = await check({ type: 'remote', remotePort: 0, localHost: '127.0.0.1', localPort: port })
    expect(find(steps, 'forwarding').detail).toMatch(/^the server listens at /)
    expect(find(steps, 'target').fault?.message).toBe(`Nothing listens at 127.0.0.1:${port} on this machine.`)
  })

  it('at a server that says nothing', async () => {
    const silent = await listen(() => undefined)
    const { port } = silent
    it_.servers.set('server-1', specOf(sshd, { port, connectTimeoutSeconds: 1 }))
    const steps = await check(local())
    expect(outline(steps).slice(2, 5)).toEqual(['tcp ok', 'banner failed', 'key-exchange skipped'])
    expect(find(steps, 'banner').fault?.code).toBe('ssh.timeout')
    await silent.close()
  })

  it('at a server that forbids forwarding', async () => {
    const strict = await startSshd({ config: ['AllowTcpForwarding no'] })
    try {
      it_.servers.set('server-1', specOf(strict, { hostKeyPolicy: 'accept-new' }))
      const steps = await check(local())
      expect(find(steps, 'forwarding').fault?.code).toBe('forward.refused')
      expect(find(steps, 'target').result).toBe('skipped')
      // A dynamic one starts all the same: what its clients may reach is not known before they ask.
      expect(find(await check({ type: 'dynamic', bindPort: 0 }), 'forwarding').result).toBe('warning')
      const remote = await check({ type: 'remote', remotePort: 0, localHost: '127.0.0.1', localPort: echo.port })
      expect(find(remote, 'forwarding').fault?.code).toBe('forward.refused')
    } finally {
      await strict.stop()
    }
  })

  it('at a certificate of the server that has expired, whether or not a start would ask', async () => {
    const own = await startSshd()
    try {
      const authority = makeAuthority(own.dir)
      const options = { host: true, principals: ['127.0.0.1'], validity: '20200101:20200201' }
      const file = authority.sign(join(own.dir, 'host_ed25519'), options)
      appendFileSync(join(own.dir, 'sshd_config'), `HostCertificate ${file}\n`)
      await own.restart()
      const known = join(own.dir, 'known_hosts')
      writeFileSync(known, `@cert-authority * ${readFileSync(authority.publicKey, 'utf8')}`)
      it_.world.knownHostsFiles = [known]
      it_.servers.set('server-1', specOf(own))
      for (const policy of ['ask', 'strict'] as const) {
        expect(find(await check(local(), policy), 'host-key').fault?.code).toBe('ssh.host-cert-expired')
      }
    } finally {
      await own.stop()
    }
  })
})
