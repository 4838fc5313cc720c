/** Keys that cannot be used and servers that refuse: each ends with its own code, and is not tried for ever. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PublicSnapshot } from '../../src/cli/snapshots'
import { freePort } from '../support/free-port'
import { makeKey, startSshd, type Sshd, type SshdOptions } from '../support/sshd'
import { openWorld, type World } from './_bad-input'

let world: World
let sshd: Sshd
let pid: number
let count = 0

beforeAll(async () => {
  world = openWorld()
  sshd = await startSshd()
  expect(await world.warren('ls')).toMatchObject({ code: 0 })
  pid = await world.daemonPid()
})
afterAll(async () => {
  expect(await world.daemonPid()).toBe(pid)
  await world.end()
  await sshd.stop()
})

const file = (name: string): string => join(world.home, name)

/** Saves a server with these options and a forward through it; returns the name of the forward. */
async function save(to: Pick<Sshd, 'username' | 'host' | 'port'>, options: readonly string[], ends?: string[]) {
  const name = `f${++count}`
  const login = `${to.username}@${to.host}:${to.port}`
  const server = await world.warren(
    'server',
    'add',
    name,
    login,
    '--agent',
    'none',
    '--host-key',
    'accept-new',
    ...options,
  )
  expect(server).toMatchObject({ code: 0 })
  const forward = ends ?? ['-L', `0:127.0.0.1:${to.port}`]
  expect(await world.warren('add', name, ...forward, '--server', name)).toMatchObject({ code: 0 })
  return name
}

async function start(name: string): Promise<{ exit: number | null; forward: PublicSnapshot }> {
  const { exit, forwards } = await world.up(name)
  const [forward] = forwards
  if (forward === undefined) throw new Error('no forward')
  return { exit, forward }
}

/** Starts and expects a fault that no retry follows. */
async function fails(name: string, code: string, said: RegExp): Promise<PublicSnapshot> {
  const { exit, forward } = await start(name)
  expect(forward).toMatchObject({ state: 'failed', nextTryAt: null, reason: { code } })
  expect(`${forward.reason?.message ?? ''} ${forward.reason?.fix ?? ''}`).toMatch(said)
  expect(exit).toBe(2)
  expect((await world.warren('logs', name)).out).toContain(code)
  return forward
}

describe('a key file', () => {
  it.each([
    ['that is missing', 'key.missing', /gone does not exist/, 'gone', (): void => undefined],
    [
      'that is a folder',
      'key.not-a-key',
      /folder is not a private key/,
      'folder',
      (): void => {
        mkdirSync(file('folder'))
      },
    ],
    [
      'that is no key',
      'key.not-a-key',
      /text is not a private key/,
      'text',
      (): void => {
        writeFileSync(file('text'), 'hello', { mode: 0o600 })
      },
    ],
    [
      'that is empty',
      'key.not-a-key',
      /empty is not a private key/,
      'empty',
      (): void => {
        writeFileSync(file('empty'), '', { mode: 0o600 })
      },
    ],
    [
      'that is cut',
      'key.not-a-key',
      /cut is not a private key/,
      'cut',
      (): void => {
        writeFileSync(file('cut'), '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n', { mode: 0o600 })
      },
    ],
    [
      'below a file',
      'key.missing',
      /text\/key does not exist/,
      'text/key',
      (): void => {
        writeFileSync(file('text'), 'hello', { mode: 0o600 })
      },
    ],
    [
      'that others can read',
      'key.too-open',
      /Permissions 0644 for '.*open' are too open.*chmod 600/,
      'open',
      (): void => {
        makeKey(file('open'), 'ed25519')
        chmodSync(file('open'), 0o644)
      },
    ],
    [
      'with a passphrase that nobody gives',
      'need.cancelled',
      /passphrase|terminal|cancel/i,
      'locked',
      (): void => {
        makeKey(file('locked'), 'ed25519', { passphrase: 'x' })
        sshd.authorize(`${file('locked')}.pub`)
      },
    ],
  ])('%s fails with %s', async (...row) => {
    const [, code, said, name, make] = row
    make()
    await fails(await save(sshd, ['--identity', file(name)]), code, said)
  })

  it('is skipped with a warning when others can read it, and the next one logs in', async () => {
    makeKey(file('loose'), 'ed25519')
    chmodSync(file('loose'), 0o666)
    const name = await save(sshd, ['--identity', file('loose'), '--identity', sshd.clientKey])
    expect(await start(name)).toMatchObject({ exit: 0, forward: { state: 'running' } })
    expect((await world.warren('logs', name)).out).toMatch(/Permissions 0666 for '.*loose' are too open/)
  })

  it('is found in the home folder by its ~', async () => {
    makeKey(file('mine'), 'ed25519')
    sshd.authorize(`${file('mine')}.pub`)
    expect(await start(await save(sshd, ['--identity', '~/mine']))).toMatchObject({ exit: 0 })
  })
})

