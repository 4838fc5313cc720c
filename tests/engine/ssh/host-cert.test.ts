import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { packStrings } from '../../../src/engine/ssh/_blob'
import { parseCertificate, type Certificate } from '../../../src/engine/ssh/_certificate'
import { certificateProblem } from '../../../src/engine/ssh/_host-cert'
import { isRevokedBy } from '../../../src/engine/ssh/_revoked'
import { isSignedBy } from '../../../src/engine/ssh/_signature'
import { makeKey } from '../../support/sshd'
import { blobOf, makeAuthority } from './_authority'
import { faultOf } from './harness'

const authority = makeAuthority()
const { dir } = authority
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})
const host = join(dir, 'host')
makeKey(host, 'ed25519')

function certificate(...options: readonly string[]): { file: string; cert: Certificate } {
  const file = authority.sign(`${host}.pub`, ['-h', ...options])
  const cert = parseCertificate(blobOf(file))
  if (cert === null) throw new Error('no certificate')
  return { file, cert }
}
const now = Date.parse('2026-06-01T00:00:00Z')

describe('a host certificate', () => {
  it.each([
    [['-n', 'db.example'], 'db.example', null],
    [['-n', 'db.example'], 'DB.example', null],
    [['-n', '*.example,other'], 'db.example', null],
    [[], 'anything', null],
    [['-n', 'db.example'], 'db.example.evil', 'ssh.host-cert-principal'],
    [['-n', 'db.example'], 'xdb.example', 'ssh.host-cert-principal'],
  ])('made with %j, for %s: %s', (options, name, code) => {
    expect(certificateProblem(certificate(...options).cert, { name, now })?.code ?? null).toBe(code)
  })

  it('is good from its first second to the last but one', () => {
    const { cert } = certificate('-V', '20260101000000Z:20260201000000Z')
    const code = (at: string): unknown => certificateProblem(cert, { name: 'db', now: Date.parse(at) })?.code ?? null
    expect(code('2025-12-31T23:59:59Z')).toBe('ssh.host-cert-not-yet-valid')
    expect(code('2026-01-01T00:00:00Z')).toBeNull()
    expect(code('2026-01-31T23:59:59Z')).toBeNull()
    expect(code('2026-02-01T00:00:00Z')).toBe('ssh.host-cert-expired')
  })

  it('honours CASignatureAlgorithms', () => {
    const { cert } = certificate()
    const check = { name: 'db', now, signatures: ['rsa-sha2-512'] }
    expect(certificateProblem(cert, check)).toMatchObject({ code: 'ssh.host-cert-invalid' })
  })

  it('is worth nothing with any bit changed', () => {
    const { cert } = certificate('-n', 'db')
    for (let at = 0; at < cert.signed.length; at += 7) {
      const signed = Buffer.from(cert.signed)
      signed[at] = (signed[at] ?? 0) ^ 0x10
      expect(isSignedBy({ key: cert.signatureKey, signature: cert.signature, data: signed })).toBe(false)
    }
  })

  it('is not believed when it is signed with SHA-1, or by garbage', () => {
    const { cert } = certificate()
    const sha1 = packStrings('ssh-rsa', Buffer.alloc(256))
    for (const signature of [sha1, Buffer.alloc(0), Buffer.from('ffffffff', 'hex'), packStrings('ssh-ed25519', '')]) {
      expect(isSignedBy({ key: cert.signatureKey, signature, data: cert.signed })).toBe(false)
    }
    expect(isSignedBy({ key: Buffer.from('garbage'), signature: cert.signature, data: cert.signed })).toBe(false)
  })
})

describe('a list of revoked keys', () => {
  const shown = (cert: Certificate): { plainKey: Buffer; certificate: Certificate } => ({
    plainKey: cert.publicKey,
    certificate: cert,
  })
  const list = join(dir, 'krl')
  const krl = (specification: string): void => {
    const file = join(dir, 'specification')
    writeFileSync(file, specification)
    execFileSync('ssh-keygen', ['-q', '-k', '-f', list, '-s', `${authority.key}.pub`, file])
  }

  it('names certificates by number, by range, by name; and others are not meant', async () => {
    const { cert } = certificate()
    const { serial } = cert
    for (const [words, revoked] of [
      [`serial: ${serial}`, true],
      [`serial: ${serial + 1n}`, false],
      [`serial: ${serial - 1n}-${serial + 70n}`, true],
      [`serial: ${serial + 1n}-${serial + 70n}`, false],
      // Many single numbers become a bitmap.
      [Array.from({ length: 40 }, (_, index) => `serial: ${serial + BigInt(index * 3)}`).join('\n'), true],
      [Array.from({ length: 40 }, (_, index) => `serial: ${serial + BigInt(index * 3 + 1)}`).join('\n'), false],
      ['id: test', true],
      ['id: other', false],
    ] as const) {
      krl(`${words}\n`)
      expect(await isRevokedBy(list, shown(cert)), words).toBe(revoked)
    }
  })

  it('names keys by themselves and by their hashes, in a certificate too', async () => {
    const { cert } = certificate()
    const key = readFileSync(`${host}.pub`, 'utf8').trim()
    const hash = createHash('sha256').update(cert.publicKey).digest('base64').replace(/=+$/, '')
    for (const words of [`key: ${key}`, `sha1: ${key}`, `sha256: ${key}`, `hash: SHA256:${hash}`]) {
      krl(`${words}\n`)
      expect(await isRevokedBy(list, shown(cert)), words).toBe(true)
      expect(await isRevokedBy(list, { plainKey: cert.publicKey, certificate: null }), words).toBe(true)
      expect(await isRevokedBy(list, { plainKey: cert.signatureKey, certificate: null }), words).toBe(false)
    }
  })

  it('may be plain lines; and it trusts nobody when it is damaged or missing', async () => {
    const { cert } = certificate()
    writeFileSync(list, `# a comment\n\n${authority.publicKey} comment\n`)
    expect(await isRevokedBy(list, shown(cert))).toBe(true)
    writeFileSync(list, 'nothing to see here\n')
    expect(await isRevokedBy(list, shown(cert))).toBe(false)
    krl('serial: 1\n')
    writeFileSync(list, readFileSync(list).subarray(0, 60))
    for (const file of [list, join(dir, 'missing')]) {
      expect(await faultOf(isRevokedBy(file, shown(cert)))).toMatchObject({ code: 'ssh.host-key-revoked' })
    }
  })
})
