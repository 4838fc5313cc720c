/** Private keys in files: the readable half of an encrypted one, and signing once the passphrase is known. */
import ssh2, { type ParsedKey } from 'ssh2'

const MAGIC = Buffer.from('openssh-key-v1\0', 'latin1')
const ARMOUR = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/

/** The public key at the front of an OpenSSH private key file, readable also when the rest is encrypted (PROTOCOL.key). */
export function readOpenSshPublicKey(text: Buffer): ParsedKey | null {
  const armoured = ARMOUR.exec(text.toString('latin1'))
  if (armoured?.[1] === undefined) return null
  const data = Buffer.from(armoured[1], 'base64')
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) return null
  let at = MAGIC.length
  const readString = (): Buffer | null => {
    if (at + 4 > data.length) return null
    const length = data.readUInt32BE(at)
    if (at + 4 + length > data.length) return null
    const value = data.subarray(at + 4, at + 4 + length)
    at += 4 + length
    return value
  }
  // Cipher, key derivation and its options come before the count of keys.
  if (readString() === null || readString() === null || readString() === null) return null
  at += 4
  const blob = readString()
  if (blob === null) return null
  const parsed = ssh2.utils.parseKey(blob)
  return parsed instanceof Error ? null : parsed
}

/** Decrypts a private key; `null` when the passphrase is wrong. */
export function decryptKey(text: Buffer, passphrase: string): ParsedKey | null {
  const parsed = ssh2.utils.parseKey(text, passphrase)
  return parsed instanceof Error || !parsed.isPrivateKey() ? null : parsed
}

/** A key that is not encrypted; `null` when it needs a passphrase. */
export function plainKey(text: Buffer): ParsedKey | null {
  const parsed = ssh2.utils.parseKey(text)
  return parsed instanceof Error || !parsed.isPrivateKey() ? null : parsed
}