describe('a server', () => {
  const through = async (options: SshdOptions, work: (server: Sshd) => Promise<void>): Promise<void> => {
    const server = await startSshd(options)
    try {
      await work(server)
    } finally {
      await server.stop()
    }
  }

  it('that forbids forwards says so when a remote one starts', () =>
    through({ config: ['AllowTcpForwarding no'] }, async (server) => {
      const ends = ['-R', `${await freePort()}:127.0.0.1:${server.port}`]
      await fails(await save(server, ['--identity', server.clientKey], ends), 'forward.refused', /AllowTcpForwarding/)
    }))

  it('that does not permit the port says so', () =>
    through({ config: [`PermitListen 127.0.0.1:1`] }, async (server) => {
      const ends = ['-R', `${await freePort()}:127.0.0.1:${server.port}`]
      await fails(await save(server, ['--identity', server.clientKey], ends), 'forward.refused', /PermitListen/)
    }))

  it('that forbids connections out is told to the check and shown as degraded', () =>
    through({ config: ['PermitOpen none'] }, async (server) => {
      const name = await save(server, ['--identity', server.clientKey])
      const { code, out } = await world.warren('check', name, '--json')
      expect(code).toBe(1)
      expect(out).toContain('forward.refused')
    }))

  it('with another key than before is refused with both fingerprints, for good', () =>
    through({}, async (server) => {
      const name = await save(server, ['--identity', server.clientKey])
      expect(await start(name)).toMatchObject({ exit: 0 })
      expect(await world.warren('down', name)).toMatchObject({ code: 0 })
      const old = server.hostKeyFingerprint
      await server.changeHostKeys()
      // Another server entry has no session that is still open.
      const again = await save(server, ['--identity', server.clientKey])
      const forward = await fails(again, 'ssh.host-key-changed', /reinstalled/)
      expect(forward.reason?.message).toContain(old)
      expect(forward.reason?.message).toContain(server.hostKeyFingerprint)
      expect((await world.warren('status', again, '--json')).out).toContain('"failed"')
    }))

  it('whose key is not known fails without a terminal, with the fingerprint', () =>
    through({}, async (server) => {
      const name = await save(server, ['--identity', server.clientKey, '--host-key', 'ask'])
      const { forward } = await start(name)
      expect(forward).toMatchObject({ state: 'failed', reason: { code: 'ssh.host-key-unknown' } })
      expect(forward.reason?.message).toContain(server.hostKeyFingerprint)
    }))

  it('that refuses the password says what it accepts, and is asked once', async () => {
    makeKey(file('host'), 'ed25519')
    const { readFileSync } = await import('node:fs')
    let tries = 0
    const server = new ssh2.Server({ hostKeys: [readFileSync(file('host'))] }, (connection) => {
      connection.on('error', () => undefined)
      connection.on('authentication', (context) => {
        if (context.method === 'password') tries += 1
        context.reject(['password'])
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const words = ['server', 'add', 'wrong', `me@127.0.0.1:${port}`, '--agent', 'none', '--host-key', 'accept-new']
      expect(await world.given('nope', ...words, '--password-stdin')).toMatchObject({ code: 0 })
      expect(await world.warren('add', 'wrong', '-D', '0', '--server', 'wrong')).toMatchObject({ code: 0 })
      const { exit, forward } = await start('wrong')
      expect(exit).toBe(2)
      expect(forward).toMatchObject({ state: 'failed', nextTryAt: null })
      expect(forward.reason).toMatchObject({ code: 'ssh.auth-failed', message: 'wrong refused the password of me.' })
      expect(tries).toBe(1)
      expect(JSON.stringify(forward)).not.toContain('nope')
      expect((await world.warren('logs', 'wrong')).out).not.toContain('nope')
    } finally {
      server.close()
    }
  })
})

describe('an end that cannot be listened on', () => {
  it.each([
    ['a file that is no socket', 'port.in-use', /plain exists and is not a socket/, 'plain'],
    ['a path below a file', 'port.forbidden', /Warren cannot listen on/, 'plain/sock'],
    ['a path that is too long', 'port.forbidden', /too long for a socket/, 'x'.repeat(150)],
  ])('fails: %s', async (_what, code, said, name) => {
    writeFileSync(file('plain'), 'keep me')
    const ends = ['-L', `${file(name)}:127.0.0.1:${sshd.port}`]
    await fails(await save(sshd, ['--identity', sshd.clientKey], ends), code, said)
  })

  it.each([
    ['192.0.2.77', /does not have the address/],
    ['no.such.host.invalid', /does not have the address/],
  ])('fails: the address %s', async (address, said) => {
    const ends = ['-L', `${address}:0:127.0.0.1:${sshd.port}`]
    await fails(await save(sshd, ['--identity', sshd.clientKey], ends), 'port.address-unavailable', said)
  })
})
