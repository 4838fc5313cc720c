/** The arguments of LocalForward, RemoteForward and DynamicForward, as OpenSSH's `parse_forward` reads them. */
import { complain } from './_complaint'
import { expand } from './_expand'
import { parsePort } from './_numbers'
import type { ForwardEnd, SshConfigEnvironment } from './types'

/** ssh builds the specification in a buffer of 256 bytes. */
const MAX_SPEC_BYTES = 255
const MAX_PATH_BYTES = 107
const MAX_HOST_BYTES = 1024

export interface ParsedForward {
  readonly listen: ForwardEnd
  /** `null`: SOCKS. */
  readonly target: ForwardEnd | null
}

interface Field {
  readonly text: string
  readonly isPath: boolean
}

export interface ForwardContext {
  readonly environment: SshConfigEnvironment
  readonly type: 'local' | 'remote' | 'dynamic'
}

const invalid = (): never => complain('the forward is not of the form [bind:]port host:port')

/** `target` is the second argument; without one a RemoteForward is dynamic. Complains of what ssh refuses. */
export function parseForward(listen: string, target: string | undefined, context: ForwardContext): ParsedForward {
  const spec = target === undefined ? listen : `${listen}:${target}`
  return parseForwardSpec(Buffer.from(spec).subarray(0, MAX_SPEC_BYTES).toString(), target === undefined, context)
}

/** A specification in one piece, as behind `-L`. */
export function parseForwardSpec(spec: string, dynamic: boolean, context: ForwardContext): ParsedForward {
  const { environment, type } = context
  const text = expand(spec, { variables: environment.variables }).replace(/^[ \t\n\v\f\r]+/, '')
  const fields = cutFields(text)
  const port = (field: Field | undefined): number => parsePort(field?.text ?? '', environment.services) ?? -1
  const tcp = (host: Field | null | undefined, at: Field | undefined): ForwardEnd => ({
    kind: 'tcp',
    host: host?.text ?? null,
    port: port(at),
  })
  const unix = (field: Field): ForwardEnd => ({ kind: 'unix', path: field.text })
  const [a, b, c, d] = fields
  if (a === undefined) return invalid()
  let listen: ForwardEnd
  let target: ForwardEnd | null = null
  if (b === undefined) {
    listen = a.isPath ? unix(a) : tcp(null, a)
  } else if (c === undefined) {
    if (!b.isPath) listen = tcp(a, b)
    else {
      listen = a.isPath ? unix(a) : tcp(null, a)
      target = unix(b)
    }
  } else if (d !== undefined) {
    listen = tcp(a, b)
    target = tcp(c, d)
  } else if (a.isPath) {
    listen = unix(a)
    target = tcp(b, c)
  } else {
    listen = c.isPath ? tcp(a, b) : tcp(null, a)
    target = c.isPath ? unix(c) : tcp(b, c)
  }
  const shapeFits = dynamic
    ? fields.length <= 2
    : (fields.length >= 3 || target?.kind === 'unix' || listen.kind === 'unix') && target !== null
  if (!shapeFits || !fits(listen, type === 'remote' ? 0 : 1) || (target !== null && !fits(target, 1))) return invalid()
  // ssh drops the target of a dynamic forward whose second field is a path only when it prints; nothing can use it.
  return { listen, target }
}

function fits(end: ForwardEnd, lowestPort: number): boolean {
  if (end.kind === 'unix') return Buffer.byteLength(end.path) <= MAX_PATH_BYTES
  return end.port >= lowestPort && Buffer.byteLength(end.host ?? '') <= MAX_HOST_BYTES
}

/** At most four fields; more, or a bad one, and the whole is refused. */
function cutFields(text: string): Field[] {
  const fields: Field[] = []
  let rest = text
  while (rest !== '' && fields.length < 4) {
    const cut = rest.startsWith('[') ? cutBracketed(rest) : cutPlain(rest)
    if (cut === null) return []
    fields.push(cut.field)
    rest = cut.rest
  }
  return rest === '' ? fields : []
}

interface Cut {
  readonly field: Field
  readonly rest: string
}

function cutBracketed(text: string): Cut | null {
  const close = text.indexOf(']')
  if (close === -1) return null
  const after = text.charAt(close + 1)
  if (after !== '' && after !== ':') return null
  const inside = text.slice(1, close)
  return { field: { text: inside, isPath: inside.includes('/') }, rest: text.slice(close + 2) }
}

function cutPlain(text: string): Cut | null {
  let field = ''
  let isPath = false
  let index = 0
  for (; index < text.length; index += 1) {
    const char = text.charAt(index)
    if (char === '\\') {
      index += 1
      if (index === text.length) return null
      field += text.charAt(index)
      continue
    }
    if (char === ':') return { field: { text: field, isPath }, rest: text.slice(index + 1) }
    if (char === '/') isPath = true
    field += char
  }
  return { field: { text: field, isPath }, rest: '' }
}
