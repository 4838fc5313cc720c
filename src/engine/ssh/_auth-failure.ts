/** Why a login failed: what the server accepts beside what was offered. */
import { WarrenError } from '@shared/errors'
import type { ServerSpec } from '@shared/specs'

export interface FailedLogin {
  readonly server: ServerSpec
  readonly username: string
  /** What the server accepts (RFC 4252 §5.1). */
  readonly accepts: readonly string[]
  /** Methods it took as a part of the login. */
  readonly partial: readonly string[]
  readonly keysOffered: number
  readonly keyboardTries: number
  readonly passwordTries: number
  /** Keys and agents that could not be used. */
  readonly problems: readonly WarrenError[]
}

/** What to tell the person when the server refused everything. */
export function describeAuthFailure(state: FailedLogin): WarrenError {
  const [first] = state.problems
  const nothingElse = state.keysOffered === 0 && state.keyboardTries === 0 && state.passwordTries === 0
  if (nothingElse && first !== undefined && state.accepts.includes('publickey')) return first
  const accepts = state.accepts.length === 0 ? 'no method that Warren knows' : joined(state.accepts)
  const after = state.partial.length === 0 ? '' : ` after ${joined(state.partial)}`
  return new WarrenError(
    'ssh.auth-failed',
    `${state.server.name} refused the login of ${state.username}: it accepts ${accepts}${after}; we offered ${offered(state)}.`,
    {
      fix:
        first === undefined
          ? 'Check the user name and the keys of the server.'
          : `${first.message} ${first.fix ?? ''}`.trim(),
      remedy: { action: 'edit-server', serverId: state.server.id },
    },
  )
}

// --- internal ---

function offered(state: FailedLogin): string {
  const parts: string[] = []
  if (state.keysOffered > 0) parts.push(`publickey with ${state.keysOffered} key${state.keysOffered === 1 ? '' : 's'}`)
  if (state.keyboardTries > 0) parts.push('keyboard-interactive')
  if (state.passwordTries > 0) parts.push('a password')
  return parts.length === 0 ? 'nothing, for want of a usable key' : joined(parts)
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}
