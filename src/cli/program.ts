/** The tree of commands and the way through it. */
import { Command, CommanderError } from 'commander'
import type { DaemonClient } from '@daemon/client'
import { WarrenError } from '@shared/errors'
import { defineAdd } from './commands/add'
import { defineApi } from './commands/api'
import { defineCheck } from './commands/check'
import { defineCloud } from './commands/cloud'
import { defineCompletion } from './commands/completion'
import { defineConfig } from './commands/config'
import { defineConnections } from './commands/connections'
import { defineDaemon } from './commands/daemon'
import { defineDemo } from './commands/demo'
import { defineDown } from './commands/down'
import { defineEdit } from './commands/edit'
import { defineImport } from './commands/import'
import { defineHistory } from './commands/history'
import { defineKill } from './commands/kill'
import { defineLimits } from './commands/limits'
import { defineLogs } from './commands/logs'
import { defineLs } from './commands/ls'
import { defineRelay } from './commands/relay'
import { defineRestore } from './commands/restore'
import { defineRm } from './commands/rm'
import { defineRun } from './commands/run'
import { defineServer } from './commands/server'
import { defineStatus } from './commands/status'
import { defineSync } from './commands/sync'
import { defineTraffic } from './commands/traffic'
import { defineTrust } from './commands/trust'
import { defineUp } from './commands/up'
import type { Context, Host, World } from './context'
import { DONE, exitCodeOf, USAGE } from './exit-codes'
import { reportError } from './report'
import { SEE_HELP, seeHelpOf, withHelpOf } from './usage'

const commands = [
  defineServer,
  defineTrust,
  defineAdd,
  defineEdit,
  defineUp,
  defineDown,
  defineLs,
  defineStatus,
  defineConnections,
  defineKill,
  defineLogs,
  defineCheck,
  defineConfig,
  defineImport,
  defineRm,
  defineRestore,
  defineRun,
  defineRelay,
  defineLimits,
  defineTraffic,
  defineHistory,
  defineCloud,
  defineSync,
  defineApi,
  defineDaemon,
  defineDemo,
  defineCompletion,
]

interface GlobalOptions {
  readonly home?: string
  readonly json?: boolean
}

/** What the completion scripts call, with the words so far. Not part of the contract. */
const COMPLETE = '__complete'

/** Runs one command line, without the program's name; resolves with the exit code and never rejects. */
export async function runCli(words: readonly string[], world: World): Promise<number> {
  const { terminal } = world
  const wantsJson = words.includes('--json')
  let code = DONE
  let current: Command | null = null
  const program = createProgram(world, {
    finish: (result) => (code = result),
    enter: (command) => (current = command),
  })
  try {
    if (words.includes('--version') && words[0]?.startsWith('-') === true) {
      const { VERSION } = await import('@daemon/client')
      terminal.out(`${VERSION}\n`)
      return DONE
    }
    if (words[0] === COMPLETE) {
      // Before commander: the words being completed are data, whatever they look like.
      const { printCandidates } = await import('./commands/candidates')
      return await withContext(world, { home: undefined, json: false }, (context) =>
        printCandidates(context, program, words.slice(1)),
      )
    }
    await program.parseAsync(helpWords(program, words), { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return DONE
      // commander has told people already; programs get the document.
      if (wantsJson) reportUsage(world, { error, command: current })
      return USAGE
    }
    return exitCodeOf(reportError(terminal, withHelpOf(current, error), wantsJson).code)
  }
}

interface Parsing {
  readonly finish: (code: number) => void
  /** The command that the line is found to be of, before it acts or is refused. */
  readonly enter: (command: Command) => void
}

/** The tree alone, for help and completion. */
export function createProgram(world: World, { finish, enter }: Parsing): Command {
  const { terminal } = world
  const program = new Command('warren')
    .description('SSH port forwards and raw relays that tell the truth.')
    .option('--home <dir>', 'keep everything in this folder (or WARREN_HOME)')
    .option('--json', 'print one JSON document')
    .option('--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command...]', 'show help for a command')
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(terminal.columns ?? 100, 120) })
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'warren: ')),
    })
    .showHelpAfterError(SEE_HELP)
    .hook('preAction', (_, command) => enter(command))
    .exitOverride()
  const host: Host = {
    run: async (action) => {
      const { home, json = false } = program.opts<GlobalOptions>()
      if (home === '') throw new WarrenError('usage.invalid', '--home needs a folder.', { fix: null })
      finish(await withContext(world, { home, json }, action))
    },
  }
  for (const define of commands) define(program, host)
  for (const command of program.commands) nameHelp(command, enter)
  return program
}

// --- internal ---

async function withContext(
  world: World,
  { home, json }: { readonly home: string | undefined; readonly json: boolean },
  action: (context: Context) => Promise<number>,
): Promise<number> {
  let connection: Promise<DaemonClient> | undefined
  const context: Context = {
    ...world,
    json,
    home,
    daemon: () => (connection ??= world.connect({ home, start: true })),
    document: (value) => world.terminal.out(`${JSON.stringify(value, null, 2)}\n`),
  }
  try {
    return await action(context)
  } finally {
    const client = await connection?.catch(() => undefined)
    client?.close()
  }
}

/** What is refused of a command names the help of that command. */
function nameHelp(command: Command, enter: (command: Command) => void): void {
  command.showHelpAfterError(seeHelpOf(command)).exitOverride((error) => {
    enter(command)
    throw error
  })
  for (const each of command.commands) nameHelp(each, enter)
}

/** `help cloud share` as `cloud share --help`: commander's own help looks no deeper than one command. */
function helpWords(program: Command, words: readonly string[]): string[] {
  const [help, ...path] = words
  if (help !== 'help' || path.length < 2) return [...words]
  let command = program
  for (const word of path) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
    if (next !== undefined) command = next
    // Refused as a command that is not there.
    else if (command.commands.length > 0 && !word.startsWith('-')) return path
  }
  return [...path, '--help']
}

interface Refused {
  readonly error: CommanderError
  readonly command: Command | null
}

function reportUsage({ terminal }: World, { error, command }: Refused): void {
  // What commander throws after it printed the help instead of doing something.
  const message = error.code === 'commander.help' ? 'say what to do.' : error.message.replace(/^error: /, '')
  const sentence = message.charAt(0).toUpperCase() + message.slice(1)
  const fix = command === null ? SEE_HELP : seeHelpOf(command)
  terminal.out(`${JSON.stringify({ error: { code: 'usage.invalid', message: sentence, fix } }, null, 2)}\n`)
}
