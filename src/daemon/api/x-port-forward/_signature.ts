/** Who may call: a constant signature of the key, and a bound on how often it may be wrong. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** Wrong signatures that one address may send at once, and after how long it may send one more. */
export const WRONG_AT_ONCE = 20
export const WRONG_EVERY_MS = 3000
const MAX_CALLERS = 10_000

/** Lower-case hexadecimal MD5 of `KEY|PortForward`. */
export function signatureOf(key: string): string {
  return createHash('md5').update(`${key}|PortForward`).digest('hex')
}

/** Compares in constant time: neither a prefix nor the length of a guess shows in how long it takes. */
export function isSignature(given: string, key: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(signatureOf(key)))
}

/** What a caller's signature is worth. `unheard`: it was wrong too often lately, and is not looked at. */
export type Verdict = 'right' | 'wrong' | 'unheard'

export interface Gate {
  readonly judge: (caller: string, isRight: () => boolean) => Verdict
}

/** Bounds guessing by address: an IPv6 network of 64 bits, which one person has, counts as one. */
export function createGate(now: () => number): Gate {
  const callers = new Map<string, { left: number; at: number }>()
  return {
    judge: (caller, isRight) => {
      const key = networkOf(caller)
      const known = callers.get(key)
      const at = now()
      const refilled = known === undefined ? WRONG_AT_ONCE : known.left + Math.max(0, at - known.at) / WRONG_EVERY_MS
      const left = Math.min(WRONG_AT_ONCE, refilled)
      if (left < 1) return 'unheard'
      if (isRight()) return 'right'
      callers.delete(key)
      callers.set(key, { left: left - 1, at })
      if (callers.size > MAX_CALLERS) callers.delete(callers.keys().next().value ?? '')
      return 'wrong'
    },
  }
}

// --- internal ---

const GROUPS = 8

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - front.length - back.length)
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
  return groups.slice(0, GROUPS / 2).join(':')
}
