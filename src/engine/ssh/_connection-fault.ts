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

/** What an error of the client means while a session is being made. */
export function connectionFault(error: Ssh2Error, context: { name: string; loggingIn: boolean }): WarrenError {
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
      return new WarrenError('ssh.auth-failed', `${name} ended the login: ${message}.`, {
        fix: 'It counts every key that is offered. List the right key and offer only listed keys.',
        field: 'identitiesOnly',
        cause: error,
      })
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

// --- internal ---

function sharedWhat(message: string): string {
  return /no matching (.+)$/i.exec(message)?.[1] ?? 'algorithm'
}
