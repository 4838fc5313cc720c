/** Destinations and jump hosts: `[user@]host[:port]` and `ssh://[user@]host[:port]`. */
import { complain } from './_complaint'
import { parsePort } from './_numbers'

export interface Hop {
  readonly user: string | null
  readonly host: string
  readonly port: number | null
}

type Services = ReadonlyMap<string, number> | undefined

/** An `ssh://` address; `null` when it is none. Complains when it is one and is broken. */
export function parseSshUri(text: string, services: Services): Hop | null {
  if (!text.startsWith('ssh://')) return null
  let rest = text.slice('ssh://'.length)
  let user: string | null = null
  const at = rest.indexOf('@')
  if (at !== -1) {
    const login = rest.slice(0, at).split(';', 1)[0] ?? ''
    if (login === '') complain(`"${text}" has an empty user`)
    user = decodeUri(login) ?? complain(`"${text}" has a broken % sequence`)
    rest = rest.slice(at + 1)
  }
  const cut = cutHost(rest)
  const host = cut === null ? null : validDomain(stripBrackets(cut.host))
  if (cut === null || host === null) return complain(`"${text}" is not an ssh address`)
  let path = cut.delimiter === '/' ? cut.rest : ''
  let port: number | null = null
  if (cut.delimiter === ':' && cut.rest !== '') {
    const slash = cut.rest.indexOf('/')
    port = parsePort(slash === -1 ? cut.rest : cut.rest.slice(0, slash), services)
    if (port === null || port <= 0) complain(`"${text}" has no valid port`)
    path = slash === -1 ? '' : cut.rest.slice(slash + 1)
  }
  if (path !== '') complain(`"${text}" has a path, which an ssh address cannot have`)
  return { user, host, port }
}

function decodeUri(text: string): string | null {
  if (/%(?![0-9a-f]{2})|%00/i.test(text)) return null
  return text
    .replaceAll('+', ' ')
    .replace(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString())
}

interface HostCut {
  readonly host: string
  readonly delimiter: ':' | '/' | ''
  readonly rest: string
}

function cutHost(text: string): HostCut | null {
  let end = text.startsWith('[') ? text.indexOf(']') + 1 : text.search(/[:/]/)
  if (text.startsWith('[') && end === 0) return null
  if (end === -1) end = text.length
  const delimiter = text.charAt(end)
  if (delimiter !== '' && delimiter !== ':' && delimiter !== '/') return null
  return { host: text.slice(0, end), delimiter, rest: text.slice(end + 1) }
}

export function stripBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

/** A domain name without a final dot, or `null`. */
export function validDomain(name: string): string | null {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name) || name.includes('..')) return null
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** `host:port` as PermitRemoteOpen wants it; complains otherwise. */
export function checkHostPort(text: string, services: Services): void {
  const cut = cutHost(text)
  if (cut === null || cut.delimiter === '/') complain(`"${text}" has no host`)
  const port = cut.delimiter === '' ? null : cut.rest === '*' ? 1 : parsePort(cut.rest, services)
  if (port === null || port <= 0) complain(`"${text}" has no valid port`)
}

function parseHop(text: string, services: Services): Hop {
  const uri = parseSshUri(text, services)
  if (uri !== null) return uri
  const at = text.lastIndexOf('@')
  const user = at === -1 ? null : text.slice(0, at)
  const cut = cutHost(text.slice(at + 1))
  if (user === '' || cut === null || cut.delimiter === '/' || cut.host === '') complain(`"${text}" is not a jump host`)
  const port = cut.rest === '' ? null : parsePort(cut.rest, services)
  if (cut.rest !== '' && (port === null || port <= 0)) complain(`"${text}" has no valid port`)
  return { user, host: stripBrackets(cut.host), port }
}

export interface JumpOptions {
  readonly services: Services
  /** On the command line names that a shell could take for something else are refused. */
  readonly strict: boolean
}

/** A chain of jump hosts: the last one, and the text of those before it. */
export function parseJump(raw: string, { services, strict }: JumpOptions): { last: Hop; before: string | null } {
  // ssh cuts at a comment sign and at the first blank, wherever they stand.
  const text = (raw.split('#', 1)[0] ?? '').replace(/^(.[^ \t\n\v\f\r]*).*$/s, '$1')
  const hops = text.split(',').map((hop) => parseHop(hop, services))
  const last = hops.at(-1)
  if (last === undefined) return complain(`"${raw}" is not a jump host`)
  if (strict) {
    for (const hop of hops) {
      if (!isSafeHost(hop.host)) complain(`"${hop.host}" is not a valid host name`)
      if (hop.user !== null && !isSafeUser(hop.user)) complain(`"${hop.user}" is not a valid user name`)
    }
  }
  const comma = text.lastIndexOf(',')
  return { last, before: comma === -1 ? null : text.slice(0, comma) }
}

/** Names from a command line may end up in shell commands through tokens. */
export function isSafeHost(host: string): boolean {
  return !host.startsWith('-') && !/['`"$\\;&<>|(){},\s\x00-\x1f\x7f]/.test(host)
}

export function isSafeUser(user: string): boolean {
  return !user.startsWith('-') && !/['`";&<>|(){}\x00-\x1f\x7f]/.test(user) && !/\s-/.test(user) && !user.endsWith('\\')
}

/** A jump chain in the form of `ssh -G`. */
export function jumpText(last: Hop, before: string | null): string {
  const numeric = last.host.includes(':') || /^[0-9.]*$/.test(last.host)
  const host = numeric ? `[${last.host}]` : last.host
  const port = last.port === null || last.port <= 0 ? '' : `:${last.port}`
  return `${before === null ? '' : `${before},`}${last.user === null ? '' : `${last.user}@`}${host}${port}`
}
