/** ssh's command line as getopt(3) reads it, and once more behind the destination; a second bare word begins the command. */
import type { CommandOption } from '../../src/engine/ssh-config'

const WITH_VALUE = 'BbcDEeFIiJLlmOopQRSWw'
/** Not -f: whether it may go to the background is for ssh to say, which knows its command. */
const FOR_CONFIG = 'bBcDFiJLlmopRSW46AaCgNnTXxY'

export interface Arguments {
  readonly flags: Map<string, string>
  readonly before: CommandOption[]
  readonly after: CommandOption[]
  readonly destination: string | null
  readonly command: readonly string[]
}

export function readArguments(words: readonly string[]): Arguments {
  const flags = new Map<string, string>()
  const before: CommandOption[] = []
  const after: CommandOption[] = []
  let destination: string | null = null
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (!word.startsWith('-') || word === '-') {
      if (destination !== null) return { flags, before, after, destination, command: words.slice(index) }
      destination = word
      continue
    }
    for (let at = 1; at < word.length; at += 1) {
      const flag = word.charAt(at)
      let value: string | undefined
      if (WITH_VALUE.includes(flag)) {
        value = word.slice(at + 1)
        if (value === '') value = words[(index += 1)] ?? ''
        at = word.length
      }
      flags.set(flag, value ?? '')
      const option = (value === undefined ? { flag } : { flag, value }) as CommandOption
      if (FOR_CONFIG.includes(flag)) (destination === null ? before : after).push(option)
    }
  }
  return { flags, before, after, destination, command: [] }
}
