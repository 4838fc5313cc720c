/** Asks the installed ssh and our resolver the same thing. */
import { execFile } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import {
  createSystemFiles,
  readSystemNames,
  resolveSshConfig,
  type CommandOption,
  type SshConfigEnvironment,
} from '../../../src/engine/ssh-config'
import { WarrenError } from '../../../src/shared/errors'

export interface Question {
  /** Arguments of ssh without -G, the destination last. */
  readonly options: readonly CommandOption[]
  readonly destination: string
  readonly laterOptions?: readonly CommandOption[]
  readonly variables?: Readonly<Record<string, string>>
}

export type Answer =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'refused'; readonly message: string; readonly blamed: readonly number[] }

const names = await readSystemNames()

function environmentHere(variables: Readonly<Record<string, string | undefined>>): SshConfigEnvironment {
  const { username, uid, homedir } = userInfo()
  return { variables, home: homedir, username, uid, hostname: hostname(), ...names }
}

export function runsOfSsh(question: Question): string[] {
  const words = (options: readonly CommandOption[]): string[] =>
    options.flatMap((option) => (option.value === undefined ? [`-${option.flag}`] : [`-${option.flag}`, option.value]))
  return ['-G', ...words(question.options), question.destination, ...words(question.laterOptions ?? [])]
}

export function askSsh(question: Question): Promise<Answer> {
  const env = { PATH: process.env.PATH ?? '', HOME: userInfo().homedir, SHELL: '/bin/sh', ...question.variables }
  return new Promise((resolve) => {
    execFile('ssh', runsOfSsh(question), { env }, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: 'lines', lines: stdout.split('\n').slice(0, -1) })
      else resolve({ kind: 'refused', message: stderr, blamed: blamedBySsh(stderr) })
    })
  })
}

/**
 * The config lines that made ssh give up. Its last words tell: they count the bad lines or name one; otherwise it failed over
 * something else. Lines it went on from are none of them ("Unsupported option"; with a small letter it is an error).
 */
function blamedBySsh(message: string): number[] {
  const said = message.trim().split('\n')
  const last = said.at(-1) ?? ''
  if (!/terminating, \d+ bad configuration option|line \d+/.test(last)) return []
  const errors = said.filter((line) => !/: (?:Unsupported|Deprecated|Ignored unknown) option "/.test(line))
  return linesIn(errors.join('\n'), /line (\d+)/g)
}

function linesIn(message: string, pattern: RegExp): number[] {
  return [...message.matchAll(pattern)].map((found) => Number(found[1])).filter((line) => line > 0)
}

/** Runs a Match command as ssh does, so that both sides see the same world. */
function runs(command: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], (error) => {
      resolve(error === null)
    })
  })
}

export async function askWarren(question: Question): Promise<Answer> {
  const variables = { HOME: userInfo().homedir, ...question.variables }
  const environment = environmentHere(variables)
  try {
    const resolved = await resolveSshConfig({
      ...question,
      environment,
      ports: { ...createSystemFiles(environment), exec: runs },
      release: '9.2',
    })
    return { kind: 'lines', lines: resolved.lines() }
  } catch (error) {
    if (!(error instanceof WarrenError)) throw error
    return { kind: 'refused', message: error.message, blamed: linesIn(error.message, /:(\d+): /g) }
  }
}

export interface Difference {
  readonly ssh: string
  readonly warren: string
}

/** Line by line; an empty list means equal. Where both refuse, they must blame a line in common. */
export function differences(ssh: Answer, warren: Answer): Difference[] {
  if (ssh.kind === 'refused' || warren.kind === 'refused') {
    if (ssh.kind === 'refused' && isOfThisMachine(ssh.message)) return []
    const show = (answer: Answer): string =>
      answer.kind === 'refused' ? `refused: ${answer.message.trim()}` : 'accepted'
    // ssh complains of every bad line, Warren names the first one of the file that was the end of it.
    const same =
      ssh.kind === 'refused' &&
      warren.kind === 'refused' &&
      (ssh.blamed.length === 0 || warren.blamed.every((line) => ssh.blamed.includes(line)))
    return same ? [] : [{ ssh: show(ssh), warren: show(warren) }]
  }
  const found: Difference[] = []
  for (let index = 0; index < Math.max(ssh.lines.length, warren.lines.length); index += 1) {
    const a = ssh.lines[index] ?? ''
    const b = warren.lines[index] ?? ''
    if (a !== b) found.push({ ssh: a, warren: b })
  }
  return found
}

/** ForwardAgent with ExitOnForwardFailure: ssh looks whether the socket is there, and Warren forwards no agent. */
function isOfThisMachine(message: string): boolean {
  return /^Cannot forward agent socket path /.test(message.trim().split('\n').at(-1) ?? '')
}

export async function compare(question: Question): Promise<Difference[]> {
  const [ssh, warren] = await Promise.all([askSsh(question), askWarren(question)])
  return differences(ssh, warren)
}
