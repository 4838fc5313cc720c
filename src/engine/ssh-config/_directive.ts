/** The kinds of options and how each is read. A reader complains of what ssh would refuse, whether its block applies or not. */
import { unknownAlgorithms } from './_algorithms'
import type { AlgorithmOption } from './_algorithm-table'
import type { Choices } from './_choices'
import { complain } from './_complaint'
import { lowercase } from './_lex'
import { parseInteger, parseSeconds } from './_numbers'
import type { Settings } from './_settings'
import type { ConfigForward, Origin, SshConfigEnvironment, SshRelease } from './types'

/** One line on its way into the settings. */
export interface Directive {
  readonly keyword: string
  /** The arguments not read yet; what is left at the end is garbage. */
  readonly args: string[]
  /** The text behind the keyword as it stands, for commands. */
  readonly raw: string
  /** Whether the block it stands in applies. */
  readonly active: boolean
  readonly origin: Origin
  /** From a file of the person or the command line, not from the system. */
  readonly byUser: boolean
  readonly settings: Settings
  readonly forwards: ConfigForward[]
  readonly environment: SshConfigEnvironment
  readonly release: SshRelease
}

export type Reader = (line: Directive) => void

/** The next argument, which must be there and not be empty. */
export function required(line: Directive): string {
  const word = line.args.shift()
  return word === undefined || word === '' ? complain(`${line.keyword} needs an argument`) : word
}

export function consume(line: Directive): void {
  line.args.length = 0
}

export function set(line: Directive, key: string, value: string): void {
  if (line.active) line.settings.once(key, value, line.origin)
}

export function pick(choices: Choices, word: string): string | undefined {
  const key = lowercase(word)
  return Object.hasOwn(choices, key) ? choices[key] : undefined
}

export const choice =
  (key: string, choices: Choices): Reader =>
  (line) => {
    const word = required(line)
    const value = pick(choices, word)
    if (value === undefined)
      complain(`${line.keyword} cannot be "${word}"; it can be ${Object.keys(choices).join(', ')}`)
    set(line, key, value)
  }

export const text =
  (key: string): Reader =>
  (line) => {
    set(line, key, required(line))
  }

export const integer =
  (key: string): Reader =>
  (line) => {
    const word = required(line)
    const value = parseInteger(word)
    if (typeof value !== 'number') complain(`${line.keyword}: the number "${word}" is ${value}`)
    set(line, key, String(value))
  }

/** Seconds; `none` leaves it as if nothing had been said, so that a later line still counts. */
export const seconds =
  (key: string): Reader =>
  (line) => {
    const word = required(line)
    if (word === 'none') return
    const value = parseSeconds(word)
    if (value === null) complain(`${line.keyword}: "${word}" is not a time such as 30, 10m or 1h30m`)
    set(line, key, String(value))
  }

/** The rest of the line as it stands, quotes and comment signs included. */
export const command =
  (key: string): Reader =>
  (line) => {
    set(line, key, line.raw.replace(/^[ \t\r\n=]+/, ''))
    consume(line)
  }

export const algorithms =
  (key: AlgorithmOption): Reader =>
  (line) => {
    const list = required(line)
    // A config for a newer ssh may name algorithms that came later; they are left out, and listed as not honoured.
    const [unknown] = line.release === '9.2' ? unknownAlgorithms(key, list) : []
    if (unknown !== undefined) complain(`"${unknown}" is not a known algorithm for ${key}`)
    set(line, key, list)
  }

/** Every argument that is left; `alone` names words that must not have company. */
export function takeAll(line: Directive, alone: readonly string[]): string[] {
  const words = line.args.splice(0)
  if (words.includes('')) complain(`${line.keyword} has an empty argument`)
  const lonely = words.find((word) => alone.includes(lowercase(word)))
  if (lonely !== undefined && words.length > 1) complain(`${line.keyword}: "${lonely}" must stand alone`)
  return words
}

export interface ListRules {
  readonly max: number
  readonly read?: (word: string) => string
}

/** A list that the first line with this keyword sets as a whole. */
export const wordList =
  (key: string, { max, read = (word) => word }: ListRules): Reader =>
  (line) => {
    const words = takeAll(line, ['none']).map(read)
    if (!line.active || line.settings.list(key).length > 0) return
    if (words.length > max) complain(`${line.keyword} takes at most ${max} entries`)
    for (const word of words) line.settings.append(key, word, line.origin)
  }

/** A list that grows with every line. The same file named twice by the same party counts once. */
export const fileList =
  (key: string, max: number): Reader =>
  (line) => {
    const file = required(line)
    if (!line.active) return
    const list = line.settings.list(key)
    if (list.length >= max) complain(`${line.keyword} takes at most ${max} entries`)
    const party = line.byUser ? 'user' : 'system'
    // The party is kept beside the list because ssh tells the two apart.
    if (line.settings.list(`${key}.${party}`).some((entry) => entry.value === file)) return
    line.settings.append(`${key}.${party}`, file, line.origin)
    line.settings.append(key, file, line.origin)
  }
