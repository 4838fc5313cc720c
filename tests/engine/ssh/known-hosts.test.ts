import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { packStrings } from '../../../src/engine/ssh/_blob'
import { hostKeyName, matchesHost, parseKnownHosts } from '../../../src/engine/ssh/_known-hosts'
import { appendKnownHost } from '../../../src/engine/ssh/_known-hosts-write'
import { faultOf } from './harness'

const keyOf = (type: string): string => packStrings(type, Buffer.alloc(32, 7)).toString('base64')
const ED25519 = keyOf('ssh-ed25519')
const RSA = keyOf('ssh-rsa')
const entryFor = (hosts: string): { hosts: string } => ({ hosts })

describe('known_hosts', () => {
  it('names a server with brackets only off the default port', () => {
    expect(hostKeyName('DB.example', 22)).toBe('db.example')
    expect(hostKeyName('db.example', 2222)).toBe('[db.example]:2222')
  })

  it('reads entries with markers and leaves out comments and broken lines', () => {
    const text = [
      '# a comment',
      '',
      `db ssh-ed25519 ${ED25519} comment with words`,
      `@revoked * ssh-rsa ${RSA}`,
      `@cert-authority *.example ssh-rsa ${RSA}`,
      `@unknown db ssh-rsa ${RSA}`,
      'db ssh-rsa',
      'db ssh-rsa not*base64',
      `db ssh-ed25519 ${RSA}`,
      'db 2048 65537 1234567890',
      '@revoked',
      '\u0000\u0001\u0002 \ufffd',
      `\t  tabs\tssh-rsa\t${RSA}\r`,
    ].join('\n')
    expect(parseKnownHosts(text, 'f').map(({ hosts, marker, line }) => [hosts, marker, line])).toEqual([
      ['db', null, 3],
      ['*', 'revoked', 4],
      ['*.example', 'cert-authority', 5],
      ['tabs', null, 13],
    ])
  })

  it('matches lists, wildcards and negation', () => {
    expect(matchesHost(entryFor('a,db,c'), 'db')).toBe(true)
    expect(matchesHost(entryFor('*.example'), 'db.example')).toBe(true)
    expect(matchesHost(entryFor('*.example,!db.example'), 'db.example')).toBe(false)
    expect(matchesHost(entryFor('!db.example,*.example'), 'db.example')).toBe(false)
    expect(matchesHost(entryFor('!db.example'), 'other')).toBe(false)
    expect(matchesHost(entryFor('d?'), 'db')).toBe(true)
    expect(matchesHost(entryFor('d?'), 'dbx')).toBe(false)
    expect(matchesHost(entryFor('DB'), 'db')).toBe(true)
    expect(matchesHost(entryFor('db'), '[db]:2222')).toBe(false)
    expect(matchesHost(entryFor('[db]:2222'), '[db]:2222')).toBe(true)
    expect(matchesHost(entryFor('[*.example]:2222'), '[db.example]:2222')).toBe(true)
  })

  it('matches hashed names', () => {
    const salt = Buffer.from('01234567890123456789')
    const hash = createHmac('sha1', salt).update('[db]:2222').digest('base64')
    const entry = entryFor(`|1|${salt.toString('base64')}|${hash}`)
    expect(matchesHost(entry, '[db]:2222')).toBe(true)
    expect(matchesHost(entry, 'db')).toBe(false)
    expect(matchesHost(entryFor('|1|garbage'), 'db')).toBe(false)
  })

  it('takes no time over a hostile pattern', () => {
    const pattern = `${'*a'.repeat(100)}b`
    expect(matchesHost(entryFor(pattern), 'a'.repeat(255))).toBe(false)
  })
})

describe('writing known_hosts', () => {
  const dir = mkdtempSync(join(tmpdir(), 'warren-known-'))
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true })
  })
  const pin = { host: '[db]:2222', keyType: 'ssh-ed25519', key: ED25519 }

  it('makes the file for its owner alone, and its folder', async () => {
    const file = join(dir, '.ssh', 'known_hosts')
    expect(await appendKnownHost(pin, { file })).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe(`[db]:2222 ssh-ed25519 ${ED25519}\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, '.ssh')).mode & 0o777).toBe(0o700)
  })

  it('adds a line below what is there, also when the last line has no end, and never twice', async () => {
    const file = join(dir, 'unfinished')
    writeFileSync(file, '# mine')
    expect(await appendKnownHost(pin, { file })).toBe(true)
    expect(await appendKnownHost(pin, { file })).toBe(false)
    expect(readFileSync(file, 'utf8')).toBe(`# mine\n[db]:2222 ssh-ed25519 ${ED25519}\n`)
  })

  it('hides the name when told so, or when the other lines do', async () => {
    const file = join(dir, 'hashed')
    await appendKnownHost(pin, { file, hashed: true })
    await appendKnownHost({ ...pin, host: 'web' }, { file })
    await appendKnownHost({ ...pin, host: 'plain' }, { file, hashed: false })
    const entries = parseKnownHosts(readFileSync(file, 'utf8'), file)
    expect(entries.map(({ hosts }) => hosts.startsWith('|1|'))).toEqual([true, true, false])
    expect(entries.map((entry) => matchesHost(entry, 'web'))).toEqual([false, true, false])
  })

  it('loses no line when many write at once', async () => {
    const file = join(dir, 'many')
    const hosts = Array.from({ length: 20 }, (_, index) => `host-${index}`)
    await Promise.all(hosts.map((host) => appendKnownHost({ ...pin, host }, { file })))
    const entries = parseKnownHosts(readFileSync(file, 'utf8'), file)
    expect(entries.map((entry) => entry.hosts).sort()).toEqual(hosts.sort())
  })

  it('says when it cannot be written', async () => {
    const fault = await faultOf(appendKnownHost(pin, { file: dir }))
    expect(fault).toMatchObject({ code: 'trust.unwritable' })
    expect(fault.message).toContain(dir)
  })
})
