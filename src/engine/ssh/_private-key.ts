/** Private keys that sign, whatever file they came from. */
import { createPrivateKey, createPublicKey, sign, type JsonWebKey, type KeyObject } from 'node:crypto'
import { BlobReader, mpint, packStrings } from './_blob'

export interface PrivateKey {
  /** The public half (RFC 4253 §6.6). */
  readonly blob: Buffer
  /** The whole signature blob; `algorithm` is that of the signature: `rsa-sha2-512`, `ssh-ed25519`, … */
  readonly sign: (data: Buffer, algorithm: string) => Buffer
}

const CURVES: Readonly<Record<string, { readonly name: string; readonly hash: string; readonly bytes: number }>> = {
  'P-256': { name: 'nistp256', hash: 'sha256', bytes: 32 },
  'P-384': { name: 'nistp384', hash: 'sha384', bytes: 48 },
  'P-521': { name: 'nistp521', hash: 'sha512', bytes: 66 },
}
const RSA_HASHES: Readonly<Record<string, string>> = {
  'ssh-rsa': 'sha1',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
}

/** `null` for a kind of key that SSH does not log in with. */
export function privateKeyOf(key: KeyObject): PrivateKey | null {
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  switch (jwk.kty) {
    case 'OKP':
      if (jwk.crv !== 'Ed25519') return null
      return {
        blob: packStrings('ssh-ed25519', field(jwk.x)),
        sign: (data) => packStrings('ssh-ed25519', sign(null, data, key)),
      }
    case 'EC':
      return ecdsaKey(key, jwk)
    case 'RSA':
      return {
        blob: packStrings('ssh-rsa', mpint(field(jwk.e)), mpint(field(jwk.n))),
        sign: (data, algorithm) => packStrings(algorithm, sign(RSA_HASHES[algorithm], data, key)),
      }
    default:
      return null
  }
}

/**
 * A private key from the public and the private fields of a PuTTY file.
 *
 * @throws when the fields do not make a key
 */
export function privateKeyFromFields(publicBlob: Buffer, privateFields: readonly Buffer[]): PrivateKey | null {
  const [type, ...fields] = new BlobReader(publicBlob).strings() ?? []
  const jwk = jwkOf(String(type), { fields, secret: privateFields })
  return jwk === null ? null : privateKeyOf(createPrivateKey({ key: jwk, format: 'jwk' }))
}

// --- internal ---

function ecdsaKey(key: KeyObject, jwk: JsonWebKey): PrivateKey | null {
  const curve = CURVES[jwk.crv ?? '']
  if (curve === undefined) return null
  const type = `ecdsa-sha2-${curve.name}`
  const point = Buffer.concat([Buffer.from([4]), field(jwk.x), field(jwk.y)])
  return {
    blob: packStrings(type, curve.name, point),
    sign: (data) => {
      // r and s, each half of the whole.
      const pair = sign(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' })
      const half = pair.length / 2
      return packStrings(type, packStrings(mpint(pair.subarray(0, half)), mpint(pair.subarray(half))))
    },
  }
}

function field(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url')
}

interface KeyFields {
  readonly fields: readonly Buffer[]
  readonly secret: readonly Buffer[]
}

function jwkOf(type: string, { fields, secret }: KeyFields): JsonWebKey | null {
  if (type === 'ssh-ed25519') {
    return { kty: 'OKP', crv: 'Ed25519', x: encode(fields[0]), d: encode(secret[0]) }
  }
  if (type === 'ssh-rsa') return rsaJwk(fields, secret)
  const curve = Object.entries(CURVES).find(([, { name }]) => type === `ecdsa-sha2-${name}`)
  const point = fields[1]
  if (curve === undefined || point === undefined) return null
  const [crv, { bytes }] = curve
  const d = digits(secret[0])
  return {
    kty: 'EC',
    crv,
    x: encode(point.subarray(1, 1 + bytes)),
    y: encode(point.subarray(1 + bytes)),
    d: encode(Buffer.concat([Buffer.alloc(Math.max(0, bytes - d.length)), d])),
  }
}

function rsaJwk([e, n]: readonly Buffer[], [d, p, q, qi]: readonly Buffer[]): JsonWebKey {
  const exponent = (prime: Buffer | undefined): string => encode(fromNumber(toNumber(d) % (toNumber(prime) - 1n)))
  return {
    kty: 'RSA',
    n: encode(digits(n)),
    e: encode(digits(e)),
    d: encode(digits(d)),
    p: encode(digits(p)),
    q: encode(digits(q)),
    dp: exponent(p),
    dq: exponent(q),
    qi: encode(digits(qi)),
  }
}

function encode(data: Buffer | undefined): string {
  return (data ?? Buffer.alloc(0)).toString('base64url')
}

/** An mpint without the zeros in front. */
function digits(number: Buffer | undefined): Buffer {
  const data = number ?? Buffer.alloc(0)
  const first = data.findIndex((byte) => byte !== 0)
  return first < 0 ? Buffer.alloc(0) : data.subarray(first)
}

function toNumber(data: Buffer | undefined): bigint {
  return BigInt(`0x0${(data ?? Buffer.alloc(0)).toString('hex')}`)
}

function fromNumber(value: bigint): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}
