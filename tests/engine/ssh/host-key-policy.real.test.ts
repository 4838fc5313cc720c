import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Remedy } from '../../../src/shared/errors'
import { createSessionPool } from '../../../src/engine/ssh'
import type { ConfiguredOptions, ServerPlan } from '../../../src/engine/ssh/types'
import { checkLeaks } from '../../support/leaks'
import { fingerprint, makeKey, startSshd, type Sshd } from '../../support/sshd'
import { publicKeyOf } from './_authority'
import { faultOf, loginFault, makeWorld, options, specOf, withSession, type World } from './harness'

const nothing = async (): Promise<void> => undefined

describe('trust in a real sshd, by its ssh config', () => {
  checkLeaks()
  let sshd: Sshd
  let other: string
  beforeAll(async () => {
    sshd = await startSshd()
    other = join(sshd.dir, 'other')
    makeKey(other, 'ed25519')
  })
  afterAll(() => sshd.stop())

  const plan = (config: ConfiguredOptions = {}, change: Partial<ServerPlan> = {}): ServerPlan => ({
    ...specOf(sshd, change),
    config,
  })
  const file = (name: string, ...lines: readonly string[]): string => {
    const path = join(sshd.dir, name)
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
    return path
  }
  const key = (): string => sshd.hostKeys[0] ?? ''
  const name = (): string => `[127.0.0.1]:${sshd.port}`

  describe('StrictHostKeyChecking', () => {
    it.each([
      ['yes', 'ssh.host-key-unknown'],
      ['ask', null],
      ['accept-new', null],
      ['no', null],
    ] as const)('%s: an unknown key', async (strictHostKeyChecking, code) => {
      const world = makeWorld()
      const work = withSession(plan({ strictHostKeyChecking }), nothing, world)
      if (code === null) await work
      else expect(await faultOf(work)).toMatchObject({ code })
      expect(world.asked.length).toBe(strictHostKeyChecking === 'ask' ? 1 : 0)
      expect(world.pins.length).toBe(code === null ? 1 : 0)
    })

    it.each(['yes', 'ask', 'accept-new', 'no'] as const)('%s: a changed key is refused', async (value) => {
      const known = file('changed', `${name()} ${publicKeyOf(`${other}.pub`)}`)
      const world = makeWorld({ knownHostsFiles: [known] })
      expect(await loginFault(plan({ strictHostKeyChecking: value }), world)).toMatchObject({
        code: 'ssh.host-key-changed',
      })
      expect([world.asked, world.pins]).toEqual([[], []])
    })

    it('gives way to what was chosen in Warren, and that to what was said for a start', async () => {
      const strict = plan({ strictHostKeyChecking: 'no' }, { hostKeyPolicy: 'strict' })
      expect(await loginFault(strict)).toMatchObject({ code: 'ssh.host-key-unknown' })
      const pool = createSessionPool({ ports: makeWorld().ports })
      const lease = await pool.acquire({ server: strict, hops: [] }, options({ hostKeyPolicy: 'accept-new' }))
      lease.release()
      await pool.close()
    })

    it('keeps nothing where UserKnownHostsFile is none', async () => {
      const world = makeWorld()
      const silent = plan({ strictHostKeyChecking: 'no', userKnownHostsFiles: ['/dev/null'] })
      await withSession(silent, nothing, world)
      expect([world.pins, world.asked]).toEqual([[], []])
    })
  })

  it('reads the files of the ssh config, instead of the usual ones', async () => {
    const usual = file('usual', `${name()} ${publicKeyOf(`${other}.pub`)}`)
    const world = makeWorld({ knownHostsFiles: [usual] })
    const user = plan({ userKnownHostsFiles: [file('user', `${name()} ${key()}`)], strictHostKeyChecking: 'yes' })
    await withSession(user, nothing, world)
    const global = plan({
      userKnownHostsFiles: [],
      globalKnownHostsFiles: [file('global', `* ${key()}`)],
      strictHostKeyChecking: 'yes',
    })
    await withSession(global, nothing, world)
  })

  it('looks a HostKeyAlias up without the port, and asks under that name', async () => {
    const known = file('alias', `db-1 ${key()}`)
    const config = { hostKeyAlias: 'DB-1', strictHostKeyChecking: 'yes' } as const
    await withSession(plan(config), nothing, makeWorld({ knownHostsFiles: [known] }))
    const world = makeWorld()
    await withSession(plan({ hostKeyAlias: 'DB-1' }), nothing, world)
    expect(world.asked).toMatchObject([{ recordedAs: 'db-1' }])
    expect(world.pins).toMatchObject([{ host: 'db-1' }])
  })

  it('takes a key that is recorded without the port, but calls no other key changed because of one', async () => {
    const strict = { strictHostKeyChecking: 'yes' } as const
    await withSession(plan(strict), nothing, makeWorld({ knownHostsFiles: [file('bare', `127.0.0.1 ${key()}`)] }))
    const world = makeWorld({ knownHostsFiles: [file('bare-other', `127.0.0.1 ${publicKeyOf(`${other}.pub`)}`)] })
    await withSession(plan(), nothing, world)
    expect(world.asked).toHaveLength(1)
  })

  it('skips the check for a direct loopback connection with NoHostAuthenticationForLocalhost, not with an alias', async () => {
    const known = file('localhost', `${name()} ${publicKeyOf(`${other}.pub`)}`, `db ${publicKeyOf(`${other}.pub`)}`)
    const config = { noHostAuthenticationForLocalhost: true }
    await withSession(plan(config), nothing, makeWorld({ knownHostsFiles: [known] }))
    const aliased = plan({ ...config, hostKeyAlias: 'db' })
    expect(await loginFault(aliased, makeWorld({ knownHostsFiles: [known] }))).toMatchObject({
      code: 'ssh.host-key-changed',
    })
  })

  it('compares a changed key: both, their places, and the command that takes the old one out', async () => {
    const known = file("it's known", '# first', `${name()} ${publicKeyOf(`${other}.pub`)}`)
    const world = makeWorld({ knownHostsFiles: [known] })
    const [keyType = '', blob = ''] = publicKeyOf(`${other}.pub`).split(' ')
    world.pins.push({ host: name(), keyType, key: blob })
    const { remedy, message, fix } = await loginFault(plan(), world)
    expect(remedy?.action).toBe('compare-host-keys')
    const { conflict } = remedy as Extract<Remedy, { action: 'compare-host-keys' }>
    const old = { keyType, fingerprint: fingerprint(`${other}.pub`) }
    expect(conflict).toMatchObject({
      name: name(),
      shown: { fingerprint: sshd.hostKeyFingerprint },
      recorded: [
        { ...old, file: known, line: 2 },
        { ...old, file: null, line: null },
      ],
      commands: [`ssh-keygen -R '${name()}' -f '${known.replace("'", `'\\''`)}'`],
    })
    expect(message).toContain(`${known}:2`)
    expect(fix).toContain('Trusted keys')
  })

  it('writes known_hosts only when asked to, and trusts the key all the same when it cannot', async () => {
    const known = join(sshd.dir, 'home', 'known_hosts')
    const world = makeWorld({ knownHostsFiles: [join(sshd.dir, 'written')] })
    await withSession(plan(), nothing, world)
    expect(() => statSync(join(sshd.dir, 'written'))).toThrow()
    const telling = makeWorld({ answer: () => ({ kind: 'host-key', decision: 'trust', knownHosts: true }) })
    const written = plan({ userKnownHostsFiles: [known], hashKnownHosts: true })
    await withSession(written, nothing, telling)
    expect(readFileSync(known, 'utf8')).toMatch(/^\|1\|\S+ ssh-ed25519 \S+\n$/)
    expect(telling.asked).toMatchObject([{ knownHostsFile: known }])
    await withSession(plan({ userKnownHostsFiles: [known], strictHostKeyChecking: 'yes' }), nothing, makeWorld())
    rmSync(known)

    const failing = makeWorld({ answer: () => ({ kind: 'host-key', decision: 'trust', knownHosts: true }) })
    await withSession(plan({ userKnownHostsFiles: [sshd.dir] }), nothing, failing)
    expect(failing.pins).toHaveLength(1)
    expect(failing.logged).toContainEqual(expect.objectContaining({ code: 'trust.unwritable' }))
  })

  it('checks each hop of a chain by itself, each with its own files and policy', async () => {
    const inner = await startSshd()
    try {
      const world = makeWorld()
      const hop = plan(
        { userKnownHostsFiles: [file('hop', `${name()} ${key()}`)], strictHostKeyChecking: 'yes' },
        { id: 'hop' },
      )
      const lines = (known: string): ServerPlan => ({
        ...specOf(inner, { id: 'inner', name: 'inner' }),
        config: {
          userKnownHostsFiles: [file('inner', `[127.0.0.1]:${inner.port} ${known}`)],
          strictHostKeyChecking: 'yes',
        },
      })
      await login(world, lines(inner.hostKeys[0] ?? ''), hop)
      // The key of the hop is no key of the server behind it.
      expect(await faultOf(login(world, lines(key()), hop))).toMatchObject({ code: 'ssh.host-key-changed' })
      expect(world.asked).toEqual([])
    } finally {
      await inner.stop()
    }
  })

  it('asks for no password before the key is trusted', async () => {
    const asking = await startSshd({ config: ['PasswordAuthentication yes', 'PubkeyAuthentication no'] })
    try {
      const server = (config: ConfiguredOptions): ServerPlan => ({ ...specOf(asking, { identityFiles: [] }), config })
      const world = makeWorld()
      expect((await loginFault(server({}), world)).code).toMatch(/^(?:need|ssh)\./)
      expect(world.asked.map(({ kind }) => kind)).toEqual(['host-key', 'password'])

      const changed = file('changed-password', `[127.0.0.1]:${asking.port} ${publicKeyOf(`${other}.pub`)}`)
      const refused = makeWorld({ knownHostsFiles: [changed] })
      refused.secrets.set('password root@127.0.0.1', 'secret')
      expect(await loginFault(server({}), refused)).toMatchObject({ code: 'ssh.host-key-changed' })
      expect(refused.asked).toEqual([])
      expect(asking.log()).not.toMatch(/Failed password/)
    } finally {
      await asking.stop()
    }
  })

  async function login(world: World, server: ServerPlan, hop: ServerPlan): Promise<void> {
    const pool = createSessionPool({ ports: world.ports })
    try {
      const lease = await pool.acquire({ server, hops: [hop] }, options())
      lease.release()
    } finally {
      await pool.close()
    }
  }
})
