/** What we offer the server, from what this runtime can do: some (Electron's BoringSSL) lack ciphers that ssh2 knows. */
import { getCiphers, getCurves, getHashes } from 'node:crypto'
import type { Algorithms } from 'ssh2'

/** Fastest first: AES-GCM encrypts and authenticates in one pass of hardware instructions. */
const CIPHERS: readonly (readonly [name: string, needs: string])[] = [
  ['aes128-gcm@openssh.com', 'aes-128-gcm'],
  ['aes256-gcm@openssh.com', 'aes-256-gcm'],
  ['chacha20-poly1305@openssh.com', 'chacha20'],
  ['aes128-ctr', 'aes-128-ctr'],
  ['aes192-ctr', 'aes-192-ctr'],
  ['aes256-ctr', 'aes-256-ctr'],
]
const HOST_KEYS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const
const KEX: readonly (readonly [name: string, needs: string | null])[] = [
  ['curve25519-sha256', null],
  ['curve25519-sha256@libssh.org', null],
  ['ecdh-sha2-nistp256', 'prime256v1'],
  ['ecdh-sha2-nistp384', 'secp384r1'],
  ['ecdh-sha2-nistp521', 'secp521r1'],
  ['diffie-hellman-group-exchange-sha256', null],
  ['diffie-hellman-group16-sha512', null],
  ['diffie-hellman-group18-sha512', null],
  ['diffie-hellman-group14-sha256', null],
]
const MACS: readonly (readonly [name: string, needs: string])[] = [
  ['hmac-sha2-256-etm@openssh.com', 'sha256'],
  ['hmac-sha2-512-etm@openssh.com', 'sha512'],
  ['hmac-sha2-256', 'sha256'],
  ['hmac-sha2-512', 'sha512'],
]

/** The offer for a server; host key types that are trusted for it come first, as ssh does, so that no false mismatch arises. */
export function algorithmOffer(knownTypes: readonly string[]): Algorithms {
  const ciphers = new Set(getCiphers())
  const curves = new Set(getCurves())
  const hashes = new Set(getHashes().map((hash) => hash.toLowerCase()))
  const first = HOST_KEYS.filter((type) => knownTypes.includes(type.startsWith('rsa-sha2') ? 'ssh-rsa' : type))
  return {
    cipher: CIPHERS.filter(([, needs]) => ciphers.has(needs)).map(([name]) => name),
    serverHostKey: [...first, ...HOST_KEYS.filter((type) => !first.includes(type))],
    kex: KEX.filter(([, needs]) => needs === null || curves.has(needs)).map(([name]) => name),
    hmac: MACS.filter(([, needs]) => hashes.has(needs)).map(([name]) => name),
    compress: ['none'],
  } as Algorithms
}
