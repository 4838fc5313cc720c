import { fc, test } from '@fast-check/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { SEALED_PREFIX } from '@shared/cloud'
import {
  fingerprintOf,
  generationOf,
  identityOf,
  makeIdentity,
  openIdentity,
  openSecret,
  personalKey,
  prepareSealing,
  sealIdentity,
  sealSecret,
  type NewIdentity,
  type SealingKey,
  type SecretPlace,
} from '@sync'

const place: SecretPlace = { namespace: null, field: 'password', serverAddress: 'db.example.com:2222' }
let ada: NewIdentity
let key: SealingKey

beforeAll(async () => {
  await prepareSealing()
  ada = makeIdentity()
  key = personalKey(ada.identity)
})

describe('the key of an account', () => {
  const kept = (made: NewIdentity = ada) => ({
    publicKey: made.identity.publicKey,
    sealedPrivateKey: made.sealedPrivateKey,
  })

  it('comes to another machine with its recovery code', () => {
    expect(ada.recoveryCode).toMatch(/^([0-9a-f]{4}-){7}[0-9a-f]{4}$/)
    expect(openIdentity(kept(), ada.recoveryCode)).toEqual(ada.identity)
  })
  it('takes the code however a person writes it', () => {
    expect(openIdentity(kept(), ` ${ada.recoveryCode.toUpperCase().replaceAll('-', ' ')} `)).toEqual(ada.identity)
  })
  it.each(['', 'what?', '0000-0000-0000-0000-0000-0000-0000-0000', 'ffff'])(
    'is not opened by the code "%s"',
    (code) => {
      expect(() => openIdentity(kept(), code)).toThrowError(expect.objectContaining({ code: 'cloud.recovery-code' }))
    },
  )
  it('is not opened when one digit of the code is another', () => {
    const [first = '', ...rest] = ada.recoveryCode
    const wrong = [first === '0' ? '1' : '0', ...rest].join('')
    expect(() => openIdentity(kept(), wrong)).toThrowError(expect.objectContaining({ code: 'cloud.recovery-code' }))
  })
  it('is not taken from a server that shows another public key with it', () => {
    const eve = makeIdentity()
    const mixed = { publicKey: eve.identity.publicKey, sealedPrivateKey: ada.sealedPrivateKey }
    expect(() => openIdentity(mixed, ada.recoveryCode)).toThrowError(
      expect.objectContaining({ code: 'cloud.recovery-code' }),
    )
  })
  it('is sealed anew with another code, and then the code before opens it no more', () => {
    const anew = { identity: ada.identity, ...sealIdentity(ada.identity) }
    expect(openIdentity(kept(anew), anew.recoveryCode)).toEqual(ada.identity)
    expect(() => openIdentity(kept(anew), ada.recoveryCode)).toThrow()
  })
  it('is whole from its private half', () => {
    expect(identityOf(ada.identity.privateKey)).toEqual(ada.identity)
    expect(identityOf('nothing')).toBeNull()
  })
  it('has a fingerprint of four groups of four, another one for another key', () => {
    expect(fingerprintOf(ada.identity.publicKey)).toMatch(/^([0-9a-hjkmnp-tv-z]{4} ){3}[0-9a-hjkmnp-tv-z]{4}$/)
    expect(fingerprintOf(makeIdentity().identity.publicKey)).not.toBe(fingerprintOf(ada.identity.publicKey))
  })
  it('tells the server nothing that opens it', () => {
    const told = `${ada.sealedPrivateKey} ${ada.identity.publicKey}`
    expect(told).not.toContain(ada.identity.privateKey)
    expect(told).toMatch(/^[\x21-\x7e ]+$/)
  })
})

describe('a secret', () => {
  test.prop([fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 })])('comes back as it was', (value) => {
    expect(openSecret(sealSecret(value, place, key), place, key.key)).toBe(value)
  })
  it('holds a key file', () => {
    const file = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'x'.repeat(30_000)}\n`
    const sealed = sealSecret(file, { ...place, field: 'keyContent' }, key)
    expect(openSecret(sealed, { ...place, field: 'keyContent' }, key.key)).toBe(file)
    expect(sealed.length).toBeLessThan(65_536)
  })
  it('says its generation, and is another text each time', () => {
    const one = sealSecret('hunter2', place, { ...key, generation: 7 })
    expect(one.startsWith(`${SEALED_PREFIX}7:`)).toBe(true)
    expect(generationOf(one)).toBe(7)
    expect(sealSecret('hunter2', place, { ...key, generation: 7 })).not.toBe(one)
  })
  it('does not tell how long it is, nearly', () => {
    expect(sealSecret('a', place, key)).toHaveLength(sealSecret('a'.repeat(50), place, key).length)
  })
  it('is for its server whatever the case of the name', () => {
    const sealed = sealSecret('hunter2', place, key)
    expect(openSecret(sealed, { ...place, serverAddress: 'DB.Example.COM:2222' }, key.key)).toBe('hunter2')
  })
  it.each<[string, Partial<SecretPlace>]>([
    ['server', { serverAddress: 'evil.example.com:2222' }],
    ['port', { serverAddress: 'db.example.com' }],
    ['field', { field: 'passphrase' }],
    ['team', { namespace: '6f1d7a52-5b5e-4f0c-9a9e-0d3a2f6f8b11' }],
  ])('does not open for another %s', (_what, other) => {
    const sealed = sealSecret('hunter2', place, key)
    expect(() => openSecret(sealed, { ...place, ...other }, key.key)).toThrowError(
      expect.objectContaining({ code: 'cloud.sealed-for-other' }),
    )
  })
  it('does not open with another key', () => {
    const sealed = sealSecret('hunter2', place, key)
    expect(() => openSecret(sealed, place, personalKey(makeIdentity().identity).key)).toThrow()
  })
  it('does not open when any bit of it is another', () => {
    const sealed = sealSecret('hunter2', place, key)
    const start = `${SEALED_PREFIX}0:`.length
    const bytes = Buffer.from(sealed.slice(start), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const text = `${SEALED_PREFIX}0:${changed.toString('base64url')}`
      expect(() => openSecret(text, place, key.key)).toThrowError(
        expect.objectContaining({ code: 'cloud.sealed-for-other' }),
      )
    }
  })
  it.each([
    '',
    'hunter2',
    SEALED_PREFIX,
    `${SEALED_PREFIX}0:`,
    `${SEALED_PREFIX}0:AAAA`,
    `${SEALED_PREFIX}x:AAAA`,
    `${SEALED_PREFIX}01:AAAA`,
  ])('is not "%s"', (text) => {
    expect(() => openSecret(text, place, key.key)).toThrowError(
      expect.objectContaining({ code: 'cloud.sealed-for-other' }),
    )
  })
})
