/** Which sources may connect: the allow and deny lists of a relay, compiled once and asked at every connection. */
import { parseIp } from './_ip-address'

export interface SourceRanges {
  /** Nobody is kept out: there is no need to ask for the source's address. */
  readonly isEmpty: boolean
  /**
   * Deny wins over allow; an empty allow list is everybody. An IPv4-mapped IPv6 address counts as IPv4, in the lists and here.
   * What is no address is kept out as soon as there is any list.
   */
  readonly isAllowed: (address: string) => boolean
}

/** Compiles addresses and CIDR ranges, as `sourceRangeSchema` lets them through; others match nothing. */
export function compileSourceRanges(lists: {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}): SourceRanges {
  const { allow, deny } = lists
  if (allow.length === 0 && deny.length === 0) return { isEmpty: true, isAllowed: () => true }
  const allowed = compile(allow)
  const denied = compile(deny)
  return {
    isEmpty: false,
    isAllowed(address) {
      const ip = parseIp(address)
      if (ip === null) return false
      if (ip.family === 4)
        return !contains(denied.v4, ip.value) && (allow.length === 0 || contains(allowed.v4, ip.value))
      return !contains(denied.v6, ip.value) && (allow.length === 0 || contains(allowed.v6, ip.value))
    },
  }
}

// --- internal ---

const MAPPED_BITS = 96

interface Range<T> {
  readonly from: T
  readonly to: T
}

interface Compiled {
  readonly v4: readonly Range<number>[]
  readonly v6: readonly Range<bigint>[]
}

function compile(texts: readonly string[]): Compiled {
  const v4: Range<number>[] = []
  const v6: Range<bigint>[] = []
  for (const text of texts) {
    const [address = '', bits] = text.split('/')
    const ip = parseIp(address)
    if (ip === null) continue
    if (ip.family === 6) v6.push(range6(ip.value, bits === undefined ? 128 : Number(bits)))
    // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
    else v4.push(range4(ip.value, bits === undefined ? 32 : Number(bits) - (address.includes(':') ? MAPPED_BITS : 0)))
  }
  return { v4: merge(v4), v6: merge(v6) }
}

function range4(value: number, bits: number): Range<number> {
  const size = 2 ** (32 - Math.max(0, bits))
  const from = value - (value % size)
  return { from, to: from + size - 1 }
}

function range6(value: bigint, bits: number): Range<bigint> {
  const size = 1n << BigInt(128 - bits)
  const from = value - (value % size)
  return { from, to: from + size - 1n }
}

/** In order and without overlaps, for a binary search. */
function merge<T extends number | bigint>(ranges: readonly Range<T>[]): readonly Range<T>[] {
  const merged: Range<T>[] = []
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1)
    if (last === undefined || range.from > last.to) merged.push(range)
    else if (range.to > last.to) merged[merged.length - 1] = { from: last.from, to: range.to }
  }
  return merged
}

function contains<T extends number | bigint>(ranges: readonly Range<T>[], value: T): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const range = ranges[middle]
    if (range === undefined) return false
    if (value < range.from) high = middle - 1
    else if (value > range.to) low = middle + 1
    else return true
  }
  return false
}
