/** Options that are read in a way of their own. */
import { checkGssKex } from './_algorithms'
import { flag, ipQosByte, ipQosName, logFacility, yesNoAskConfirm } from './_choices'
import { complain } from './_complaint'
import { consume, pick, required, seconds, set, takeAll, type Directive, type Reader } from './_directive'
import { expand } from './_expand'
import { parseForward } from './_forward'
import { checkHostPort, jumpText, parseJump, validDomain } from './_jump'
import { lowercase } from './_lex'
import { parseAnyBase, parseInteger, parsePort, parseSeconds, parseSize } from './_numbers'
import { matchesPattern } from './_pattern'
import type { ConfigForward, ForwardEnd } from './types'

export const port: Reader = (line) => {
  const word = required(line)
  const value = parsePort(word, line.environment.services)
  if (value === null || value <= 0) complain(`"${word}" is not a port`)
  set(line, 'port', String(value))
}

/** A socket path, or `$NAME`, or text with `${NAME}` in it; the variable must exist already now. */
function agentPath(line: Directive, key: string, path: string): void {
  expand(path, { variables: line.environment.variables })
  if (path.startsWith('$') && !path.startsWith('${') && !/^\$[A-Za-z0-9_]+$/.test(path)) {
    complain(`"${path}" does not name an environment variable`)
  }
  set(line, key, path)
}

export const identityAgent: Reader = (line) => {
  agentPath(line, 'identityagent', required(line))
}

/** ssh keeps the switch and the path apart: a path counts even behind an earlier `no`. */
export const forwardAgent: Reader = (line) => {
  const word = required(line)
  const value = pick(flag, word)
  set(line, 'forwardagent', value ?? 'yes')
  if (value === undefined) agentPath(line, 'forwardagent.path', word)
}

export const addKeysToAgent: Reader = (line) => {
  const [word = '', time] = line.args.splice(0, 2)
  if (word === '') complain('addkeystoagent needs an argument')
  const value = pick(yesNoAskConfirm, word)
  let lifetime: number | null = 0
  if (value === 'confirm' && time !== undefined) lifetime = parseSeconds(time)
  else if (value === undefined && time === undefined) lifetime = parseSeconds(word)
  else if (value === undefined || time !== undefined) lifetime = null
  if (lifetime === null) complain('addkeystoagent can be yes, no, ask, confirm [TIME] or a time')
  const shown = value ?? 'true'
  set(line, 'addkeystoagent', lifetime === 0 ? shown : `${shown === 'confirm' ? 'confirm ' : ''}${lifetime}`)
}

export const controlPersist: Reader = (line) => {
  const word = required(line)
  const words: Readonly<Record<string, string>> = { yes: 'yes', true: 'yes', no: 'no', false: 'no' }
  const known = Object.hasOwn(words, word) ? words[word] : undefined
  const time = known === undefined ? parseSeconds(word) : 0
  if (time === null) complain(`controlpersist: "${word}" is neither yes, no nor a time`)
  set(line, 'controlpersist', known ?? (time === 0 ? 'yes' : String(time)))
}

export const rekeyLimit: Reader = (line) => {
  const word = required(line)
  const size = word === 'default' ? 0n : parseSize(word)
  if (size === null) complain(`rekeylimit: "${word}" is not a size such as 1G`)
  if (size !== 0n && size < 16n) complain('rekeylimit: the size is too small')
  set(line, 'rekeylimit', String(size))
  if (line.args.length > 0) seconds('rekeylimit.interval')(line)
}

export const ipQos: Reader = (line) => {
  const read = (word: string): string => {
    if (lowercase(word) === 'none') return 'none'
    const byte = ipQosByte(lowercase(word)) ?? parseAnyBase(word)
    return byte === null || byte < 0 || byte > 255 ? complain(`ipqos cannot be "${word}"`) : ipQosName(byte)
  }
  const interactive = read(required(line))
  const bulk = line.args.shift()
  set(line, 'ipqos', `${interactive} ${bulk === undefined ? interactive : read(bulk)}`)
}

export const escapeChar: Reader = (line) => {
  const word = required(line)
  const code = word.charCodeAt(word.length - 1)
  if (word === 'none') set(line, 'escapechar', 'none')
  else if (Buffer.byteLength(word) === 1) set(line, 'escapechar', word)
  else if (word.length === 2 && word.startsWith('^') && code >= 64 && code < 128) {
    set(line, 'escapechar', String.fromCharCode(code & 31))
  } else complain(`escapechar: "${word}" is neither one character, ^ and a letter, nor none`)
}

/** A later mask replaces an earlier one, and one in a block that does not apply counts too: so does ssh. */
export const streamLocalBindMask: Reader = (line) => {
  const digits = /^[ \t\n\v\f\r]*[+-]?([0-7]+)/.exec(required(line))
  const mask = digits === null || digits[0].includes('-') ? NaN : parseInt(digits[1] ?? '', 8)
  if (!(mask <= 0o777)) complain('streamlocalbindmask needs an octal mask such as 0177')
  line.settings.replace('streamlocalbindmask', `0${mask.toString(8)}`, line.origin)
}

/** Counts even in a block that does not apply: so does ssh. */
export const syslogFacility: Reader = (line) => {
  const word = line.args.shift() ?? ''
  const value = pick(logFacility, word)
  if (value === undefined) complain(`syslogfacility cannot be "${word}"`)
  line.settings.once('syslogfacility', value, line.origin)
}

