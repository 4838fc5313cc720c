/** libsodium, loaded when the first secret needs it: its WebAssembly would cost every start of the daemon. */
import type libsodium from 'libsodium-wrappers'

export type Sodium = typeof libsodium

let loaded: Sodium | null = null

/** Makes the functions of this folder usable; call it once before any other of them. */
export async function prepareSealing(): Promise<void> {
  if (loaded !== null) return
  const { default: module } = await import('libsodium-wrappers')
  await module.ready
  loaded = module
}

export function sodium(): Sodium {
  if (loaded === null) throw new Error('prepareSealing() comes before every other function of sealing')
  return loaded
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Throws when the bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** base64url without padding. */
export function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** `null` for what is not base64url as {@link encode} writes it: one text for one value. */
export function decode(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? new Uint8Array(bytes) : null
}

/** BLAKE2b-256 under a label, so that a value that serves one purpose can serve no other. */
export function derive(label: string, secret: Uint8Array): Uint8Array {
  return sodium().crypto_generichash(32, bytesOf(label), secret)
}

/** XChaCha20-Poly1305 with a random nonce (24 bytes: random ones do not meet), the nonce in front. */
export function lock(plain: Uint8Array, key: Uint8Array, bound: string): Uint8Array {
  const box = sodium()
  const nonce = box.randombytes_buf(box.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
  const sealed = box.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, bytesOf(bound), null, nonce, key)
  return joined(nonce, sealed)
}

/** `null` when the key, what it is bound to, or one bit is another one. */
export function unlock(locked: Uint8Array, key: Uint8Array, bound: string): Uint8Array | null {
  const box = sodium()
  const length = box.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
  if (locked.length < length + box.crypto_aead_xchacha20poly1305_ietf_ABYTES) return null
  const nonce = locked.subarray(0, length)
  try {
    return box.crypto_aead_xchacha20poly1305_ietf_decrypt(null, locked.subarray(length), bytesOf(bound), nonce, key)
  } catch {
    return null
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
