/**
 * OpenSSH's forward SPECs (`-L`, `-R`, `-D`) and the fields of a forward, in both directions.
 *
 * The reading follows `parse_forward` of OpenSSH's readconf.c (ssh(1) describes it under -L): fields are separated by
 * colons, `[…]` takes a field literally, a backslash takes the next character literally, and a field with a slash is the path
 * of a Unix socket. Where ssh wants a path, `%%` is a percent sign. The older form `[bind/]port/host/hostport` is read when the
 * first reading fails. Three things are wider than ssh: port 0 ("any free port") is allowed for every type, a port may be a
 * range (`8000-8009:host:9000-9009`), and the reasons for a refusal name the part.
 */
import { listenEndpoint, targetEndpoint, type Endpoint } from './endpoints'
import { WarrenError } from './errors'
import { formatPortRange, parsePortRange } from './port-range'
import { MAX_PORT, MAX_RANGE, type ForwardSpec, type ForwardType } from './specs'

/** The fields of a forward that say where it listens and where it goes. */
export type ForwardEnds = Pick<
  ForwardSpec,
  'type' | 'localHost' | 'localPort' | 'remoteHost' | 'remotePort' | 'bindAddress' | 'bindPort'
> & {
  /** Absent for one port. */
  readonly portCount?: number | undefined
}

export const specFlags = { local: '-L', remote: '-R', dynamic: '-D' } as const satisfies Record<ForwardType, string>

/** The shape of a SPEC, for messages and placeholders. */
export const specShapes = {
  local: '[bind:]port:host:hostport',
  remote: '[bind:]port:host:hostport or [bind:]port',
  dynamic: '[bind:]port',
} as const satisfies Record<ForwardType, string>

/**
 * Reads a SPEC as ssh reads it.
 *
 * `*` and an empty bind address both mean every address and become `*`; no bind address at all means loopback and becomes
 * `null`. Throws `spec.invalid` with the field to blame.
 */
export function parseSpec(type: ForwardType, spec: string): ForwardEnds {
  const text = spec.trim()
  if (text === '') throw refuse(type, 'is empty')
  if (text.includes('${')) {
    throw refuse(type, 'contains ${…}, which Warren does not expand', { fix: 'Write the value itself.' })
  }
  try {
    return read(type, splitSpec(type, text))
  } catch (error) {
    const slashed = splitSlashForm(type, text)
    if (slashed === null) throw error
    return read(type, slashed)
  }
}

/** Writes the SPEC that {@link parseSpec} reads back; a bind address that was left out stays left out. */
export function formatSpec(ends: ForwardEnds): string {
  const listen = listenEndpoint(ends)
  const bind = ends.bindAddress ?? defaultListenHost(ends)
  const target = targetEndpoint(ends)
  const count = ends.portCount ?? 1
  const listens = 'path' in listen ? writeField(listen.path) : formatListener(bind, formatPortRange(listen.port, count))
  return target === null ? listens : `${listens}:${formatTarget(target, count)}`
}

/** A port as ssh reads it (a2port of OpenSSH's misc.c): a number or the name of a well-known service; `null` when neither. */
export function parsePort(text: string): number | null {
  if (/^\d{1,9}$/.test(text)) {
    const port = Number(text)
    return port <= MAX_PORT ? port : null
  }
  return Object.hasOwn(services, text) ? (services[text] ?? null) : null
}

// --- internal ---

/** The names of services(5) that people tunnel to. */
const services: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  pop3: 110,
  imap2: 143,
  ldap: 389,
  https: 443,
  submission: 587,
  ldaps: 636,
  imaps: 993,
  pop3s: 995,
  socks: 1080,
  mysql: 3306,
  postgresql: 5432,
  amqp: 5672,
  redis: 6379,
  'http-alt': 8080,
}

interface Field {
  readonly text: string
  readonly isPath: boolean
}

type Part = 'bind' | 'listen' | 'host' | 'hostport'
const MAX_FIELDS = 4
const MAX_HOST = 255
const MAX_PATH = 4096

const partFields: Record<ForwardType, Record<Part, keyof ForwardEnds>> = {
  local: { bind: 'bindAddress', listen: 'localPort', host: 'remoteHost', hostport: 'remotePort' },
  remote: { bind: 'bindAddress', listen: 'remotePort', host: 'localHost', hostport: 'localPort' },
  dynamic: { bind: 'bindAddress', listen: 'bindPort', host: 'remoteHost', hostport: 'remotePort' },
}

