/** Addresses as numbers, to compare and to put on the wire. */
import { isIPv4, isIPv6 } from 'node:net'

/** An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is its IPv4 address: a dual-stack listener sees IPv4 clients so. */
export type IpAddress = { readonly family: 4; readonly value: number } | { readonly family: 6; readonly value: bigint }

const GROUPS = 8
const MAPPED_PREFIX = 0xffffn
const LOW_32 = 0xffff_ffffn

/** `null` for what is no address. A zone (`fe80::1%eth0`) is not part of the number. */
export function parseIp(text: string): IpAddress | null {
  if (isIPv4(text)) return { family: 4, value: ipv4Value(text) }
  if (!isIPv6(text)) return null
  const value = ipv6Value(text)
  return value >> 32n === MAPPED_PREFIX ? { family: 4, value: Number(value & LOW_32) } : { family: 6, value }
}

/** `::ffff:127.0.0.1` as `127.0.0.1`; what else it may be, as it is. */
export function plainAddress(text: string): string {
  if (!text.includes(':')) return text
  const address = parseIp(text)
  return address?.family === 4 ? formatIpv4(address.value) : text
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.value >>> 24 === 127 : address.value === 1n
}

/** 0.0.0.0 and `::`. */
export function isUnspecified(address: IpAddress): boolean {
  return address.family === 4 ? address.value === 0 : address.value === 0n
}

/** The same number for the same address, whatever its spelling. */
export function addressKey(address: IpAddress): string {
  return address.family === 4 ? formatIpv4(address.value) : `[${address.value.toString(16)}]`
}

export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** RFC 5952 §4: the longest run of two or more zero groups is shortened. */
export function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: GROUPS }, (_, at) => Number((value >> BigInt(16 * (7 - at))) & 0xffffn))
  const run = longestZeros(groups)
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return run.length < 2 ? hex(0, GROUPS) : `${hex(0, run.from)}::${hex(run.from + run.length, GROUPS)}`
}

// --- internal ---

function ipv4Value(text: string): number {
  let value = 0
  for (const part of text.split('.')) value = value * 256 + Number(part)
  return value
}

function ipv6Value(text: string): bigint {
  const [head = '', tail] = withoutZone(text).split('::')
  const front = groupsOf(head)
  const back = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: GROUPS - front.length - back.length }, () => '0000')
  return BigInt(`0x${[...front, ...zeros, ...back].join('')}`)
}

/** Groups of four digits; a dotted end is two of them. */
function groupsOf(text: string): string[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [group.padStart(4, '0')]
    const hex = ipv4Value(group).toString(16).padStart(8, '0')
    return [hex.slice(0, 4), hex.slice(4)]
  })
}

function withoutZone(text: string): string {
  const at = text.indexOf('%')
  return at < 0 ? text : text.slice(0, at)
}

function longestZeros(groups: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 }
  let from = 0
  for (const [at, group] of groups.entries()) {
    if (group !== 0) from = at + 1
    else if (at + 1 - from > best.length) best = { from, length: at + 1 - from }
  }
  return best
}
