/** What is in a key file: OpenSSH (PROTOCOL.key), PEM, PKCS#8, PuTTY, and public halves of all kinds. */
import { createPrivateKey } from 'node:crypto'
import ssh2 from 'ssh2'
import { BlobReader } from './_blob'
import { keyTypeOf } from './_fingerprint'
import { openPpk, parsePpk } from './_ppk'
import { privateKeyOf, type PrivateKey } from './_private-key'
import { inThread } from './_thread'

const MAGIC = Buffer.from('openssh-key-v1\0', 'latin1')
const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/
const PEM = /-----BEGIN (?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY-----/
const ENCRYPTED_PEM = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m
const RFC4716 = /---- BEGIN SSH2 PUBLIC KEY ----([\s\S]*?)---- END SSH2 PUBLIC KEY ----/
const PUBLIC_LINE = /^\s*((?:ssh|ecdsa|sk)-[a-z0-9@.-]+)\s+([A-Za-z0-9+/]+=*)/
/** Types whose private half is in a file, as opposed to a security key. */
const FILE_TYPES = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))$/
const SECURITY_KEY_TYPES = /^sk-/

export type KeyFile =
  /** A public key or a certificate. */
  | { readonly kind: 'public'; readonly blob: Buffer }
  | { readonly kind: 'private'; readonly blob: Buffer; readonly key: PrivateKey }
  /** `blob` is `null` where the public half is encrypted too. `unlock` gives `null` for a wrong passphrase. */
  | {
      readonly kind: 'locked'
      readonly blob: Buffer | null
      readonly unlock: (passphrase: string) => Promise<PrivateKey | null>
    }
  /** The handle of a FIDO key: only an agent can sign with it. */
  | { readonly kind: 'security-key'; readonly blob: Buffer }
  /** Not a key, or of a kind that is not used any more. `type` where the file tells. */
  | { readonly kind: 'unusable'; readonly type: string | null }

const UNUSABLE: KeyFile = { kind: 'unusable', type: null }

/** Never throws: what cannot be read is `unusable`. */
export async function readKeyFile(data: Buffer): Promise<KeyFile> {
  const text = data.toString('latin1')
  try {
    return readPublicText(text) ?? readOpenSsh(data, text) ?? (await readPpkText(data)) ?? readPem(data, text)
  } catch {
    return UNUSABLE
  }
}

/** The blob in the text of a public key or certificate file; `null` when it is none. */
export function readPublicKey(data: Buffer): Buffer | null {
  const found = readPublicText(data.toString('latin1'))
  return found?.kind === 'public' ? found.blob : null
}

// --- internal ---

function readPublicText(text: string): KeyFile | null {
  const [, type, line] = PUBLIC_LINE.exec(text) ?? []
  if (line !== undefined) {
    const blob = Buffer.from(line, 'base64')
    return keyTypeOf(blob) === type ? { kind: 'public', blob } : UNUSABLE
  }
  const armoured = RFC4716.exec(text)?.[1]
  if (armoured === undefined) return null
  // Headers are `Name: value`, continued where a line ends with a backslash.
  const body = armoured.replace(/^[^\s:]+:.*(?:\\\r?\n.*)*$/gm, '')
  const blob = Buffer.from(body, 'base64')
  return keyTypeOf(blob) === '' ? UNUSABLE : { kind: 'public', blob }
}

function readOpenSsh(data: Buffer, text: string): KeyFile | null {
  const armoured = OPENSSH.exec(text)?.[1]
  if (armoured === undefined) return null
  const front = readFront(Buffer.from(armoured, 'base64'))
  if (front === null) return UNUSABLE
  const type = keyTypeOf(front.blob)
  if (SECURITY_KEY_TYPES.test(type)) return { kind: 'security-key', blob: front.blob }
  if (!FILE_TYPES.test(type)) return { kind: 'unusable', type }
  if (front.isEncrypted) {
    return { kind: 'locked', blob: front.blob, unlock: (passphrase) => unlockOpenSsh(data, passphrase) }
  }
  const key = parseOpenSsh(data)
  return key === null ? { kind: 'unusable', type } : { kind: 'private', blob: front.blob, key }
}

/** What stands in front of the private half, readable also when that is encrypted. */
function readFront(data: Buffer): { readonly isEncrypted: boolean; readonly blob: Buffer } | null {
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) return null
  const reader = new BlobReader(data.subarray(MAGIC.length))
  const cipher = reader.text()
  // The key derivation, its options and the count of keys.
  if (reader.string() === null || reader.string() === null || reader.uint32() === null) return null
  const blob = reader.string()
  return cipher === null || blob === null ? null : { isEncrypted: cipher !== 'none', blob }
}

/** bcrypt in JavaScript takes half a second for the usual 16 rounds. */
async function unlockOpenSsh(data: Buffer, passphrase: string): Promise<PrivateKey | null> {
  const pem = await inThread({
    library: 'ssh2',
    source: `
      const key = library.utils.parseKey(Buffer.from(data.text), data.passphrase)
      return key instanceof Error || !key.isPrivateKey() ? null : key.getPrivatePEM()`,
    data: { text: data, passphrase },
  })
  return typeof pem === 'string' ? privateKeyOf(createPrivateKey(pem)) : null
}

function parseOpenSsh(data: Buffer): PrivateKey | null {
  const parsed = ssh2.utils.parseKey(data)
  if (parsed instanceof Error || !parsed.isPrivateKey()) return null
  return privateKeyOf(createPrivateKey(parsed.getPrivatePEM()))
}

async function readPpkText(data: Buffer): Promise<KeyFile | null> {
  const file = parsePpk(data.toString('utf8'))
  if (file === null) return null
  if (!FILE_TYPES.test(file.type)) return { kind: 'unusable', type: file.type }
  const { publicBlob: blob } = file
  if (file.encryption !== 'none') {
    return { kind: 'locked', blob, unlock: (passphrase) => openPpk(file, passphrase) }
  }
  const key = await openPpk(file, '')
  return key === null ? { kind: 'unusable', type: file.type } : { kind: 'private', blob, key }
}

/** PKCS#1, SEC 1 and PKCS#8, plain or encrypted: OpenSSL knows them. */
function readPem(data: Buffer, text: string): KeyFile {
  if (!PEM.test(text)) return UNUSABLE
  if (ENCRYPTED_PEM.test(text)) {
    return { kind: 'locked', blob: null, unlock: async (passphrase) => unlockPem(data, passphrase) }
  }
  const key = privateKeyOf(createPrivateKey(data))
  return key === null ? UNUSABLE : { kind: 'private', blob: key.blob, key }
}

function unlockPem(data: Buffer, passphrase: string): PrivateKey | null {
  try {
    return privateKeyOf(createPrivateKey({ key: data, passphrase }))
  } catch {
    return null
  }
}
