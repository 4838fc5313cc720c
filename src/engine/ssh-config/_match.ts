/** The Match line (ssh_config(5), Match): its criteria, in order, over what is known so far. */
import { complain } from './_complaint'
import { expand, standardTokens } from './_expand'
import { lowercase, takeWord, type Cursor } from './_lex'
import { matchesHostname, matchList } from './_pattern'
import type { Settings } from './_settings'
import type { Origin, SshConfigEnvironment, SshConfigPorts, SshRelease } from './types'

/** What a pass over the files knows. */
export interface Pass {
  /** The host by now: as typed in the first pass, replaced and in lower case in the final one. */
  readonly host: string
  readonly originalHost: string
  readonly isFinal: boolean
  readonly settings: Settings
  readonly environment: SshConfigEnvironment
  readonly ports: SshConfigPorts
  readonly release: SshRelease
  /** Called when a `Match final` asks for a second pass. */
  readonly wantFinal: () => void
}

interface MatchFacts {
  readonly host: string
  readonly user: string
  readonly port: string
}

function factsOf(pass: Pass): MatchFacts {
  const { settings, environment } = pass
  const hostname = settings.get('hostname')?.value
  let host = pass.host
  if (hostname !== undefined) host = pass.isFinal ? hostname : expand(hostname, { tokens: { h: pass.host } })
  return {
    host,
    user: settings.get('user')?.value ?? environment.username,
    port: settings.get('port')?.value ?? String(environment.services?.get('ssh') ?? 22),
  }
}

/**
 * Whether the block applies. Complains of a criterion that is unknown or lacks its argument.
 *
 * @param mayRun false in a block that cannot apply: its commands are then never asked for.
 */
export async function matchLine(
  raw: string,
  pass: Pass,
  { origin, mayRun }: { origin: Origin; mayRun: boolean },
): Promise<boolean> {
  const facts = factsOf(pass)
  const cursor: Cursor = { rest: raw }
  let result = true
  let criteria = 0
  for (;;) {
    const word = takeWord(cursor)
    if (word === null || word.startsWith('#')) break
    if (word === '') {
      refuseRest(cursor.rest)
      break
    }
    const negated = word.startsWith('!')
    const name = lowercase(negated ? word.slice(1) : word)
    if (name === 'all') {
      const after = takeWord(cursor)
      if (criteria > 1 || (after !== null && after !== '' && !after.startsWith('#'))) {
        complain('"all" cannot be combined with other criteria of Match')
      }
      refuseRest(after?.startsWith('#') === true ? null : cursor.rest)
      return result && !negated
    }
    criteria += 1
    if (name === 'canonical' || name === 'final') {
      if (name === 'final') pass.wantFinal()
      if (pass.isFinal === negated) result = false
      continue
    }
    const argument = takeWord(cursor)
    if (argument === null || argument === '' || argument.startsWith('#')) complain(`Match ${name} needs an argument`)
    if (name === 'exec') {
      const command = execCommand(argument, pass, facts)
      if (result && mayRun) {
        const succeeded = await pass.ports.exec(command, origin)
        if (succeeded === null || succeeded === negated) result = false
      }
    } else if (holds(name, argument, { pass, facts }) === negated) result = false
  }
  if (criteria === 0) complain('Match needs at least one criterion')
  return result
}

function refuseRest(rest: string | null): void {
  if (rest !== null && rest !== '') complain(`extra arguments at the end of the line: ${rest}`)
}

function holds(name: string, list: string, { pass, facts }: { pass: Pass; facts: MatchFacts }): boolean {
  switch (name) {
    case 'host':
      return matchesHostname(facts.host, list)
    case 'originalhost':
      return matchesHostname(pass.originalHost, list)
    case 'user':
      return matchList(facts.user, list) === 'matched'
    case 'localuser':
      return matchList(pass.environment.username, list) === 'matched'
    case 'tagged':
      if (pass.release !== '9.2') return matchList(pass.settings.get('tag')?.value ?? '', list) === 'matched'
      break
    case 'localnetwork':
    case 'sessiontype':
    case 'command':
    case 'version':
      // Criteria of later releases whose answer is not known here: the block is left out.
      if (pass.release !== '9.2') return false
      break
    default:
  }
  return complain(`Match does not know the criterion "${name}"`)
}

function execCommand(command: string, pass: Pass, facts: MatchFacts): string {
  const tokens = standardTokens({
    ...facts,
    environment: pass.environment,
    originalHost: pass.originalHost,
    keyAlias: pass.settings.get('hostkeyalias')?.value ?? facts.host,
  })
  return expand(command, { tokens })
}
