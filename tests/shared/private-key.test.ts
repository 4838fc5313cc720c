import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { privateKeyFault } from '@shared/private-key'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
const locked = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'planted' })
  .toString()
const openssh = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----\n'
const putty = 'PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\nPrivate-MAC: 00ff\r\n'

describe('a private key', () => {
  it.each([
    ['PKCS#8', pkcs8],
    ['SEC 1', sec1],
    ['PKCS#8 with a passphrase', locked],
    ['OpenSSH', openssh],
    ['OpenSSH with ends of Windows', openssh.replaceAll('\n', '\r\n')],
    ['PuTTY', putty],
  ])('is taken as %s', (_, text) => {
    expect(privateKeyFault(text)).toBeNull()
  })

  it.each([
    ['some text', 'not a key at all', /no private key/],
    ['a public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ada@laptop', /public key/],
    ['a public key in PEM', publicKey.export({ type: 'spki', format: 'pem' }).toString(), /public key/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', /no private key/],
    ['half a key', openssh.slice(0, 50), /end is missing/],
    ['half a PuTTY key', putty.slice(0, 60), /end is missing/],
  ])('is not %s', (_, text, words) => {
    expect(privateKeyFault(text)).toMatch(words)
  })
})
