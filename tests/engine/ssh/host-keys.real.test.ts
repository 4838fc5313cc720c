import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fingerprintOf, randomartOf } from '../../../src/engine/ssh/_fingerprint'
import { checkLeaks } from '../../support/leaks'
import { makeKey, startSshd, type Sshd } from '../../support/sshd'
import { loginFault, makeWorld, specOf, withSession } from './harness'

const nothing = async (): Promise<void> => undefined

describe('host keys of a real sshd', () => {
  checkLeaks()
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] })
  })
  afterAll(() => sshd.stop())

  const knownHosts = (name: string, text: string): string => {
    const file = join(sshd.dir, name)
    writeFileSync(file, text)
    return file
  }

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('draws and prints an %s key as ssh-keygen does', (type) => {
    const file = join(sshd.dir, `host_${type}.pub`)
    const blob = Buffer.from(readFileSync(file, 'utf8').split(' ')[1] ?? '', 'base64')
    const [head, ...art] = execFileSync('ssh-keygen', ['-lvf', file], { encoding: 'utf8' }).trimEnd().split('\n')
    expect(head).toContain(fingerprintOf(blob))
    expect(randomartOf(blob)).toBe(art.join('\n'))
  })

  it('asks for an unknown key with its fingerprint, remembers trust, and does not ask again', async () => {
    const world = makeWorld()
    await withSession(specOf(sshd), nothing, world)
    expect(world.asked).toMatchObject([
      { kind: 'host-key', keyType: 'ssh-ed25519', fingerprint: sshd.hostKeyFingerprint, port: sshd.port },
    ])
    await withSession(specOf(sshd), nothing, world)
    expect(world.asked).toHaveLength(1)
  })

  it('keeps nothing for "just once"', async () => {
    const world = makeWorld({ answer: () => ({ kind: 'host-key', decision: 'once' }) })
    await withSession(specOf(sshd), nothing, world)
    expect(world.pins).toEqual([])
  })

  it('stops when the person does not trust it', async () => {
    const world = makeWorld({ answer: () => ({ kind: 'host-key', decision: 'reject' }) })
    expect(await loginFault(specOf(sshd), world)).toMatchObject({ code: 'ssh.host-key-rejected' })
  })

  it('follows the policies accept-new and strict without asking', async () => {
    const accepting = makeWorld()
    await withSession(specOf(sshd, { hostKeyPolicy: 'accept-new' }), nothing, accepting)
    expect(accepting.pins).toHaveLength(1)
    const strict = makeWorld()
    expect(await loginFault(specOf(sshd, { hostKeyPolicy: 'strict' }), strict)).toMatchObject({
      code: 'ssh.host-key-unknown',
    })
    expect([...accepting.asked, ...strict.asked]).toEqual([])
  })

  it.each([0, 1, 2])('asks the server for the key type that known_hosts has (%i)', async (index) => {
    const file = knownHosts('one-type', `[127.0.0.1]:${sshd.port} ${sshd.hostKeys[index] ?? ''}\n`)
    const world = makeWorld({ knownHostsFiles: [join(sshd.dir, 'missing'), file] })
    await withSession(specOf(sshd), nothing, world)
    expect(world.asked).toEqual([])
  })

  it('reads the hashed entries that ssh-keygen writes', async () => {
    const file = knownHosts('hashed', `${sshd.knownHostsLine}\n`)
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
    const world = makeWorld({ knownHostsFiles: [file] })
    await withSession(specOf(sshd), nothing, world)
    expect(world.asked).toEqual([])
  })

  it('refuses a changed key before any login, with both fingerprints and the place of the old one', async () => {
    const other = join(sshd.dir, 'other')
    makeKey(other, 'ed25519')
    const line = readFileSync(`${other}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
    const file = knownHosts('changed', `# first line\n[127.0.0.1]:${sshd.port} ${line}\n`)
    const fault = await loginFault(specOf(sshd), makeWorld({ knownHostsFiles: [file] }))
    expect(fault.code).toBe('ssh.host-key-changed')
    expect(fault.message).toContain(sshd.hostKeyFingerprint)
    expect(fault.message).toContain(fingerprintOf(Buffer.from(line.split(' ')[1] ?? '', 'base64')))
    expect(fault.message).toContain(`${file}:2`)
  })

  it('refuses a revoked key', async () => {
    const file = knownHosts('revoked', `@revoked * ${sshd.hostKeys[0] ?? ''}\n`)
    expect(await loginFault(specOf(sshd), makeWorld({ knownHostsFiles: [file] }))).toMatchObject({
      code: 'ssh.host-key-revoked',
    })
  })

  it('says under which other names the key is trusted already', async () => {
    const file = knownHosts('alias', `bastion.example ${sshd.hostKeys[0] ?? ''}\n`)
    const world = makeWorld({ knownHostsFiles: [file] })
    await withSession(specOf(sshd), nothing, world)
    expect(world.asked[0]).toMatchObject({ knownAs: ['bastion.example'] })
  })
})
