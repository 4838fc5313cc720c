/** What ssh does between reading the files and printing: defaults, checks, and tokens in those options that take them early. */
import { WarrenError } from '@shared/errors'
import { assembleAlgorithms } from './_algorithms'
import type { AlgorithmOption } from './_algorithm-table'
import { complain, located } from './_complaint'
import { byDefault, clearNone, fillDefaults } from './_defaults'
import { expand, expandTilde, standardTokens, type Tokens } from './_expand'
import type { Hop } from './_jump'
import { lowercase } from './_lex'
import type { Settings } from './_settings'
import type { ConfigForward, ForwardEnd, Origin, SshConfigEnvironment } from './types'

export interface FinishContext {
  readonly settings: Settings
  readonly environment: SshConfigEnvironment
  readonly originalHost: string
  readonly host: string
  /** Whether a `-W` stands on the command line. */
  readonly standardIo: boolean
}

/** Completes the settings; gives back the tokens for options that are expanded when they are used. */
export function finishSettings(context: FinishContext): Tokens {
  const { settings, environment, host } = context
  if (context.standardIo) {
    settings.once('exitonforwardfailure', 'yes', byDefault)
    settings.once('clearallforwardings', 'yes', byDefault)
  }
  // Forwards are cleared before anything else, and with them the tunnel.
  if (settings.get('clearallforwardings')?.value === 'yes')
    settings.replace('tunnel', 'false', originOf(settings, 'clearallforwardings'))
  fillDefaults(settings)
  if (assembleAll(settings)) clearNone(settings)
  settings.once('user', environment.username, byDefault)
  settings.once('port', String(environment.services?.get('ssh') ?? 22), byDefault)
  refuseJumpLoop(settings, host)
  tidy(settings)
  const tokens = standardTokens({
    environment,
    host,
    originalHost: context.originalHost,
    port: valueOf(settings, 'port'),
    user: valueOf(settings, 'user'),
    keyAlias: settings.get('hostkeyalias')?.value ?? context.originalHost,
  })
  expandEarly(settings, { tokens, environment })
  return tokens
}

function valueOf(settings: Settings, key: string): string {
  return settings.get(key)?.value ?? ''
}

function originOf(settings: Settings, key: string): Origin {
  return settings.get(key)?.origin ?? byDefault
}

/** In the order of ssh, which matters only when one of them fails. */
const assembled = [
  'ciphers',
  'macs',
  'kexalgorithms',
  'hostbasedacceptedalgorithms',
  'pubkeyacceptedalgorithms',
  'casignaturealgorithms',
] as const

/**
 * Puts the algorithm lists together.
 *
 * When nothing is left of one, ssh says so and goes on with what it has: that list is unset, the later ones stay as they
 * were written, and no `none` is taken out. HostKeyAlgorithms alone is refused.
 */
function assembleAll(settings: Settings): boolean {
  assemble(settings, 'hostkeyalgorithms')
  for (const option of assembled) {
    try {
      assemble(settings, option)
    } catch (error) {
      if (!(error instanceof WarrenError)) throw error
      settings.remove(option)
      return false
    }
  }
  return true
}

function assemble(settings: Settings, option: AlgorithmOption): void {
  const entry = settings.get(option)
  const origin = entry?.origin ?? byDefault
  settings.replace(
    option,
    located(origin, () => assembleAlgorithms(option, entry?.value)),
    origin,
  )
}

function refuseJumpLoop(settings: Settings, host: string): void {
  const last = settings.get('proxyjump.last')
  if (last === undefined) return
  const hop = JSON.parse(last.value) as Hop
  const port = valueOf(settings, 'port')
  if (
    hop.host === host &&
    String(hop.port ?? 22) === port &&
    (hop.user ?? valueOf(settings, 'user')) === valueOf(settings, 'user')
  ) {
    located(last.origin, () => complain(`the jump host ${hop.host} is the host itself`))
  }
  settings.replace('proxyusefdpass', 'no', originOf(settings, 'proxyusefdpass'))
}

function tidy(settings: Settings): void {
  const alias = settings.get('hostkeyalias')
  if (alias !== undefined) settings.replace('hostkeyalias', lowercase(alias.value), alias.origin)
  const update = settings.get('updatehostkeys')
  if (update?.value === 'ask' && !canAsk(settings)) settings.replace('updatehostkeys', 'false', update.origin)
  const refuse = (key: string, message: string): never => located(originOf(settings, key), () => complain(message))
  if (valueOf(settings, 'proxycommand') === '-' && valueOf(settings, 'proxyusefdpass') === 'yes') {
    refuse('proxycommand', 'ProxyCommand - and ProxyUseFdpass exclude each other')
  }
  if (valueOf(settings, 'connectionattempts') === '0') refuse('connectionattempts', 'connectionattempts must not be 0')
  const background = valueOf(settings, 'forkafterauthentication') === 'yes'
  if (background && settings.get('remotecommand') === undefined && valueOf(settings, 'sessiontype') !== 'none') {
    refuse('forkafterauthentication', 'ssh cannot go to the background without a command')
  }
}

/** UpdateHostkeys=ask needs a person who sees the question. */
function canAsk(settings: Settings): boolean {
  const persists = valueOf(settings, 'controlpersist') !== 'no' && settings.get('controlpath') !== undefined
  const runsCommand = settings.get('remotecommand') !== undefined || valueOf(settings, 'requesttty') === 'false'
  return !persists && !runsCommand && !['SILENT', 'FATAL', 'ERROR'].includes(valueOf(settings, 'loglevel'))
}

interface ExpandFacts {
  readonly tokens: Tokens
  readonly environment: SshConfigEnvironment
}

function expandEarly(settings: Settings, { tokens, environment }: ExpandFacts): void {
  const path = (value: string): string =>
    expand(expandTilde(value, environment), { tokens, variables: environment.variables })
  const early: readonly (readonly [string, (value: string) => string])[] = [
    ['remotecommand', (value) => expand(value, { tokens })],
    ['controlpath', path],
    ['identityagent', path],
    ['forwardagent.path', path],
  ]
  for (const [key, change] of early) {
    const entry = settings.get(key)
    if (entry !== undefined)
      settings.replace(
        key,
        located(entry.origin, () => change(entry.value)),
        entry.origin,
      )
  }
  for (const key of ['globalknownhostsfile', 'userknownhostsfile']) {
    if (lowercase(settings.list(key)[0]?.value ?? '') === 'none') settings.setList(key, [])
  }
  settings.setList(
    'userknownhostsfile',
    settings
      .list('userknownhostsfile')
      .map(({ value, origin }) => ({ value: located(origin, () => path(value)), origin })),
  )
}

/** Tokens in the socket paths of forwards. */
export function finishForwards(forwards: readonly ConfigForward[], tokens: Tokens): ConfigForward[] {
  const end = (value: ForwardEnd): ForwardEnd =>
    value.kind === 'unix' ? { kind: 'unix', path: expand(value.path, { tokens }) } : value
  return forwards.map((forward) =>
    located(forward.origin, () => ({
      ...forward,
      listen: end(forward.listen),
      target: forward.target === null ? null : end(forward.target),
    })),
  )
}
