/**
 * The heads of HTTP/1.x messages (RFC 9112), read strictly.
 *
 * A proxy that reads a head more kindly than the server behind it can be made to see other requests than the server does
 * (request smuggling), so everything doubtful is refused: bare CR or LF, folded lines, space around names, two lengths.
 */

/** Head of a request or response; what is longer is refused (431). */
export const MAX_HEAD_BYTES = 64 * 1024

export type Field = readonly [name: string, value: string]

/** Where a body ends. */
export type BodyKind = { readonly kind: 'none' | 'chunked' | 'to-end' } | { readonly kind: 'length'; length: number }

interface Head {
  readonly version: '1.0' | '1.1'
  readonly fields: readonly Field[]
}

export interface RequestHead extends Head {
  readonly method: string
  readonly target: string
  readonly body: BodyKind
}

export interface ResponseHead extends Head {
  readonly status: number
  readonly reason: string
  readonly body: BodyKind
}

/** A message that is refused, with the status to answer it with. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
    this.name = 'HttpRefusal'
  }
}

/** `text`: the head in latin1, without the empty line at its end. Throws {@link HttpRefusal}. */
export function parseRequestHead(text: string): RequestHead {
  const [first, lines] = splitLines(text)
  const [, method = '', target = '', version = ''] = /^(\S+) (\S+) HTTP\/(\d\.\d)$/.exec(first) ?? []
  if (method === '') throw new HttpRefusal(400, 'The request line is not valid.')
  if (version !== '1.0' && version !== '1.1') throw new HttpRefusal(505, `HTTP ${version} is not spoken here.`)
  if (!TOKEN.test(method) || method.length > MAX_METHOD) throw new HttpRefusal(400, 'The method is not valid.')
  if (!/^[\x21-\x7e]+$/.test(target)) throw new HttpRefusal(400, 'The address has odd characters.')
  const fields = parseFields(lines)
  if (valuesOf(fields, 'host').length > 1) throw new HttpRefusal(400, 'There is more than one Host field.')
  if (version === '1.1' && valuesOf(fields, 'host').length === 0) throw new HttpRefusal(400, 'There is no Host field.')
  return { method, target, version, fields, body: bodyOf({ version, fields }) ?? { kind: 'none' } }
}

/** `method`: of the request, since the answer to HEAD has no body. Throws {@link HttpRefusal} with 502. */
export function parseResponseHead(text: string, method: string): ResponseHead {
  try {
    const [first, lines] = splitLines(text)
    const [, version = '', digits = '', reason = ''] = /^HTTP\/(1\.[01]) (\d{3})(?: (.*))?$/.exec(first) ?? []
    if (version !== '1.0' && version !== '1.1') throw new HttpRefusal(502, 'the status line is not valid')
    const fields = parseFields(lines)
    const status = Number(digits)
    const isBare = method === 'HEAD' || status < 200 || status === 204 || status === 304
    const body = bodyOf({ version, fields }) ?? { kind: 'to-end' as const }
    return { version, status, reason, fields, body: isBare ? { kind: 'none' } : body }
  } catch (error) {
    throw new HttpRefusal(502, `The answer of the target is not valid HTTP: ${(error as Error).message}`)
  }
}

export function valuesOf(fields: readonly Field[], name: string): readonly string[] {
  return fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

/** The words of a list field (`Connection: close, x`), in lower case. */
export function wordsOf(fields: readonly Field[], name: string): readonly string[] {
  return valuesOf(fields, name)
    .flatMap((value) => value.toLowerCase().split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/**
 * What is meant for the next peer only is taken out (RFC 9110 §7.6.1).
 *
 * A Connection field may name further ones; one that names what the message's end hangs on is refused.
 */
export function endToEnd(fields: readonly Field[]): readonly Field[] {
  const named = new Set(wordsOf(fields, 'connection'))
  if (VITAL.some((name) => named.has(name))) throw new HttpRefusal(400, 'The Connection field is not valid.')
  return fields.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && !named.has(name.toLowerCase()))
}

/** Writes a head with its empty line. */
export function formatHead(first: string, fields: readonly Field[]): string {
  return `${first}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

// --- internal ---

const MAX_METHOD = 32
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VITAL = ['content-length', 'transfer-encoding', 'host']
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'upgrade',
])

function splitLines(text: string): readonly [string, readonly string[]] {
  const lines = text.split('\r\n')
  if (lines.some((line) => /[\r\n]/.test(line))) throw new HttpRefusal(400, 'A line ends with a bare CR or LF.')
  const [first = '', ...rest] = lines
  return [first, rest]
}

function parseFields(lines: readonly string[]): readonly Field[] {
  return lines.map((line) => {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    if (!TOKEN.test(name)) throw new HttpRefusal(400, 'A field has no valid name.')
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) throw new HttpRefusal(400, `The ${name} field is not valid.`)
    return [name, value] as const
  })
}

/** RFC 9112 §6.3, without the leniency it allows; `null` when the head says nothing. */
function bodyOf({ version, fields }: Head): BodyKind | null {
  const encodings = valuesOf(fields, 'transfer-encoding')
  const lengths = valuesOf(fields, 'content-length')
  if (encodings.length > 0) {
    if (lengths.length > 0) throw new HttpRefusal(400, 'There are both a Content-Length and a Transfer-Encoding.')
    if (version === '1.0') throw new HttpRefusal(400, 'HTTP 1.0 has no Transfer-Encoding.')
    if (encodings.length > 1 || encodings[0]?.toLowerCase() !== 'chunked') {
      throw new HttpRefusal(501, 'The Transfer-Encoding is not chunked.')
    }
    return { kind: 'chunked' }
  }
  const [length] = lengths
  if (length === undefined) return null
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) throw new HttpRefusal(400, 'The Content-Length is not valid.')
  return length === '0' ? { kind: 'none' } : { kind: 'length', length: Number(length) }
}
