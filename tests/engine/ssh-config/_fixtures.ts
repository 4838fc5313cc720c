/**
 * Hand-written configs.
 *
 * Each file says in `#: ` lines which command lines to try on it; `@DIR@` becomes the folder of a copy, `@CR@` and `@FF@` those characters, and files without such
 * a line are there to be included.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { splitArguments } from '../../../src/engine/ssh-config/_lex'
import type { CommandOption } from '../../../src/engine/ssh-config'
import type { Question } from './_oracle'

const folder = join(import.meta.dirname, 'fixtures')

export interface FixtureCase {
  readonly name: string
  readonly question: Question
}

export function copyFixtures(): { directory: string; cases: FixtureCase[]; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'warren-config-'))
  const cases: FixtureCase[] = []
  for (const name of readdirSync(folder).sort()) {
    const text = readFileSync(join(folder, name), 'utf8')
      .replaceAll('@DIR@', directory)
      .replaceAll('@CR@', '\r')
      .replaceAll('@FF@', '\f')
    const path = join(directory, name)
    writeFileSync(path, text)
    chmodSync(path, 0o600)
    for (const [, words] of text.matchAll(/^#: (.*)$/gm)) {
      const line = words ?? ''
      cases.push({ name: `${name}: ${line}`.replaceAll(directory, '…'), question: readCase(line, path) })
    }
  }
  return {
    directory,
    cases,
    remove: () => {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** `[NAME=value …] [-o OPTION …] destination [-o OPTION …]`. */
function readCase(line: string, path: string): Question {
  const words = splitArguments(line) ?? []
  const variables: Record<string, string> = {}
  const before: CommandOption[] = [{ flag: 'F', value: path }]
  const after: CommandOption[] = []
  let destination = ''
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    const assignment = /^([A-Z_]+)=(.*)$/.exec(word)
    const list = destination === '' ? before : after
    if (assignment !== null && destination === '') variables[assignment[1] ?? ''] = assignment[2] ?? ''
    else if (/^-[46AaCfgNnTXxY]$/.test(word)) list.push({ flag: word.slice(1) as 'N' })
    else if (/^-[bBcDFiJLlmopRSW]$/.test(word)) {
      index += 1
      list.push({ flag: word.slice(1) as 'o', value: words[index] ?? '' })
    } else destination = word
  }
  return { options: before, destination, laterOptions: after, variables }
}
