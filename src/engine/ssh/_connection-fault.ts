/** ssh2's errors as coded ones. */
import { WarrenError } from '@shared/errors'

/** RFC 4253 §11.1. */
const NO_MORE_AUTH_METHODS = 14
const KEY_EXCHANGE_FAILED = 3
const TOO_MANY_AUTH = /too many authentication/i

interface Ssh2Error extends Error {
  readonly level?: string
  /** A disconnect reason, or the code of a system error. */
  readonly code?: number | string
}

export interface Tried {
  readonly keys: number
  /** Keys that were not offered yet. */
  readonly untried: number
}

export interface FaultContext {
  readonly id: string
  readonly name: string
  readonly loggingIn: boolean
  readonly tried: Tried
}

/** What an error of the client means while a session is being made. */
export function connectionFault(error: Ssh2Error, context: FaultContext): WarrenError {
  const { name, loggingIn } = context
  if (error instanceof WarrenError) return error
  const { message, level, code } = error
  if (/no matching/i.test(message)) {
    return new WarrenError('ssh.no-common-algorithm', `${name} and Warren share no ${sharedWhat(message)}.`, {
      fix: 'The server is very old or very strict. Its administrator can enable a current algorithm.',
      cause: error,
    })
  }
  if (typeof code === 'number') {
    if (TOO_MANY_AUTH.test(message) || (loggingIn && code === NO_MORE_AUTH_METHODS)) {
      return tooManyTries(context, { tried: context.tried, cause: error })
    }
    const kind = code === KEY_EXCHANGE_FAILED ? 'ssh.protocol' : 'ssh.closed'
    return new WarrenError(kind, `${name} closed the connection: ${message}.`, { cause: error })
  }
  if (level === 'client-socket') {
    return new WarrenError('ssh.closed', `The connection to ${name} broke: ${message}.`, { cause: error })
  }
  if (/before handshake/i.test(message)) {
    return new WarrenError('ssh.closed', `${name} closed the connection before it said anything.`, {
      fix: 'It may be overloaded or refuse this address; or another service listens on that port.',
      cause: error,
    })
  }
  return new WarrenError('ssh.protocol', `${name} does not speak SSH as expected: ${message}.`, {
    fix: 'Is it an SSH server, and is the port right?',
    cause: error,
  })
}

/** The server has had enough (sshd_config MaxAuthTries). */
export function tooManyTries(
  server: { readonly id: string; readonly name: string },
  { tried, cause }: { tried: Tried; cause: Error | null },
): WarrenError {
  const after = tried.keys === 0 ? '' : ` after ${plural(tried.keys)}`
  const said = cause === null ? 'it closed the connection' : cause.message.replace(/\.$/, '')
  const left = tried.untried === 0 ? '' : ` ${plural(tried.untried)} more were not tried yet.`
  return new WarrenError('ssh.auth-failed', `${server.name} ended the login${after}: ${said}.`, {
    fix: `It counts every key that is offered.${left} List the right key of this server and offer only listed keys.`,
    field: 'identitiesOnly',
    remedy: { action: 'edit-server', serverId: server.id },
    cause: cause ?? undefined,
  })
}

/** The server wants a new password before it lets anybody in (RFC 4252 §8). */
export function passwordExpired(name: string): WarrenError {
  return new WarrenError('ssh.password-expired', `${name} wants the password to be changed first.`, {
    fix: 'Log in once with ssh in a terminal and choose a new one.',
  })
}

// --- internal ---

function plural(keys: number): string {
  return keys === 1 ? 'one key' : `${keys} keys`
}

function sharedWhat(message: string): string {
  return /no matching (.+)$/i.exec(message)?.[1] ?? 'algorithm'
}
