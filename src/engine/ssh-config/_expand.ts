/** `%` tokens, `${NAME}` and `~` (ssh_config(5), TOKENS and ENVIRONMENT VARIABLES). */
import { createHash } from 'node:crypto'
import { complain } from './_complaint'
import type { SshConfigEnvironment } from './types'

export type Tokens = Readonly<Record<string, string>>

export interface Expansion {
  /** Absent: `%` means nothing. */
  readonly tokens?: Tokens | undefined
  /** Absent: `$` means nothing. */
  readonly variables?: SshConfigEnvironment['variables'] | undefined
}

/** Replaces tokens and variables; complains of unknown tokens and of variables that are not set. */
export function expand(text: string, { tokens, variables }: Expansion): string {
  let result = ''
  const missing: string[] = []
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index)
    if (variables !== undefined && text.startsWith('${', index)) {
      const close = text.indexOf('}', index + 2)
      if (close === -1) complain(`the variable ${text.slice(index)} has no closing brace`)
      const name = text.slice(index + 2, close)
      if (name === '') complain('${} names no variable')
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined
      if (value === undefined) missing.push(name)
      result += value ?? ''
      index = close
    } else if (char === '%' && tokens !== undefined) {
      index += 1
      result += token(text.charAt(index), tokens)
    } else {
      result += char
    }
  }
  if (missing.length > 0) complain(`the environment variable ${missing.join(', ')} is not set`)
  return result
}

function token(key: string, tokens: Tokens): string {
  if (key === '%') return '%'
  if (key === '') complain('a lone % stands at the end')
  return Object.hasOwn(tokens, key) ? (tokens[key] ?? '') : complain(`the token %${key} is not known here`)
}

/** `~`, `~/path` and `~user/path`. Slashes after the name are squeezed, as ssh does. */
export function expandTilde(path: string, environment: SshConfigEnvironment): string {
  if (!path.startsWith('~')) return path
  const slash = path.indexOf('/')
  const user = slash === -1 ? path.slice(1) : path.slice(1, slash)
  const home = user === '' ? environment.home : environment.homes?.get(user)
  if (home === undefined) return complain(`there is no user ${user}`)
  const rest = slash === -1 ? '' : path.slice(slash).replace(/^\/+/, '')
  return `${home}${home.endsWith('/') ? '' : '/'}${rest}`
}

export interface TokenFacts {
  readonly environment: SshConfigEnvironment
  /** As the person typed it. */
  readonly originalHost: string
  readonly host: string
  readonly port: string
  readonly user: string
  readonly keyAlias: string
}

/** The tokens most options take. `%C` is SHA-1 over local host name, host, port and user. */
export function standardTokens(facts: TokenFacts): Tokens {
  const { environment, host, port, user } = facts
  const local = environment.hostname
  return {
    C: createHash('sha1').update(`${local}${host}${port}${user}`).digest('hex'),
    L: local.split('.', 1)[0] ?? local,
    d: environment.home,
    h: host,
    i: String(environment.uid),
    k: facts.keyAlias,
    l: local,
    n: facts.originalHost,
    p: port,
    r: user,
    u: environment.username,
  }
}
