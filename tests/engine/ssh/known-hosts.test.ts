import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hostKeyName, matchesHost, parseKnownHosts } from '../../../src/engine/ssh/_known-hosts'

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIH'
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
      `db ssh-ed25519 ${KEY} comment with words`,
      `@revoked * ssh-rsa ${KEY}`,
      `@cert-authority *.example ssh-rsa ${KEY}`,
      `@unknown db ssh-rsa ${KEY}`,
      'db ssh-rsa',
      'db ssh-rsa not*base64',
    ].join('\n')
    expect(parseKnownHosts(text, 'f').map(({ hosts, marker, line }) => [hosts, marker, line])).toEqual([
      ['db', null, 3],
      ['*', 'revoked', 4],
      ['*.example', 'cert-authority', 5],
    ])
  })

  it('matches lists, wildcards and negation', () => {
    expect(matchesHost(entryFor('a,db,c'), 'db')).toBe(true)
    expect(matchesHost(entryFor('*.example'), 'db.example')).toBe(true)
    expect(matchesHost(entryFor('*.example,!db.example'), 'db.example')).toBe(false)
    expect(matchesHost(entryFor('d?'), 'db')).toBe(true)
    expect(matchesHost(entryFor('d?'), 'dbx')).toBe(false)
    expect(matchesHost(entryFor('DB'), 'db')).toBe(true)
    expect(matchesHost(entryFor('db'), '[db]:2222')).toBe(false)
    expect(matchesHost(entryFor('[db]:2222'), '[db]:2222')).toBe(true)
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