export const tunnelDevice: Reader = (line) => {
  const word = required(line)
  const colon = word.indexOf(':')
  const local = colon === -1 ? word : word.slice(0, colon)
  const remote = colon === -1 ? 'any' : word.slice(colon + 1)
  const [from, to] = [local, remote].map((each) => {
    if (lowercase(each) === 'any') return 'any'
    const unit = parseInteger(each, 0x7ffffffd)
    return typeof unit === 'number' ? String(unit) : complain(`tunneldevice: "${word}" is not of the form LOCAL:REMOTE`)
  })
  set(line, 'tunneldevice', `${from}:${to}`)
}

export const gssKexAlgorithms: Reader = (line) => {
  const list = required(line)
  checkGssKex(list)
  set(line, 'gssapikexalgorithms', list)
}

/** ssh keeps only the first word. */
export const logVerbose: Reader = (line) => {
  const [first] = takeAll(line, ['none'])
  if (first !== undefined && line.active && line.settings.list('logverbose').length === 0) {
    line.settings.append('logverbose', first, line.origin)
  }
}

export const permitRemoteOpen: Reader = (line) => {
  const words = takeAll(line, ['none', 'any'])
  if (words.length === 0) complain('permitremoteopen needs an argument')
  for (const word of words) {
    if (lowercase(word) !== 'none' && lowercase(word) !== 'any') checkHostPort(word, line.environment.services)
  }
  if (!line.active || line.settings.list('permitremoteopen').length > 0) return
  for (const word of words) line.settings.append('permitremoteopen', word, line.origin)
}

/** Names add up; `-PATTERN` takes away names of earlier lines. */
export const sendEnv: Reader = (line) => {
  for (const word of line.args.splice(0)) {
    if (word === '' || word.includes('=')) complain(`sendenv: "${word}" is not a name of a variable`)
    if (!line.active) continue
    if (!word.startsWith('-')) line.settings.append('sendenv', word, line.origin)
    else {
      const kept = line.settings.list('sendenv').filter((entry) => !matchesPattern(entry.value, word.slice(1)))
      line.settings.setList('sendenv', kept)
    }
  }
}

/** The first line sets all; within it the first value of a name wins. */
export const setEnv: Reader = (line) => {
  const wasSet = line.settings.list('setenv').length > 0
  for (const word of line.args.splice(0)) {
    const equals = word.indexOf('=')
    if (equals === -1) complain(`setenv: "${word}" is not of the form NAME=value`)
    const name = word.slice(0, equals + 1)
    const known = line.settings.list('setenv').some((entry) => entry.value.startsWith(name))
    if (line.active && !wasSet && !known) line.settings.append('setenv', word, line.origin)
  }
}

/** A domain in lower case without its final dot. */
export function canonicalDomain(word: string): string {
  return validDomain(lowercase(word)) ?? complain(`canonicaldomains: "${word}" is not a domain name`)
}

export function permittedCname(word: string): string {
  if (lowercase(word) === 'none') return 'none'
  if (word === '*') return '*:*'
  const rule = lowercase(word)
  const colon = rule.indexOf(':')
  if (colon === -1 || colon === rule.length - 1) complain(`"${word}" is not of the form FROM:TO`)
  return rule
}

export const proxyJump: Reader = (line) => {
  const raw = line.raw.replace(/^[ \t\r\n=]+/, '')
  consume(line)
  const { settings, origin, active } = line
  if (lowercase(raw) === 'none') {
    set(line, 'proxyjump', 'none')
    return
  }
  const chain = parseJump(raw, { services: line.environment.services, strict: origin.kind === 'command-line' })
  if (!active || settings.get('proxyjump') !== undefined || settings.get('proxycommand') !== undefined) return
  const { last, before } = chain
  settings.once('proxyjump', jumpText(last, before), origin)
  settings.once('proxyjump.last', JSON.stringify(last), origin)
  settings.once('proxycommand', 'none', origin)
}

export const forward =
  (type: ConfigForward['type']): Reader =>
  (line) => {
    const listen = required(line)
    const target = type === 'dynamic' ? undefined : line.args.shift()
    if (type === 'local' && (target ?? '') === '') complain('localforward needs a target')
    const parsed = parseForward(listen, target === '' ? undefined : target, { environment: line.environment, type })
    if (line.active) addForward(line.forwards, { type, ...parsed, origin: line.origin })
  }

/** Adds it unless it is there. ssh keeps local and dynamic forwards in one list. */
export function addForward(forwards: ConfigForward[], added: ConfigForward): void {
  const isRemote = added.type === 'remote'
  const same = (entry: ConfigForward): boolean =>
    (entry.type === 'remote') === isRemote &&
    forwardEndText(entry.listen) === forwardEndText(added.listen) &&
    (entry.target === null ? null : forwardEndText(entry.target)) ===
      (added.target === null ? null : forwardEndText(added.target))
  if (!forwards.some(same)) forwards.push(added)
}

/** One end in the form of `ssh -G`. */
export function forwardEndText(end: ForwardEnd): string {
  if (end.kind === 'unix') return end.path
  return end.host === null ? String(end.port) : `[${end.host}]:${end.port}`
}
