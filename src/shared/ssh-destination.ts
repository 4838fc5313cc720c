/** `[user@]host[:port]`, as ssh(1), its -J and its ssh:// addresses write it. */
import { WarrenError } from './errors'
import { parsePort } from './ssh-spec'

export interface Destination {
  readonly username: string | null
  /** IPv6 without brackets. */
  readonly host: string
  readonly port: number | null
}

/**
 * Reads `[user@]host[:port]` or `ssh://[user@]host[:port]`.
 *
 * IPv6 addresses need brackets only before a port. Throws `spec.invalid` with `host`, `port` or `username` as its field.
 */
export function parseDestination(text: string): Destination {
  const isUri = /^ssh:\/\//i.test(text)
  const body = isUri ? text.slice('ssh://'.length).replace(/\/$/, '') : text
  const at = body.lastIndexOf('@')
  const user = at < 0 ? null : isUri ? decodeUser(body.slice(0, at)) : body.slice(0, at)
  if (user === '') throw refuse('username', `"${text}" has an empty user name`)
  const { host, port } = splitHostPort(text, body.slice(at + 1))
  if (host === '') throw refuse('host', `"${text}" has no host`)
  if (/[\s\u0000-\u001f\u007f]/.test(host)) throw refuse('host', `The host "${host}" has a space in it`)
  if (host.startsWith('-')) throw refuse('host', `The host "${host}" starts with a dash`)
  if (host.includes('/')) throw refuse('host', `The host "${host}" has a slash in it`)
  return { username: user, host, port }
}

/** The inverse of {@link parseDestination}; a port of `null` or 22 is left out. */
export function formatDestination({ username, host, port }: Destination): string {
  const user = username === null ? '' : `${username}@`
  if (port === null || port === DEFAULT_SSH_PORT) return `${user}${host}`
  return `${user}${host.includes(':') ? `[${host}]` : host}:${port}`
}

export const DEFAULT_SSH_PORT = 22

// --- internal ---

function splitHostPort(whole: string, text: string): { host: string; port: number | null } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: readPort(whole, bracketed[2]) }
  if (text.startsWith('[')) throw refuse('host', `"${whole}" has a [ without its ]`)
  const colons = text.split(':').length - 1
  if (colons !== 1) return { host: text, port: null }
  const [host = '', port] = text.split(':')
  return { host, port: readPort(whole, port) }
}

function readPort(whole: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const port = parsePort(text)
  if (port === null || port === 0) throw refuse('port', `"${whole}" has "${text}" where the port belongs`)
  return port
}

function decodeUser(text: string): string {
  // RFC 3986 userinfo; parameters after a semicolon (draft-ietf-secsh-scp-sftp-ssh-uri) are not for us.
  const [name = ''] = text.split(';')
  try {
    return decodeURIComponent(name)
  } catch (cause) {
    throw refuse('username', `The user name "${name}" is not written as an address needs it`, cause)
  }
}

function refuse(field: string, message: string, cause?: unknown): WarrenError {
  return new WarrenError('spec.invalid', `${message}.`, { field, fix: 'Write it as [user@]host[:port].', cause })
}
