/** How large a message of a window may be, measured without copying it. */

/** The largest list a window sends is some ten thousand ids of forty characters. */
export const MAX_IPC_SIZE = 2 * 1024 * 1024
const MAX_DEPTH = 16
const ENTRY = 8

/** `fits`, or why a value that came through a structured clone is refused before anything parses it. */
export type SizeVerdict = 'fits' | 'too-large' | 'not-data'

/**
 * Judges a value by size and shape: only plain objects, arrays and primitives are data here.
 *
 * A structured clone also carries cycles, maps, buffers and dates; none of them has a place in the contract.
 */
export function judgeMessage(value: unknown, limit: number = MAX_IPC_SIZE): SizeVerdict {
  let left = limit
  const visit = (part: unknown, depth: number): SizeVerdict => {
    left -= typeof part === 'string' ? part.length + ENTRY : ENTRY
    if (left < 0) return 'too-large'
    if (typeof part === 'bigint' || typeof part === 'symbol' || typeof part === 'function') return 'not-data'
    if (typeof part !== 'object' || part === null) return 'fits'
    if (depth >= MAX_DEPTH) return 'not-data'
    if (Array.isArray(part)) {
      if (part.length * ENTRY > left) return 'too-large'
      return firstRefusal(part, (item) => visit(item, depth + 1))
    }
    const prototype: unknown = Object.getPrototypeOf(part)
    if (prototype !== Object.prototype && prototype !== null) return 'not-data'
    return firstRefusal(Object.entries(part), ([key, item]) => {
      left -= key.length
      return visit(item, depth + 1)
    })
  }
  return visit(value, 0)
}

function firstRefusal<T>(items: readonly T[], judge: (item: T) => SizeVerdict): SizeVerdict {
  for (const item of items) {
    const verdict = judge(item)
    if (verdict !== 'fits') return verdict
  }
  return 'fits'
}