function read(type: ForwardType, fields: readonly Field[]): ForwardEnds {
  const [first, second, third, fourth] = fields
  if (first === undefined) throw refuse(type, 'is empty')
  if (second === undefined) return build(type, { listen: listener(type, null, first), target: null })
  if (third === undefined) {
    if (second.isPath) return build(type, { listen: listener(type, null, first), target: { path: path(type, second) } })
    return build(type, { listen: listener(type, first, second), target: null })
  }
  if (fourth === undefined) {
    if (!first.isPath && third.isPath) {
      return build(type, { listen: listener(type, first, second), target: { path: path(type, third) } })
    }
    return build(type, { listen: listener(type, null, first), target: target(type, second, third) })
  }
  return build(type, { listen: listener(type, first, second), target: target(type, third, fourth) })
}

interface Listener {
  readonly bind: string | null
  readonly port: number | null
  readonly count: number
}

type Target = { readonly path: string } | { readonly host: string; readonly port: number; readonly count: number }

function build(type: ForwardType, ends: { listen: Listener; target: Target | null }): ForwardEnds {
  const count = countOf(type, ends)
  const none = {
    ...(count === 1 ? {} : { portCount: count }),
    localHost: null,
    localPort: null,
    remoteHost: null,
    remotePort: null,
    bindAddress: null,
    bindPort: null,
  }
  const host = ends.target === null ? null : 'path' in ends.target ? ends.target.path : ends.target.host
  const port = ends.target === null || 'path' in ends.target ? null : ends.target.port
  const { bind: bindAddress, port: listenPort } = ends.listen
  switch (type) {
    case 'local':
      if (host === null) throw refuse(type, 'does not say where to connect to', { part: 'host' })
      return { ...none, type, bindAddress, localPort: listenPort, remoteHost: host, remotePort: port }
    case 'remote':
      return { ...none, type, bindAddress, remotePort: listenPort, localHost: host, localPort: port }
    case 'dynamic':
      if (host !== null) throw refuse(type, 'has a target, and a dynamic forward has none', { part: 'host' })
      return { ...none, type, bindAddress, bindPort: listenPort }
  }
}

/** Both ends of a range have as many ports. */
function countOf(type: ForwardType, { listen, target }: { listen: Listener; target: Target | null }): number {
  const { count } = listen
  const other = target === null ? count : 'path' in target ? 1 : target.count
  if (count !== other) {
    throw refuse(type, `has ${count} of one port and ${other} of the other`, {
      part: 'hostport',
      fix: 'Write as many ports at both ends, such as 8000-8009:host:9000-9009.',
    })
  }
  if (count > MAX_RANGE) throw refuse(type, `has more than ${MAX_RANGE} ports`, { part: 'listen' })
  return count
}

/** A port by number or name, or a range of numbers; `null` when it is neither or goes beyond the last port. */
function readRange(text: string): { port: number; count: number } | null {
  const port = parsePort(text)
  if (port !== null) return { port, count: 1 }
  const range = parsePortRange(text)
  return range === null || range.port === 0 || range.port + range.count - 1 > MAX_PORT ? null : range
}

function listener(type: ForwardType, bind: Field | null, end: Field): Listener {
  if (bind === null && end.isPath) return { bind: path(type, end), port: null, count: 1 }
  if (bind?.isPath === true) throw refuse(type, 'has a port after the path of a Unix socket', { part: 'bind' })
  if (end.isPath) throw refuse(type, 'has a bind address before the path of a Unix socket', { part: 'bind' })
  const range = readRange(end.text)
  if (range === null) throw refuse(type, `has "${end.text}" where the listening port belongs`, wrongPort(end, 'listen'))
  if (bind === null) return { bind: null, ...range }
  if (bind.text === '' || bind.text === '*') return { bind: '*', ...range }
  return { bind: host(type, 'bind', bind.text), ...range }
}

function target(type: ForwardType, at: Field, end: Field): Target {
  const range = readRange(end.text)
  if (range === null || range.port === 0) {
    throw refuse(type, `has "${end.text}" where the target's port belongs`, wrongPort(end, 'hostport'))
  }
  if (at.isPath) throw refuse(type, 'has a port after the path of a Unix socket', { part: 'host' })
  return { host: host(type, 'host', at.text), ...range }
}

function host(type: ForwardType, part: 'bind' | 'host', text: string): string {
  const what = part === 'bind' ? 'bind address' : "target's host"
  if (text === '') throw refuse(type, `has an empty ${what}`, { part })
  if (/[\s\u0000-\u001f\u007f]/.test(text)) throw refuse(type, `has a space in its ${what}`, { part })
  if (text.startsWith('-')) throw refuse(type, `has a ${what} that starts with a dash`, { part })
  if (text.length > MAX_HOST) throw refuse(type, `has a ${what} that is too long`, { part })
  return text
}

