/** The options of the ssh command line that shape the config. */
import { unknownAlgorithms } from './_algorithms'
import { Complaint, complain, configFault, located } from './_complaint'
import { expandTilde } from './_expand'
import { parseForwardSpec, type ForwardContext, type ParsedForward } from './_forward'
import { isSafeHost, isSafeUser, jumpText, parseJump, parseSshUri } from './_jump'
import { parsePort } from './_numbers'
import { readOption, type ReadContext } from './_reader'
import { addForward } from './_special'
import type { CommandOption, CommandSwitch, ConfigForward, Origin } from './types'

/** What the command line says beside settings. */
export interface CommandLine {
  /** `-F`; `null` means the usual files. */
  file: string | null
  /** `-W`. */
  standardIo: boolean
}

const switches: Readonly<Record<CommandSwitch, readonly (readonly [string, string])[]>> = {
  '4': [['addressfamily', 'inet']],
  '6': [['addressfamily', 'inet6']],
  A: [['forwardagent', 'yes']],
  a: [['forwardagent', 'no']],
  C: [['compression', 'yes']],
  f: [
    ['forkafterauthentication', 'yes'],
    ['stdinnull', 'yes'],
  ],
  g: [['gatewayports', 'yes']],
  N: [
    ['sessiontype', 'none'],
    ['requesttty', 'false'],
  ],
  n: [['stdinnull', 'yes']],
  T: [['requesttty', 'false']],
  X: [['forwardx11', 'yes']],
  x: [['forwardx11', 'no']],
  Y: [
    ['forwardx11', 'yes'],
    ['forwardx11trusted', 'yes'],
  ],
}

export async function applyCommandOptions(
  context: ReadContext,
  options: readonly CommandOption[],
  line: CommandLine,
): Promise<void> {
  for (const option of options) {
    const shown = option.value === undefined ? `-${option.flag}` : `-${option.flag} ${option.value}`
    const origin: Origin = { kind: 'command-line', option: shown }
    try {
      await applyOption(context, option, { origin, line })
    } catch (error) {
      if (error instanceof Complaint) throw configFault([{ message: error.message, origin }])
      throw error
    }
  }
}

async function applyOption(
  context: ReadContext,
  option: CommandOption,
  at: { origin: Origin; line: CommandLine },
): Promise<void> {
  const { settings, environment, ports } = context.pass
  const { origin, line } = at
  if (option.value === undefined) {
    // Unlike -o, a switch wins over what stands before it.
    for (const [key, value] of switches[option.flag]) settings.replace(key, value, origin)
    return
  }
  const { value } = option
  switch (option.flag) {
    case 'b':
      settings.replace('bindaddress', value, origin)
      return
    case 'B':
      settings.replace('bindinterface', value, origin)
      return
    case 'c':
    case 'm': {
      const key = option.flag === 'c' ? 'ciphers' : 'macs'
      const [unknown] = unknownAlgorithms(key, value)
      if (unknown !== undefined) complain(`"${unknown}" is not a known algorithm for ${key}`)
      settings.replace(key, value, origin)
      return
    }
    case 'F':
      line.file = value
      return
    case 'i': {
      const path = expandTilde(value, environment)
      if ((await ports.exists?.(path)) === false) return
      settings.append('identityfile', path, origin)
      return
    }
    case 'J':
      jump(context, value, origin)
      return
    case 'l':
      settings.once('user', value, origin)
      return
    case 'o':
      readOption(context, value, origin)
      return
    case 'p': {
      if (settings.get('port') !== undefined) return
      const port = parsePort(value, environment.services)
      if (port === null || port <= 0) complain(`"${value}" is not a port`)
      settings.once('port', String(port), origin)
      return
    }
    case 'S':
      settings.replace('controlpath', value, origin)
      return
    case 'W':
      if (parseForwardSpec(value, true, { environment, type: 'local' }).listen.kind === 'unix')
        complain('-W needs host:port')
      line.standardIo = true
      settings.replace('requesttty', 'false', origin)
      settings.replace('sessiontype', 'none', origin)
      return
    case 'D':
    case 'L':
    case 'R':
      addForward(context.gathered.forwards, forwardOption(option.flag, value, { environment, origin }))
  }
}

function jump(context: ReadContext, value: string, origin: Origin): void {
  const { settings, environment } = context.pass
  if (settings.get('proxyjump') !== undefined) complain('only one -J is allowed; write several hosts with commas')
  if (settings.get('proxycommand') !== undefined) complain('-J and ProxyCommand exclude each other')
  if (value.toLowerCase() === 'none') {
    settings.once('proxyjump', 'none', origin)
    return
  }
  const { last, before } = parseJump(value, { services: environment.services, strict: true })
  settings.once('proxyjump', jumpText(last, before), origin)
  settings.once('proxyjump.last', JSON.stringify(last), origin)
  settings.once('proxycommand', 'none', origin)
}

type ForwardFacts = Pick<ForwardContext, 'environment'> & { readonly origin: Origin }

function forwardOption(letter: 'D' | 'L' | 'R', value: string, { environment, origin }: ForwardFacts): ConfigForward {
  const type = letter === 'D' ? 'dynamic' : letter === 'L' ? 'local' : 'remote'
  const parse = (dynamic: boolean): ParsedForward => parseForwardSpec(value, dynamic, { environment, type })
  if (letter !== 'R') return { type, ...parse(letter === 'D'), origin }
  try {
    return { type, ...parse(false), origin }
  } catch (error) {
    // A remote forward without a target is a dynamic one.
    if (error instanceof Complaint) return { type, ...parse(true), origin }
    throw error
  }
}

/** The host of a destination; its user and port count unless the options before it said otherwise. */
export function applyDestination(context: ReadContext, destination: string): string {
  const { settings, environment } = context.pass
  const origin: Origin = { kind: 'command-line', option: destination }
  return located(origin, () => {
    const uri = parseSshUri(destination, environment.services)
    if (uri !== null) {
      if (uri.user !== null) settings.once('user', uri.user, origin)
      if (uri.port !== null) settings.once('port', String(uri.port), origin)
      return uri.host
    }
    const at = destination.lastIndexOf('@')
    const host = destination.slice(at + 1)
    if (at === 0 || host === '') complain(`"${destination}" is not a destination`)
    if (at > 0) settings.once('user', destination.slice(0, at), origin)
    return host
  })
}

/** A subsystem of the command line needs its name there too, and Warren passes no command. Names that go into tokens must not be able to become shell commands. */
export function checkNames(context: ReadContext, host: string): void {
  const { settings } = context.pass
  const session = settings.get('sessiontype')
  if (session?.value === 'subsystem') located(session.origin, () => complain('a subsystem needs a name'))
  const user = settings.get('user')
  if (user !== undefined && !isSafeUser(user.value)) {
    located(user.origin, () => complain('the user name has characters that are not allowed'))
  }
  if (!isSafeHost(host)) {
    located({ kind: 'command-line', option: host }, () => complain('the host name has characters that are not allowed'))
  }
}
