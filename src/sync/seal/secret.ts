/**
 * One secret, sealed for those who share a forward: `warren-sealed:1:GENERATION:base64url(nonce, ciphertext)`.
 *
 * XChaCha20-Poly1305 with the team's key of that generation, or for what is personal (generation 0) a key derived from the account's. It is
 * bound to namespace, field and server: a server that hands it out for another host hands out what does not open. The plain text is padded,
 * so that its length says little.
 */
import { SEALED_PREFIX, type secretFields } from '@shared/cloud'
import { WarrenError } from '@shared/errors'
import type { Namespace } from '../types'
import { bytesOf, decode, derive, encode, lock, sodium, textOf, unlock } from './sodium'
import type { Identity } from './identity'

export type SecretField = (typeof secretFields)[number]

/** Where a secret belongs. */
export interface SecretPlace {
  readonly namespace: Namespace
  readonly field: SecretField
  /** `host`, `host:port` or `[IPv6]:port`; upper and lower case are one. */
  readonly serverAddress: string
}

/** What seals for a namespace now. */
export interface SealingKey {
  /** 0: the personal key. */
  readonly generation: number
  readonly key: Uint8Array
}

/** Of the personal key: there is only one. */
export const PERSONAL_GENERATION = 0
const PAD_TO_BYTES = 64
const SEALED = /^(0|[1-9]\d{0,8}):([\w-]+)$/

/** What seals and opens what belongs to the account alone. */
export function personalKey(identity: Identity): SealingKey {
  const secret = decode(identity.privateKey)
  if (secret === null) throw new Error('not an identity')
  return { generation: PERSONAL_GENERATION, key: derive('warren personal secrets 1', secret) }
}

export function sealSecret(value: string, place: SecretPlace, { generation, key }: SealingKey): string {
  const padded = sodium().pad(bytesOf(value), PAD_TO_BYTES)
  return `${SEALED_PREFIX}${generation}:${encode(lock(padded, key, boundTo(place)))}`
}

/** The generation of the key that opens it; `null` when the text was not sealed. */
export function generationOf(sealed: string): number | null {
  return parse(sealed)?.generation ?? null
}

/**
 * Opens a sealed secret.
 *
 * @throws `cloud.sealed-for-other` when it was sealed for another server, field or team, or was changed on the way.
 */
export function openSecret(sealed: string, place: SecretPlace, key: Uint8Array): string {
  const parsed = parse(sealed)
  const value = parsed && valueOf(unlock(parsed.locked, key, boundTo(place)))
  if (value === null) {
    throw new WarrenError(
      'cloud.sealed-for-other',
      `The ${wordOf(place.field)} was sealed for another server than ${place.serverAddress}, or was changed on the way.`,
      { fix: 'It is not used. Share it again for this server.', field: place.field },
    )
  }
  return value
}

/** How people call a secret field. */
export function wordOf(field: SecretField): string {
  return field === 'keyContent' ? 'key' : field
}

// --- internal ---

/** `null` for what a member of the team sealed that is no text. */
function valueOf(padded: Uint8Array | null): string | null {
  try {
    return padded && textOf(sodium().unpad(padded, PAD_TO_BYTES))
  } catch {
    return null
  }
}

function boundTo({ namespace, field, serverAddress }: SecretPlace): string {
  return JSON.stringify([namespace, field, serverAddress.toLowerCase()])
}

function parse(sealed: string): { readonly generation: number; readonly locked: Uint8Array } | null {
  if (!sealed.startsWith(SEALED_PREFIX)) return null
  const [, generation, text] = SEALED.exec(sealed.slice(SEALED_PREFIX.length)) ?? []
  if (generation === undefined || text === undefined) return null
  const locked = decode(text)
  return locked && { generation: Number(generation), locked }
}
