/**
 * A team's key on its way to one member: `warren-wrapped:1:SENDER'S-PUBLIC-KEY:base64url(nonce, box)`.
 *
 * `crypto_box` (X25519, XSalsa20-Poly1305) proves who sent it. Team, generation, sender and receiver are inside, so that a server can pass no
 * copy off as another one. The sender's key is named because the server tells none of somebody who left since.
 */
import { z } from 'zod'
import { bytesOf, decode, derive, encode, joined, sodium, textOf } from './sodium'
import type { Identity } from './identity'

const WRAPPED = /^warren-wrapped:1:([\w-]+):([\w-]+)$/

export interface Content {
  readonly teamId: string
  readonly generation: number
}

const contentSchema = z.strictObject({
  teamId: z.string(),
  generation: z.int(),
  from: z.string(),
  to: z.string(),
  key: z.string(),
  /** Proves that the sender had the key of the generation before. */
  proof: z.string().nullable(),
})

export interface Unwrapped {
  readonly key: Uint8Array
  readonly proof: string | null
}

export function newTeamKey(): Uint8Array {
  return sodium().randombytes_buf(sodium().crypto_aead_xchacha20poly1305_ietf_KEYBYTES)
}

/** What is remembered of a key, to know it again. */
export function checkOf(key: Uint8Array): string {
  return encode(derive('warren team key seen 1', key))
}

/** Who makes it had both keys. */
export function proofOf(key: Uint8Array, before: Uint8Array, about: Content): string {
  const label = `warren team key follows 1 ${JSON.stringify([about.teamId, about.generation, encode(key)])}`
  return encode(derive(label, before))
}

/** `null` when the receiver's public key is none. `before`: the key of the generation before, if it is there. */
export function wrap(
  { key, before }: { key: Uint8Array; before: Uint8Array | null },
  about: Content,
  way: { from: Identity; to: string },
): string | null {
  const box = sodium()
  const [mine, theirs] = [decode(way.from.privateKey), decode(way.to)]
  if (mine === null || theirs?.length !== box.crypto_box_PUBLICKEYBYTES) return null
  const proof = before && proofOf(key, before, about)
  const content = JSON.stringify({ ...about, from: way.from.publicKey, to: way.to, key: encode(key), proof })
  const nonce = box.randombytes_buf(box.crypto_box_NONCEBYTES)
  try {
    const sealed = box.crypto_box_easy(bytesOf(content), nonce, theirs, mine)
    return `warren-wrapped:1:${way.from.publicKey}:${encode(joined(nonce, sealed))}`
  } catch {
    // A point of low order: nobody's key.
    return null
  }
}

/** The public key that a copy says it comes from; `null` when it is no copy. Proven only by {@link unwrap}. */
export function senderOf(wrapped: string): string | null {
  return WRAPPED.exec(wrapped)?.[1] ?? null
}

/** `null` when it is not for us, not from whom it says, or of another team or generation. */
export function unwrap(wrapped: string, about: Content, to: Identity): Unwrapped | null {
  const [, from = '', text = ''] = WRAPPED.exec(wrapped) ?? []
  const box = sodium()
  const [theirs, mine, sealed] = [decode(from), decode(to.privateKey), decode(text)]
  if (theirs === null || mine === null || sealed === null || sealed.length <= box.crypto_box_NONCEBYTES) return null
  try {
    const [nonce, inner] = [sealed.subarray(0, box.crypto_box_NONCEBYTES), sealed.subarray(box.crypto_box_NONCEBYTES)]
    const content = contentSchema.parse(JSON.parse(textOf(box.crypto_box_open_easy(inner, nonce, theirs, mine))))
    const isMeant = content.from === from && content.to === to.publicKey
    if (!isMeant || content.teamId !== about.teamId || content.generation !== about.generation) return null
    const key = decode(content.key)
    const isKey = key?.length === box.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
    return isKey ? { key, proof: content.proof } : null
  } catch {
    return null
  }
}
