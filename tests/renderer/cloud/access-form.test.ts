import { describe, expect, it } from 'vitest'
import {
  accessErrors,
  accessFieldOf,
  emptyAccess,
  isClear,
  readAddress,
  serverOfLink,
} from '../../../src/renderer/src/screens/cloud/sign-in/access-form'
import { makeFault } from '../harness/_data'

describe('the address of a cloud server', () => {
  it('is taken as people type it: https, but http for this machine', () => {
    expect(readAddress(' cloud.example.net/ ')).toBe('https://cloud.example.net')
    expect(readAddress('cloud.example.net:8443/warren')).toBe('https://cloud.example.net:8443/warren')
    expect(readAddress('localhost:3000')).toBe('http://localhost:3000')
    expect(readAddress('127.0.0.1:3000')).toBe('http://127.0.0.1:3000')
    expect(readAddress('http://cloud.example.net')).toBe('http://cloud.example.net')
  })

  it('is refused when it is none, or carries a login', () => {
    for (const text of ['', '  ', 'ftp://cloud.example.net', 'https://', 'https://ada:secret@cloud.example.net']) {
      expect(readAddress(text), text).toBeNull()
    }
  })

  it('is in clear only when the way to it can be read', () => {
    expect(isClear('http://cloud.example.net')).toBe(true)
    expect(isClear('http://127.0.0.1.example.net')).toBe(true)
    for (const address of [
      'https://cloud.example.net',
      'http://localhost:3000',
      'http://[::1]:3000',
      'http://127.1.2.3',
    ]) {
      expect(isClear(address), address).toBe(false)
    }
  })

  it('is found in the link of an invitation', () => {
    expect(serverOfLink('https://cloud.example.net/invite#token')).toBe('https://cloud.example.net')
    expect(serverOfLink('https://example.net:8443/warren/invite#token')).toBe('https://example.net:8443/warren')
    for (const link of ['token', 'https://cloud.example.net/invite', 'https://cloud.example.net/#token', '']) {
      expect(serverOfLink(link), link).toBeNull()
    }
  })
})

describe('what is typed to sign in', () => {
  const right = {
    ...emptyAccess,
    ...{ url: 'cloud.example.net', email: 'ada@example.net', password: 'lovelace', keep: 'keychain' as const },
  }

  it('is enough with an address, an e-mail, a password and a place for the login', () => {
    expect(accessErrors(right, 'login')).toEqual({})
    expect(Object.keys(accessErrors({ ...emptyAccess }, 'login')).sort()).toEqual(['email', 'keep', 'password', 'url'])
  })

  it('wants a link, a name and a longer password for a new account', () => {
    const errors = accessErrors({ ...right, username: 'ad', password: 'short' }, 'register')
    expect(Object.keys(errors).sort()).toEqual(['link', 'password', 'username'])
  })

  it('wants a word before anything goes out unencrypted', () => {
    const clear = { ...right, url: 'http://cloud.example.net' }
    expect(Object.keys(accessErrors(clear, 'login'))).toEqual(['insecure'])
    expect(accessErrors({ ...clear, insecure: true }, 'login')).toEqual({})
    const link = 'http://cloud.example.net/invite#token'
    expect(Object.keys(accessErrors({ ...right, link }, 'join'))).toEqual(['insecure'])
  })

  it('has a field for what the server found wrong', () => {
    expect(accessFieldOf(makeFault({ field: 'url' }), 'login')).toBe('url')
    expect(accessFieldOf(makeFault({ field: 'url' }), 'register')).toBe('link')
    expect(accessFieldOf(makeFault({ field: 'username' }), 'register')).toBe('username')
    expect(accessFieldOf(makeFault({ field: 'username' }), 'login')).toBeNull()
    expect(accessFieldOf(makeFault({ field: null }), 'login')).toBeNull()
  })
})
