/** Signatures by SSH public keys: RFC 4253 §6.6 (RSA), RFC 5656 (ECDSA), RFC 8332 (RSA with SHA-2), RFC 8709 (Ed25519), PROTOCOL.u2f (security keys). */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { BlobReader, uint32 } from './_blob'

/** Signatures a certificate may carry: ssh_config(5) CASignatureAlgorithms, its default. SHA-1 is not among them. */
export const SIGNATURE_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const

/** RSA keys below this are not worth a check (OpenSSH RequiredRSASize, its default). */
const MIN_RSA_BITS = 1024

export interface Signed {
  /** Public key blob of the signer. */
  readonly key: Buffer
  /** As SSH writes it: algorithm, signature. */
  readonly signature: Buffer
  readonly data: Buffer
}

/** The algorithm named in a signature; empty when there is none. */
export function signatureAlgorithm(signature: Buffer): string {
  return new BlobReader(signature).text() ?? ''
}

/** Whether the signature is right and made with an algorithm of {@link SIGNATURE_ALGORITHMS}; data that is none of it is not. */
export function isSignedBy({ key, signature, data }: Signed): boolean {
  try {
    const reader = new BlobReader(signature)
    const algorithm = must(reader.text())
    const value = must(reader.string())
    const signer = readKey(key)
    switch (algorithm) {
      case 'ssh-ed25519':
      case 'ecdsa-sha2-nistp256':
      case 'ecdsa-sha2-nistp384':
      case 'ecdsa-sha2-nistp521':
        return algorithm === signer.type && check(signer, data, value)
      case 'rsa-sha2-256':
      case 'rsa-sha2-512':
        return signer.type === 'ssh-rsa' && checkRsa(signer.object, data, { value, algorithm })
      case 'sk-ssh-ed25519@openssh.com':
      case 'sk-ecdsa-sha2-nistp256@openssh.com':
        return algorithm === signer.type && check(signer, securityKeyData(signer.application, data, reader), value)
      default:
        return false
    }
  } catch {
    return false
  }
}

// --- internal ---

interface Signer {
  readonly type: string
  readonly object: KeyObject
  /** Of ECDSA; `null` for the others. */
  readonly curve: Curve | null
  /** Of a security key: what it was made for. */
  readonly application: Buffer
}

interface Curve {
  readonly crv: string
  readonly hash: string
  /** Bytes of a coordinate. */
  readonly size: number
}

const CURVES: Readonly<Record<string, Curve>> = {
  nistp256: { crv: 'P-256', hash: 'sha256', size: 32 },
  nistp384: { crv: 'P-384', hash: 'sha384', size: 48 },
  nistp521: { crv: 'P-521', hash: 'sha512', size: 66 },
}

function readKey(blob: Buffer): Signer {
  const reader = new BlobReader(blob)
  const type = must(reader.text())
  switch (type) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com': {
      const x = must(reader.string()).toString('base64url')
      const object = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
      return { type, object, curve: null, application: application(type, reader) }
    }
    case 'ssh-rsa': {
      const e = unsigned(must(reader.string())).toString('base64url')
      const modulus = unsigned(must(reader.string()))
      if (modulus.length * 8 < MIN_RSA_BITS) throw new RangeError('The RSA key is too short')
      const object = createPublicKey({ format: 'jwk', key: { kty: 'RSA', e, n: modulus.toString('base64url') } })
      return { type, object, curve: null, application: Buffer.alloc(0) }
    }
    default: {
      const name = must(reader.text())
      const curve = CURVES[name]
      if (curve === undefined || !type.includes(`ecdsa-sha2-${name}`)) throw new RangeError(`No such key: ${type}`)
      const point = must(reader.string())
      const { crv, size } = curve
      if (point[0] !== 4 || point.length !== 1 + 2 * size) throw new RangeError('No point of that curve')
      const x = point.subarray(1, 1 + size).toString('base64url')
      const y = point.subarray(1 + size).toString('base64url')
      const object = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv, x, y } })
      return { type, object, curve, application: application(type, reader) }
    }
  }
}

function application(type: string, reader: BlobReader): Buffer {
  return type.startsWith('sk-') ? must(reader.string()) : Buffer.alloc(0)
}

function check({ object, curve }: Signer, data: Buffer, value: Buffer): boolean {
  if (curve === null) return verify(null, data, object, value)
  const reader = new BlobReader(value)
  const both = Buffer.concat([fixed(must(reader.string()), curve.size), fixed(must(reader.string()), curve.size)])
  return verify(curve.hash, data, { key: object, dsaEncoding: 'ieee-p1363' }, both)
}

function checkRsa(key: KeyObject, data: Buffer, { value, algorithm }: { value: Buffer; algorithm: string }): boolean {
  const length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  // Some servers leave out leading zeros, as OpenSSH knows too.
  return verify(algorithm === 'rsa-sha2-256' ? 'sha256' : 'sha512', data, key, fixed(value, length))
}

/** What a security key signs instead: hash of its application, flags, counter, hash of the data. */
function securityKeyData(forApplication: Buffer, data: Buffer, reader: BlobReader): Buffer {
  const flags = Buffer.of(must(reader.byte()))
  return Buffer.concat([sha256(forApplication), flags, uint32(must(reader.uint32())), sha256(data)])
}

/** A field that is not there makes the whole not ours to judge. */
function must<T>(field: T | null): T {
  if (field === null) throw new RangeError('The data ends too early')
  return field
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

function unsigned(mpint: Buffer): Buffer {
  const first = mpint.findIndex((byte) => byte !== 0)
  return first < 0 ? Buffer.alloc(0) : mpint.subarray(first)
}

function fixed(mpint: Buffer, size: number): Buffer {
  const bytes = unsigned(mpint)
  if (bytes.length > size) throw new RangeError('The number is too long')
  return Buffer.concat([Buffer.alloc(size - bytes.length), bytes])
}
