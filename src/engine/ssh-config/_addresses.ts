/** Hosts that are addresses, in every spelling getaddrinfo(3) takes, and their one usual spelling. */
import { isIPv6 } from 'node:net'
import type { AddressFamily } from './types'

/** Digits and dots, or a colon or percent sign: ssh never takes such a name for a domain name. */
export function looksLikeAddress(name: string): boolean {
  return /[%:]/.test(name) || /^[0-9.]*$/.test(name)
}

/** `127.1`, `0x7f000001` and `::0001` as `127.0.0.1` and `::1`; `null` when it is no address of that family. */
export function canonicalAddress(name: string, family: AddressFamily): string | null {
  if (family !== 'inet6') {
    const four = parseFour(name)
    if (four !== null) return four
  }
  if (family === 'inet') return null
  const percent = name.indexOf('%')
  const address = percent === -1 ? name : name.slice(0, percent)
  const scope = percent === -1 ? '' : name.slice(percent)
  return isIPv6(address) && scope !== '%' ? `${shortestSix(address)}${scope}` : null
}

/** inet_aton(3): one to four parts, each decimal, octal or hexadecimal; the last one fills what is left. */
function parseFour(name: string): string | null {
  const parts = name.split('.')
  if (parts.length > 4) return null
  const numbers = parts.map((part) => {
    if (/^0x[0-9a-f]+$/i.test(part)) return Number(part)
    if (/^0[0-7]*$/.test(part)) return parseInt(part, 8)
    return /^[1-9][0-9]*$/.test(part) ? Number(part) : NaN
  })
  const last = numbers.pop() ?? NaN
  const room = 256 ** (4 - numbers.length)
  if (!(last < room) || !numbers.every((number) => number < 256)) return null
  const value = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last)
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

/** inet_ntop(3): lower case, the first longest run of zeros as `::`, mapped addresses with dots. */
function shortestSix(address: string): string {
  const url = new URL(`http://[${address}]/`)
  const text = url.hostname.slice(1, -1)
  const mapped = /^::(ffff:)?([0-9a-f]+):([0-9a-f]+)$/.exec(text)
  if (mapped === null) return text
  const words = [parseInt(mapped[2] ?? '', 16), parseInt(mapped[3] ?? '', 16)]
  return `::${mapped[1] ?? ''}${words.flatMap((word) => [word >> 8, word & 255]).join('.')}`
}
