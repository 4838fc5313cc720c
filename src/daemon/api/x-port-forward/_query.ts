/** The query string as the original reads it: broken pairs are left out, the first of several counts. */

/** The named value of the query of a request target (`/any/path?a=b`); empty when there is none. */
export function queryValue(target: string, name: string): string {
  const at = target.indexOf('?')
  if (at === -1) return ''
  for (const pair of target.slice(at + 1).split('&')) {
    // Semicolons once parted pairs too; what can be read in two ways is not read at all.
    if (pair.includes(';')) continue
    const equals = pair.indexOf('=')
    const key = decode(equals === -1 ? pair : pair.slice(0, equals))
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1))
    if (key === name && value !== null) return value
  }
  return ''
}

// --- internal ---

const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/** `null` when a percent sign is not followed by two hexadecimal digits. Bytes that are not UTF-8 become replacement characters. */
function decode(text: string): string | null {
  const from = Buffer.from(text, 'latin1')
  const to = Buffer.allocUnsafe(from.length)
  let length = 0
  for (let at = 0; at < from.length; at += 1) {
    const byte = from[at] ?? 0
    if (byte === PERCENT) {
      const digits = text.slice(at + 1, at + 3)
      if (!/^[0-9a-f]{2}$/i.test(digits)) return null
      to[length] = Number.parseInt(digits, 16)
      at += 2
    } else to[length] = byte === PLUS ? SPACE : byte
    length += 1
  }
  return to.toString('utf8', 0, length)
}
