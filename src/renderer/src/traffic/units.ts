/** Sizes and rates as a person types them. 1 KB is 1024 bytes; the KiB of others is taken for the same. Pure. */

const KB = 1024
const sizeUnits: Readonly<Record<string, number>> = { b: 1, k: KB, m: KB ** 2, g: KB ** 3, t: KB ** 4, p: KB ** 5 }
const bitUnits: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }
const names = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
const BITS_PER_BYTE = 8
/** Figures behind the point that still read well. */
const DECIMALS = 2

export interface UnitOptions {
  /** What a figure without a unit is taken for, in bytes. */
  readonly bare: number
}

/** `10 GB`, `1,5g`, `512 MiB` in bytes; `null` when it is no size. */
export function readSize(text: string, { bare }: UnitOptions): number | null {
  const match = /^(\d+(?:[.,]\d+)?)\s*(?:([kmgtp])i?b?|(b))?$/i.exec(text.trim())
  if (match === null) return null
  const [, figure = '', letter, byte] = match
  const unit = letter ?? byte
  return whole(figure, unit === undefined ? bare : (sizeUnits[unit.toLowerCase()] ?? 1))
}

/** `500 KB/s`, `2m`, `100 Mbit/s` in bytes per second; `null` when it is no rate. */
export function readRate(text: string, options: UnitOptions): number | null {
  const bits = /^(\d+(?:[.,]\d+)?)\s*([kmg]?)(?:bits?(?:\/s)?|bps)$/i.exec(text.trim())
  if (bits !== null) {
    const [, figure = '', letter = ''] = bits
    return whole(figure, (bitUnits[letter.toLowerCase()] ?? 1) / BITS_PER_BYTE)
  }
  return readSize(text.trim().replace(/\s*(?:\/\s*s(?:ec)?|ps)$/i, ''), options)
}

/** The size in the greatest unit that leaves at least 1: `1.5 GB`, `500 KB`. Rounded to two places. */
export function writeSize(bytes: number): string {
  let unit = 0
  let value = bytes
  while (unit < names.length - 1 && value >= KB) {
    value /= KB
    unit++
  }
  return `${Number(value.toFixed(DECIMALS))} ${names[unit] ?? ''}`
}

export function writeRate(bytesPerSecond: number): string {
  return `${writeSize(bytesPerSecond)}/s`
}

// --- internal ---

function whole(figure: string, unit: number): number {
  return Math.round(Number(figure.replace(',', '.')) * unit)
}
