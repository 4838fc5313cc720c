/** The key of an account: who may open what is sealed for it, and how it comes to another machine. */
import { WarrenError } from '@shared/errors'
import { bytesOf, decode, derive, encode, lock, sodium, textOf, unlock } from './sodium'

/** The X25519 pair of an account, as text that can be kept in a keychain: base64url of 32 bytes each. */
export interface Identity {
  readonly publicKey: string
  readonly privateKey: string
}

export interface NewIdentity {
  readonly identity: Identity
  /** Eight groups of four hexadecimal digits: 128 random bits. Told once, kept nowhere. */
  readonly recoveryCode: string
  /** What the server keeps: the private key, sealed by the code. */
  readonly sealedPrivateKey: string
}

const SEALED_KEY = 'warren-key:1:'
const CODE_BYTES = 16
const CODE_GROUP = /.{4}/g
const HEX_CODE = /^[0-9a-f]{32}$/
const FINGERPRINT_BYTES = 10
/** Without `i`, `l`, `o` and `u`: what is read aloud must not be mistaken. */
const SPOKEN = '0123456789abcdefghjkmnpqrstvwxyz'

/** Makes a key and the recovery code that opens it on another machine. */
export function makeIdentity(): NewIdentity {
  const pair = sodium().crypto_box_keypair()
  const identity = { publicKey: encode(pair.publicKey), privateKey: encode(pair.privateKey) }
  return { identity, ...sealIdentity(identity) }
}

/** Seals an identity anew with a new code; the one before opens only what it sealed. */
export function sealIdentity(identity: Identity): Omit<NewIdentity, 'identity'> {
  const code = sodium().randombytes_buf(CODE_BYTES)
  const sealed = lock(bytesOf(identity.privateKey), keyOfCode(code), identity.publicKey)
  const recoveryCode = (Buffer.from(code).toString('hex').match(CODE_GROUP) ?? []).join('-')
  return { recoveryCode, sealedPrivateKey: `${SEALED_KEY}${encode(sealed)}` }
}

/**
 * Opens what the server keeps. The code may be written with spaces, dashes or capitals.
 *
 * @throws `cloud.recovery-code` when it is not the code, or the server shows a key that was not sealed with it.
 */
export function openIdentity(
  kept: { readonly publicKey: string; readonly sealedPrivateKey: string },
  recoveryCode: string,
): Identity {
  const code = recoveryCode.replaceAll(/[\s-]/g, '').toLowerCase()
  if (!HEX_CODE.test(code))
    throw wrongCode('The recovery code has eight groups of four: digits and the letters a to f.')
  const sealed = kept.sealedPrivateKey.startsWith(SEALED_KEY)
    ? decode(kept.sealedPrivateKey.slice(SEALED_KEY.length))
    : null
  // The public key is bound to it: a server that shows another one with it is found out here.
  const opened = sealed && unlock(sealed, keyOfCode(new Uint8Array(Buffer.from(code, 'hex'))), kept.publicKey)
  const identity = opened && identityOf(textOf(opened))
  if (identity?.publicKey !== kept.publicKey)
    throw wrongCode('The recovery code does not open the key of this account.')
  return identity
}

/** The whole identity of a private key that was kept; `null` when the text is none. */
export function identityOf(privateKey: string): Identity | null {
  const bytes = decode(privateKey)
  if (bytes?.length !== sodium().crypto_box_SECRETKEYBYTES) return null
  return { publicKey: encode(sodium().crypto_scalarmult_base(bytes)), privateKey }
}

/** Four groups of four of a public key (80 bits of its hash), to compare by voice. */
export function fingerprintOf(publicKey: string): string {
  const hash = sodium().crypto_generichash(FINGERPRINT_BYTES, bytesOf(`warren fingerprint 1 ${publicKey}`), null)
  const bits = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => SPOKEN[Number.parseInt(five, 2)])
  return (letters.join('').match(CODE_GROUP) ?? []).join(' ')
}

/** Whether two fingerprints say the same, however they are grouped. */
export function isSameFingerprint(one: string, other: string): boolean {
  const plain = (text: string): string => text.replaceAll(/[\s-]/g, '').toLowerCase()
  return plain(one) === plain(other)
}

// --- internal ---

/** The code has 128 random bits: there is nothing to guess that a slow hash would make slower. */
function keyOfCode(code: Uint8Array): Uint8Array {
  return derive('warren recovery code 1', code)
}

function wrongCode(message: string): WarrenError {
  return new WarrenError('cloud.recovery-code', message, {
    fix: 'Type the code that was shown when the key was made. If it is lost, make a new key: personal secrets must be given again.',
    field: 'recoveryCode',
  })
}
