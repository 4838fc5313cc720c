/** The options of ssh(1), read in its order and with its rules, before anything is made of them. */
import { WarrenError } from './errors'
import { parsePort } from './ssh-spec'
import type { ForwardType } from './specs'

export interface Collected {
  destination: string | null
  port: number | null
  user: string | null
  identityFiles: string[]
  certificateFiles: string[]
  forwards: { readonly type: ForwardType; readonly spec: string }[]
  gatewayPorts: boolean
  /** Keys of -o in lower case; the first value wins, as in ssh. */
  options: Map<string, string>
  ignored: string[]
}

/** Reads the words after `ssh`; what follows the host and is no option is the remote command. */
export function readOptions(words: readonly string[]): Collected {
  const found: Collected = {
    destination: null,
    port: null,
    user: null,
    identityFiles: [],
    certificateFiles: [],
    forwards: [],
    gatewayPorts: false,
    options: new Map(),
    ignored: [],
  }
  let onlyPlain = false
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--' && !onlyPlain) onlyPlain = true
    else if (word.startsWith('-') && word !== '-' && !onlyPlain) at += readCluster(found, word, words[at + 1])
    else if (found.destination === null) {
      found.destination = word
      // ssh reads options after its host as well, also when a -- stood before it.
      onlyPlain = false
    } else {
      found.ignored.push(`the command "${words.slice(at).join(' ')}"`)
      break
    }
  }
  return found
}

// --- internal ---

/** Letters that take a value, from the getopt string of OpenSSH's ssh.c. */
const WITH_VALUE = 'bceilmopBDEFIJLOPQRSwW'
const WITHOUT_VALUE = '1246afgknqstvxyACGKMNTVXY'
/** They only say "no shell, no terminal, less noise", which is what Warren does anyway. */
const NOTHING_TO_SAY = 'NfnTqav'

/** Keys of -o that become fields of a server or forward. */
const KNOWN_KEYS = new Set([
  'hostname',
  'identityfile',
  'certificatefile',
  'identitiesonly',
  'identityagent',
  'proxyjump',
  'proxycommand',
  'stricthostkeychecking',
  'serveraliveinterval',
  'serveralivecountmax',
  'connecttimeout',
  'port',
  'user',
  'gatewayports',
  'localforward',
  'remoteforward',
  'dynamicforward',
])
/** Keys whose meaning Warren has always. */
const ALWAYS_SO = new Set(['exitonforwardfailure', 'batchmode', 'requesttty', 'loglevel'])

const forwardLetters: Readonly<Record<string, ForwardType>> = { L: 'local', R: 'remote', D: 'dynamic' }

/** One word of options, `-NfL8080:web:80`; returns how many further words it took. */
function readCluster(found: Collected, word: string, next: string | undefined): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? ''
    if (WITH_VALUE.includes(letter)) {
      const stuck = word.slice(at + 1)
      const value = stuck === '' ? next : stuck
      if (value === undefined) throw invalid(`-${letter} has no value`)
      takeValue(found, letter, value)
      return stuck === '' ? 1 : 0
    }
    if (!WITHOUT_VALUE.includes(letter)) throw invalid(`-${letter} is not an option of ssh`)
    if (letter === 'g') found.gatewayPorts = true
    else if (!NOTHING_TO_SAY.includes(letter)) found.ignored.push(`-${letter}`)
  }
  return 0
}

function takeValue(found: Collected, letter: string, value: string): void {
  const forward = forwardLetters[letter]
  if (forward !== undefined) {
    found.forwards.push({ type: forward, spec: value })
    return
  }
  switch (letter) {
    case 'p':
      setPort(found, value)
      return
    case 'l':
      setUser(found, value)
      return
    case 'i':
      found.identityFiles.push(value)
      return
    case 'J':
      if (found.options.has('proxyjump')) throw invalid('-J is given twice', 'Put the hops in one -J, with commas.')
      found.options.set('proxyjump', value)
      return
    case 'o':
      takeOption(found, value)
      return
    default:
      found.ignored.push(`-${letter} ${value}`)
  }
}

/** `Key=Value`, `Key = Value` or `Key Value`, as a line of ssh_config(5). */
function takeOption(found: Collected, text: string): void {
  const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(text)
  const value = match?.[2]?.replace(/^"(.*)"$/, '$1') ?? ''
  const key = match?.[1]?.toLowerCase() ?? ''
  if (match === null || value === '') throw invalid(`-o ${text} has no value`)
  if (!KNOWN_KEYS.has(key)) {
    if (!ALWAYS_SO.has(key)) found.ignored.push(`-o ${text}`)
    return
  }
  switch (key) {
    case 'port':
      setPort(found, value)
      return
    case 'user':
      setUser(found, value)
      return
    case 'certificatefile':
      found.certificateFiles.push(value)
      return
    case 'identityfile':
      found.identityFiles.push(value)
      return
    case 'gatewayports':
      found.gatewayPorts ||= value.toLowerCase() === 'yes'
      return
    case 'localforward':
    case 'remoteforward':
    case 'dynamicforward':
      // ssh_config writes the two ends as two words; a SPEC joins them with a colon.
      found.forwards.push({ type: key.replace('forward', '') as ForwardType, spec: value.replace(/\s+/, ':') })
      return
    default:
      if (!found.options.has(key)) found.options.set(key, value)
      if (key === 'stricthostkeychecking' && /^(?:no|off)$/i.test(value)) {
        found.ignored.push(`-o ${text} (a new key is accepted, a changed key is still refused)`)
      }
  }
}

/** The first one wins, also when it stood in the destination. */
function setPort(found: Collected, text: string): void {
  const port = readPort(text)
  if (!/^ssh:.*:\d+\/?$/i.test(found.destination ?? '')) found.port ??= port
}

function setUser(found: Collected, user: string): void {
  if (found.destination?.includes('@') !== true) found.user ??= user
}

function readPort(text: string): number {
  const port = parsePort(text)
  if (port === null || port === 0) {
    throw new WarrenError('command.invalid', `"${text}" is not a port.`, { field: 'port', fix: 'Use 1 to 65535.' })
  }
  return port
}

function invalid(message: string, fix?: string): WarrenError {
  return new WarrenError('command.invalid', `${message}.`, fix === undefined ? {} : { fix })
}
