/** Public keys as people compare them. */
import { createHash } from 'node:crypto'

const WIDTH = 17
const HEIGHT = 9
/** How often a square was visited; the last two are start and end. */
const SYMBOLS = ' .o+=*BOX@%&#/^SE'
const LABEL_WIDTH = WIDTH

/** `SHA256:` and base64 without padding, as OpenSSH writes it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The algorithm name at the front of a public key blob (RFC 4253 §6.6); empty when there is none. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return ''
  const length = key.readUInt32BE(0)
  return length > 64 || key.length < 4 + length ? '' : key.toString('latin1', 4, 4 + length)
}

/** The picture of `ssh-keygen -lv`: a drunken bishop walks over the hash of the key. */
export function randomartOf(key: Buffer): string {
  const field = Array.from({ length: HEIGHT }, () => new Array<number>(WIDTH).fill(0))
  const last = SYMBOLS.length - 1
  let x = Math.floor(WIDTH / 2)
  let y = Math.floor(HEIGHT / 2)
  for (const byte of createHash('sha256').update(key).digest()) {
    for (let bits = byte, step = 0; step < 4; step++, bits >>= 2) {
      x = clamp(x + ((bits & 1) === 0 ? -1 : 1), WIDTH)
      y = clamp(y + ((bits & 2) === 0 ? -1 : 1), HEIGHT)
      const row = field[y]
      const visits = row?.[x]
      if (row !== undefined && visits !== undefined && visits < last - 2) row[x] = visits + 1
    }
  }
  mark(field, { x: Math.floor(WIDTH / 2), y: Math.floor(HEIGHT / 2) }, last - 1)
  mark(field, { x, y }, last)
  const rows = field.map((row) => `|${row.map((visits) => SYMBOLS[visits] ?? ' ').join('')}|`)
  return [rule(label(key)), ...rows, rule('[SHA256]')].join('\n')
}

// --- internal ---

function clamp(value: number, size: number): number {
  return Math.max(0, Math.min(size - 1, value))
}

function mark(field: number[][], at: { x: number; y: number }, symbol: number): void {
  const row = field[at.y]
  if (row !== undefined) row[at.x] = symbol
}

function rule(text: string): string {
  const free = LABEL_WIDTH - text.length
  const left = Math.floor(free / 2)
  return `+${'-'.repeat(left)}${text}${'-'.repeat(free - left)}+`
}

/** `[ED25519 256]`, or the name alone when both do not fit. */
function label(key: Buffer): string {
  const type = keyTypeOf(key)
  const name = /^ecdsa-/.test(type) ? 'ECDSA' : type.replace(/^ssh-/, '').toUpperCase()
  const full = `[${name} ${bitsOf(key, type)}]`
  return full.length <= LABEL_WIDTH ? full : `[${name}]`.slice(0, LABEL_WIDTH)
}

function bitsOf(key: Buffer, type: string): number {
  const curve = /nistp(\d+)$/.exec(type)
  if (curve !== null) return Number(curve[1])
  if (type !== 'ssh-rsa') return 256
  const fields: Buffer[] = []
  for (let at = 0; at + 4 <= key.length;) {
    const length = key.readUInt32BE(at)
    fields.push(key.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  const modulus = fields[2] ?? Buffer.alloc(0)
  const first = modulus.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (modulus.length - first - 1) * 8 + (32 - Math.clz32(modulus[first] ?? 0))
}
