import { describe, expect, it } from 'vitest'
import { defaultOverrides, formatServerAddress, forwardIssue, isSameServer, parseServerAddress } from '../../src/sync'
import { someFields } from './_replica'

describe('serverAddress', () => {
  it.each([
    ['bastion.example', { host: 'bastion.example', port: 22 }],
    ['bastion.example:2222', { host: 'bastion.example', port: 2222 }],
    ['[2001:db8::1]:2222', { host: '2001:db8::1', port: 2222 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 22 }],
  ])('reads %s and writes it again', (text, address) => {
    expect(parseServerAddress(text)).toEqual(address)
    expect(formatServerAddress(address)).toBe(text)
  })
  it.each(['', 'a b', 'host:0', 'host:99999', '-oProxyCommand=x', 'root@host', 'ssh://host', '[::1', 'a/b', 'a\u0000'])(
    'takes %j for none',
    (text) => {
      expect(parseServerAddress(text)).toBeNull()
    },
  )
  it('compares names without case and a missing port with 22', () => {
    expect(isSameServer('Bastion.Example', 'bastion.example:22')).toBe(true)
    expect(isSameServer('bastion.example', 'bastion.example:23')).toBe(false)
    expect(isSameServer(null, 'bastion.example')).toBe(false)
  })
})

it('leaves the local side of a team’s forward to each machine, and of a remote one what is on the server to all', () => {
  expect(defaultOverrides('local', null)).toEqual([])
  expect(defaultOverrides('local', 'team')).toEqual(['localHost', 'localPort', 'bindAddress', 'bindPort', 'username'])
  expect(defaultOverrides('dynamic', 'team')).toEqual(defaultOverrides('local', 'team'))
  expect(defaultOverrides('remote', 'team')).toEqual(['localHost', 'localPort', 'bindPort', 'username'])
})

it('says why fields make no forward', () => {
  expect(forwardIssue(someFields)).toBeNull()
  expect(forwardIssue({ ...someFields, serverAddress: null })).toBe('serverAddress names no server')
  expect(forwardIssue({ ...someFields, remotePort: 0 })).toBe('remotePort must be 1 to 65535')
  expect(forwardIssue({ ...someFields, password: 'clear' })).toBe('a secret is not sealed')
})
