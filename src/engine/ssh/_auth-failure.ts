/** Why a login failed: what the server accepts beside what was offered. */
import { WarrenError } from '@shared/errors'
import type { KeySummary } from './_auth-keys'
import type { Certificate } from './_certificate'
import type { Identity } from './_identities'
import type { ServerPlan } from './types'

export interface FailedLogin extends KeySummary {
  readonly server: ServerPlan
  readonly username: string
  /** What the server accepts (RFC 4252 §5.1). */
  readonly accepts: readonly string[]
  /** Methods it took as a part of the login. */
  readonly partial: readonly string[]
  readonly keyboardTries: number
  readonly passwordTries: number
}

/** What to tell the person when the server refused everything. */
export function describeAuthFailure(state: FailedLogin): WarrenError {
  const [first] = state.problems
  const nothingElse = state.keysOffered === 0 && state.keyboardTries === 0 && state.passwordTries === 0
  const wantsKey = state.accepts.includes('publickey') && state.server.config?.pubkeyAuthentication !== false
  if (nothingElse && first !== undefined && wantsKey) return first
  const remedy = { action: 'edit-server', serverId: state.server.id } as const
  const accepts = state.accepts.length === 0 ? 'no method that Warren knows' : joined(state.accepts)
  const after = state.partial.length === 0 ? '' : ` after ${joined(state.partial)}`
  const refused = `${state.server.name} refused the login of ${state.username}`
  const exchange = `it accepts ${accepts}${after}; we offered ${offered(state)}`
  const outdated = state.certificates.map((each) => ({ each, trouble: timeTrouble(each) })).find(isTroubled)
  if (outdated !== undefined) {
    const { code, words, fix } = outdated.trouble
    return new WarrenError(code, `${refused}: the certificate ${outdated.each.name} ${words}; ${exchange}.`, {
      fix,
      remedy,
    })
  }
  return new WarrenError('ssh.auth-failed', `${refused}: ${exchange}.`, { fix: fixOf(state), remedy })
}

// --- internal ---

interface TimeTrouble {
  readonly code: 'key.certificate-expired' | 'key.certificate-not-yet'
  readonly words: string
  readonly fix: string
}

function isTroubled<T>(found: T & { readonly trouble: TimeTrouble | null }): found is T & { trouble: TimeTrouble } {
  return found.trouble !== null
}

/** By our clock; the server judges by its own. */
function timeTrouble({ name, certificate }: Identity): TimeTrouble | null {
  const now = Date.now()
  if (certificate === null) return null
  const { validAfter, validBefore } = certificate
  if (validBefore !== null && validBefore.getTime() <= now) {
    return {
      code: 'key.certificate-expired',
      words: `expired on ${instant(validBefore)}`,
      fix: `Have a new certificate made, and put it at ${name}.`,
    }
  }
  if (validAfter.getTime() <= now) return null
  return {
    code: 'key.certificate-not-yet',
    words: `is valid from ${instant(validAfter)} on`,
    fix: 'Wait until then, or check the clock of this machine.',
  }
}

function fixOf(state: FailedLogin): string {
  const { config } = state.server
  const [problem] = state.problems
  const parts: string[] = []
  const nameless = state.certificates.find(({ certificate }) => certificate?.principals.length === 0)
  const stranger = state.certificates.find(({ certificate }) => isForOthers(certificate, state.username))
  if (stranger !== undefined) {
    const names = joined(stranger.certificate?.principals ?? [])
    parts.push(
      `The certificate ${stranger.name} is for ${names}; the server may want ${state.username} among its names.`,
    )
  } else if (nameless !== undefined) {
    parts.push(`The certificate ${nameless.name} names nobody, and OpenSSH lets in only who is named.`)
  } else if (state.certificates.length > 0) {
    parts.push('The server must trust the authority that signed the certificate (TrustedUserCAKeys).')
  }
  for (const [method, word, isOn] of [
    ['publickey', 'PubkeyAuthentication', config?.pubkeyAuthentication],
    ['password', 'PasswordAuthentication', config?.passwordAuthentication],
    ['keyboard-interactive', 'KbdInteractiveAuthentication', config?.kbdInteractiveAuthentication],
  ] as const) {
    if (isOn === false && state.accepts.includes(method)) parts.push(`Its ssh config says ${word} no.`)
    else if (config?.preferredAuthentications?.includes(method) === false && state.accepts.includes(method)) {
      parts.push(`PreferredAuthentications in its ssh config leaves out ${method}.`)
    }
  }
  if (problem !== undefined) parts.push(`${problem.message} ${problem.fix ?? ''}`.trim())
  return parts.length === 0 ? 'Check the user name and the keys of the server.' : parts.join(' ')
}

/** Only a hint: a server may map names to accounts as it likes. */
function isForOthers(certificate: Certificate | null, username: string): boolean {
  return certificate !== null && certificate.principals.length > 0 && !certificate.principals.includes(username)
}

function offered(state: FailedLogin): string {
  const parts: string[] = []
  if (state.keysOffered > 0) {
    parts.push(`publickey with ${state.keysOffered} key${state.keysOffered === 1 ? '' : 's'}${amongThem(state)}`)
  }
  if (state.keyboardTries > 0) parts.push('keyboard-interactive')
  if (state.passwordTries > 0) parts.push('a password')
  return parts.length === 0 ? 'nothing, for want of a usable key' : joined(parts)
}

function amongThem({ keysOffered, certificates: { length } }: FailedLogin): string {
  if (length === 0) return ''
  if (length === keysOffered) return length === 1 ? ' (a certificate)' : ' (certificates)'
  return length === 1 ? ' (one of them a certificate)' : ` (${length} of them certificates)`
}

function instant(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}
