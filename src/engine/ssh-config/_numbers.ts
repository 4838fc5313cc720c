/** Numbers as OpenSSH reads them: plain, ports, times (sshd_config(5), TIME FORMATS) and sizes with a unit. */

const INT_MAX = 0x7fffffff

/** strtonum(3): leading space and a sign are allowed, anything behind the digits is not. */
export function parseInteger(text: string, max = INT_MAX): number | 'invalid' | 'too small' | 'too large' {
  if (!/^[ \t\n\v\f\r]*[+-]?[0-9]+$/.test(text)) return 'invalid'
  const value = Number(text)
  if (value < 0) return 'too small'
  return value > max ? 'too large' : value + 0
}

/** A port number or a service name; `null` when it is neither. */
export function parsePort(text: string, services: ReadonlyMap<string, number> | undefined): number | null {
  const value = parseInteger(text, 65535)
  return typeof value === 'number' ? value : (services?.get(text) ?? null)
}

const secondsPer: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400, w: 604800 }

/** `90`, `1h30m`, `2W`: seconds, or `null`. */
export function parseSeconds(text: string): number | null {
  if (text === '') return null
  const part = /[ \t\n\v\f\r]*([+-]?[0-9]+)([smhdw]?)/iy
  let total = 0
  while (part.lastIndex < text.length) {
    const found = part.exec(text)
    if (found === null) return null
    const unit = found[2] ?? ''
    if (unit === '' && part.lastIndex < text.length) return null
    const seconds = Number(found[1]) * (secondsPer[unit.toLowerCase()] ?? 1)
    if (seconds < 0) return null
    total += seconds
    if (total > INT_MAX) return null
  }
  return total + 0
}

const scales: Readonly<Record<string, bigint>> = {
  B: 1n,
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
  T: 1n << 40n,
  P: 1n << 50n,
  E: 1n << 60n,
}
const LLONG_MAX = (1n << 63n) - 1n
const MAX_DIGITS = 19

/** `1G`, `512k`, `1.5M`: bytes, or `null`. */
export function parseSize(text: string): bigint | null {
  const found = /^[ \t\n\v\f\r]*([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([BKMGTPE])(?![0-9A-Z]).*)?$/is.exec(text)
  if (found === null) return null
  const [, sign, digits = '', fraction = '', unit] = found
  if (digits.length >= MAX_DIGITS) return null
  const scale = scales[(unit ?? 'B').toUpperCase()] ?? 1n
  let value = BigInt(digits || '0') * scale
  if (unit !== undefined && fraction !== '') value += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  if (value > LLONG_MAX) return null
  return sign === '-' ? -value : value
}

/** strtol(3) with base 0: decimal, `0x` or a leading zero for octal; the whole text must be a number. */
export function parseAnyBase(text: string): number | null {
  const found = /^[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+|[0-9]+)$/i.exec(text)
  if (found === null) return null
  const digits = found[2] ?? ''
  const octal = /^0[0-9]+$/.test(digits)
  if (octal && !/^[0-7]+$/.test(digits)) return null
  const value = octal ? parseInt(digits, 8) : Number(digits)
  return found[1] === '-' ? -value + 0 : value
}