function path(type: ForwardType, field: Field): string {
  if (!field.text.startsWith('/')) {
    throw refuse(type, `has "${field.text}", a path that does not start with /`, {
      fix: 'Write the whole path of the Unix socket.',
    })
  }
  if (field.text.length > MAX_PATH) throw refuse(type, 'has a path that is too long')
  if (/[\u0000-\u001f\u007f]/.test(field.text)) throw refuse(type, 'has a control character in its path')
  const unknown = /%(?!%)/.exec(field.text.replaceAll('%%', ''))
  if (unknown !== null) {
    throw refuse(type, 'has a % token in its path, which Warren does not expand', {
      fix: 'Write %% for a percent sign.',
    })
  }
  return field.text.replaceAll('%%', '%')
}

function splitSpec(type: ForwardType, text: string): readonly Field[] {
  const fields: Field[] = []
  let rest: string | null = text
  while (rest !== null && rest !== '') {
    if (fields.length === MAX_FIELDS) throw refuse(type, 'has too many parts')
    const taken: { field: Field; rest: string | null } = takeField(type, rest)
    fields.push(taken.field)
    rest = taken.rest
  }
  return fields
}

/** One field and what follows its colon; a spec may end with a colon, as in ssh. */
function takeField(type: ForwardType, text: string): { field: Field; rest: string | null } {
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    const after = text[end + 1]
    if (end < 0 || (after !== undefined && after !== ':')) {
      throw refuse(type, 'has a [ without its ]', { part: 'bind' })
    }
    const literal = text.slice(1, end)
    return { field: { text: literal, isPath: literal.includes('/') }, rest: text.slice(end + 2) }
  }
  let value = ''
  let isPath = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === ':') return { field: { text: value, isPath }, rest: text.slice(at + 1) }
    if (character === '\\') {
      at++
      if (at === text.length) throw refuse(type, 'ends with a backslash')
    } else if (character === '/') {
      isPath = true
    }
    value += text[at] ?? ''
  }
  return { field: { text: value, isPath }, rest: null }
}

/** `[bind/]port/host/hostport`, the form that ssh(1) once gave for IPv6 addresses. */
function splitSlashForm(type: ForwardType, text: string): readonly Field[] | null {
  if (text.startsWith('/')) return null
  const parts = text.split('/')
  const counts = type === 'dynamic' ? [2] : type === 'remote' ? [2, 3, 4] : [3, 4]
  if (!counts.includes(parts.length)) return null
  const ports = parts.filter((_, index) => (parts.length === 3 ? index !== 1 : index % 2 === 1))
  const hosts = parts.filter((_, index) => (parts.length === 3 ? index === 1 : index % 2 === 0))
  if (ports.some((port) => parsePort(port) === null)) return null
  const fitsHost = (value: string): boolean =>
    !value.includes(':') || /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.%a-z]*$/i.test(value)
  if (!hosts.every(fitsHost)) return null
  return parts.map((part) => ({ text: part, isPath: false }))
}

function defaultListenHost(ends: ForwardEnds): string | null {
  switch (ends.type) {
    case 'local':
      return ends.localHost
    case 'remote':
      return ends.remoteHost
    case 'dynamic':
      return null
  }
}

function formatListener(bind: string | null, port: string): string {
  return bind === null ? port : `${writeField(bind)}:${port}`
}

function formatTarget(end: Endpoint, count: number): string {
  return 'path' in end ? writeField(end.path) : `${writeField(end.host)}:${formatPortRange(end.port, count)}`
}

function writeField(text: string): string {
  if (text.startsWith('/')) return text.replaceAll('%', '%%').replace(/[\\:]/g, '\\$&')
  if (text.includes(':') && !text.includes(']')) return `[${text}]`
  return text.replace(/[\\:[]/g, '\\$&')
}

/** A number was meant as a port, so its range is the better help. */
function wrongPort({ text }: Field, part: 'listen' | 'hostport'): Refusal {
  const range = part === 'listen' ? `0 to ${MAX_PORT}, where 0 means any free one` : `1 to ${MAX_PORT}`
  return /^-?\d+$/.test(text) ? { part, fix: `A port is a number from ${range}.` } : { part }
}

interface Refusal {
  readonly part?: Part
  readonly fix?: string
}

function refuse(type: ForwardType, what: string, { part, fix }: Refusal = {}): WarrenError {
  return new WarrenError('spec.invalid', `The ${specFlags[type]} SPEC ${what}.`, {
    field: part === undefined ? null : partFields[type][part],
    fix: fix ?? `Write it as ${specShapes[type]}, with [ ] around IPv6 addresses.`,
  })
}
