/** OpenSSH certificates (PROTOCOL.certkeys): what they say about themselves. Nothing is verified here. */
import { BlobReader, packStrings } from './_blob'

const SUFFIX = '-cert-v01@openssh.com'
const FOREVER = 0xffff_ffff_ffff_ffffn
const MILLISECONDS = 1000n
/** The last instant that a `Date` can hold. */
const LAST_DATE = 8_640_000_000_000_000n

/** How many `string`s the public key of a type has, between the nonce and the serial number. */
const KEY_FIELDS: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
}

export interface Certificate {
  /** `ssh-ed25519-cert-v01@openssh.com`, … */
  readonly type: string
  /** Type of the key that is certified: `ssh-ed25519`, … */
  readonly keyType: string
  /** The key that is certified, as a plain public key. */
  readonly publicKey: Buffer
  readonly kind: 'user' | 'host'
  readonly serial: bigint
  readonly keyId: string
  /** Empty: for every name. */
  readonly principals: readonly string[]
  readonly validAfter: Date
  /** `null`: for ever. */
  readonly validBefore: Date | null
  readonly criticalOptions: readonly string[]
  /** The key of the authority that signed. */
  readonly signatureKey: Buffer
  readonly signature: Buffer
  /** What the signature is over. */
  readonly signed: Buffer
}

/** The type of key that a certificate type is about; `null` when it is no certificate type. */
export function certifiedType(type: string): string | null {
  if (!type.endsWith(SUFFIX)) return null
  const bare = type.slice(0, -SUFFIX.length)
  return bare.startsWith('sk-') ? `${bare}@openssh.com` : bare
}

/** The certificate type for a type of key. */
export function certificateTypeOf(keyType: string): string {
  return `${keyType.replace(/@openssh\.com$/, '')}${SUFFIX}`
}

/** `null` when the blob is no certificate, or a damaged one. */
export function parseCertificate(blob: Buffer): Certificate | null {
  const reader = new BlobReader(blob)
  const type = reader.text()
  const keyType = type === null ? null : certifiedType(type)
  if (type === null || keyType === null || reader.string() === null) return null
  const key: Buffer[] = []
  for (let left = KEY_FIELDS[keyType] ?? 0; left > 0; left--) key.push(reader.string() ?? Buffer.alloc(0))
  const serial = reader.uint64()
  const role = reader.uint32()
  const keyId = reader.text()
  const principals = listOf(reader.string())
  const validAfter = reader.uint64()
  const validBefore = reader.uint64()
  const critical = listOf(reader.string())
  // Extensions and the reserved field say nothing about who may log in.
  if (reader.string() === null || reader.string() === null) return null
  const signatureKey = reader.string()
  const signed = blob.subarray(0, reader.offset)
  const signature = reader.string()
  if (key.length === 0 || serial === null || keyId === null || principals === null || critical === null) return null
  if (validAfter === null || validBefore === null || signatureKey === null || signature === null) return null
  if (role !== 1 && role !== 2) return null
  return {
    type,
    keyType,
    publicKey: packStrings(keyType, ...key),
    kind: role === 1 ? 'user' : 'host',
    serial,
    keyId,
    principals: principals.map(String),
    validAfter: dateOf(validAfter),
    validBefore: validBefore === FOREVER ? null : dateOf(validBefore),
    // Names and values take turns.
    criticalOptions: critical.filter((_, index) => index % 2 === 0).map(String),
    signatureKey,
    signature,
    signed,
  }
}

// --- internal ---

function listOf(field: Buffer | null): Buffer[] | null {
  return field === null ? null : new BlobReader(field).strings()
}

function dateOf(seconds: bigint): Date {
  const milliseconds = seconds * MILLISECONDS
  return new Date(Number(milliseconds > LAST_DATE ? LAST_DATE : milliseconds))
}
