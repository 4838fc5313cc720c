/** Addresses of proxies, `scheme://[user[:password]@]host[:port]`, as curl's --proxy takes them. */
import { WarrenError } from './errors'

export const proxySchemes = ['http', 'socks4', 'socks4a', 'socks5', 'socks5h'] as const
export type ProxyScheme = (typeof proxySchemes)[number]

export interface ProxyAddress {
  readonly scheme: ProxyScheme
  /** IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** `null`: no login. */
  readonly username: string | null
  /** `null`: the address holds none. */
  readonly password: string | null
}

const DEFAULT_HTTP_PORT = 80
const DEFAULT_SOCKS_PORT = 1080
const MAX_PORT = 65_535
/** RFC 1929: lengths are one byte. */
const MAX_LOGIN_BYTES = 255

/** Reads the address of a proxy. Throws `spec.invalid` with `proxy` as its field. */
export function parseProxy(text: string): ProxyAddress {
  const read = readProxy(text)
  if (typeof read !== 'string') return read
  throw new WarrenError('spec.invalid', `The proxy address ${read}.`, {
    fix: 'Write it as http://host:port or socks5://host:port, with user@ before the host where it wants a login.',
    field: 'proxy',
  })
}

/** What is wrong with the address, to stand after "The proxy address", or `null`. */
export function proxyIssue(text: string): string | null {
  const read = readProxy(text)
  return typeof read === 'string' ? read : null
}

/** The inverse of {@link parseProxy}, in its shortest form. */
export function formatProxy({ scheme, host, port, username, password }: ProxyAddress): string {
  const login =
    username === null
      ? ''
      : `${encodeURIComponent(username)}${password === null ? '' : `:${encodeURIComponent(password)}`}@`
  return `${scheme}://${login}${hostPort(host, port)}`
}

/** Takes the password out: it is a secret, the rest is not. Throws as {@link parseProxy}. */
export function splitProxyPassword(text: string): { readonly proxy: string; readonly password: string | null } {
  const { password, ...rest } = parseProxy(text)
  return password === null ? { proxy: text, password } : { proxy: formatProxy({ ...rest, password: null }), password }
}

/** What the password of a proxy is kept under: `user@host:port`. */
export function proxyLogin({ username, host, port }: ProxyAddress): string {
  return `${username ?? ''}@${hostPort(host, port)}`
}

/** For people, without any login: "proxy squid.corp:3128", "SOCKS proxy 10.0.0.3:1080". */
export function proxyLabel(text: string): string {
  const read = readProxy(text)
  if (typeof read === 'string') return 'a proxy'
  return `${read.scheme === 'http' ? 'proxy' : 'SOCKS proxy'} ${hostPort(read.host, read.port)}`
}

// --- internal ---

/** A password may hold `@` and `:` as they are: the last `@` ends the login, its first `:` ends the name. */
const ADDRESS = /^([a-z0-9]+):\/\/(?:(.*)@)?(?:\[([^\]@]*)\]|([^:/?#@[\]]*))(?::([^/]*))?\/?$/i

function readProxy(text: string): ProxyAddress | string {
  const match = ADDRESS.exec(text)
  const scheme = (match?.[1] ?? '').toLowerCase()
  if (scheme === 'https') return 'must start with http://: Warren speaks to proxies without TLS'
  if (match === null || !isScheme(scheme)) {
    return /^(http|socks4a?|socks5h?):\/\//i.test(text)
      ? 'must be a host, or host:port'
      : 'must start with http://, socks4://, socks4a:// or socks5://'
  }
  const [, , login, bracketed, plain, portText] = match
  const host = bracketed ?? plain ?? ''
  if (host === '') return 'has no host'
  if (bracketed !== undefined && !/^[0-9a-f:.]+(%\w+)?$/i.test(bracketed)) return 'has no IPv6 address in its [ ]'
  if (/\s/.test(host) || host.startsWith('-')) return 'has a host that is no name'
  const port = portText === undefined ? defaultPort(scheme) : portOf(portText)
  if (port === null) return `has the port ${portText ?? ''}, which must be 1 to 65535`
  const read = readLogin(login)
  if (typeof read === 'string') return read
  return { scheme, host, port, ...read }
}

function readLogin(login: string | undefined): Pick<ProxyAddress, 'username' | 'password'> | string {
  if (login === undefined || login === '') return { username: null, password: null }
  const colon = login.indexOf(':')
  const username = decode(colon < 0 ? login : login.slice(0, colon))
  const password = colon < 0 ? null : decode(login.slice(colon + 1))
  if (username === '') return 'has a password without a user name'
  if (username.includes(':')) return 'has a colon in its user name'
  for (const part of [username, password ?? '']) {
    // Encoded, each byte is one character or an escape of three.
    if (encodeURIComponent(part).replace(/%../g, '.').length > MAX_LOGIN_BYTES) return 'has a login that is too long'
  }
  return { username, password }
}

function isScheme(text: string): text is ProxyScheme {
  return (proxySchemes as readonly string[]).includes(text)
}

function defaultPort(scheme: ProxyScheme): number {
  return scheme === 'http' ? DEFAULT_HTTP_PORT : DEFAULT_SOCKS_PORT
}

function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= MAX_PORT ? port : null
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A percent sign that begins no code stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
