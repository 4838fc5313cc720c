/** `warren-cloud`: serves by default; the other commands make accounts, teams and tables (reference: docs/cloud.md). */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { z } from 'zod'
import { createPasswords } from './auth/passwords'
import { createTokens } from './auth/tokens'
import { ConfigFault, readConfig, type CloudConfig } from './config'
import type { Log } from './context'
import { openDatabase, openStore, type CloudStore } from './store'
import { signingSecret, startServer } from './server'

const MAX_EMAIL = 200
const USAGE = 64
const FAILED = 1

process.exitCode = await run(process.argv.slice(2))

async function run(words: readonly string[]): Promise<number> {
  const program = new Command('warren-cloud')
    .description('The sync server of Warren: forwards of people and teams.')
    .exitOverride()
  program.command('serve', { isDefault: true }).description('serve until it is told to end').action(serveForever)
  const user = program.command('user').description('accounts')
  user
    .command('add <email>')
    .description('make an account, print its id')
    .option('--name <name>', 'what others see')
    .requiredOption('--password-stdin', 'read the password from standard input')
    .action(async (email: string, { name }: { readonly name?: string }) => {
      const password = (await readInput()).replace(/\r?\n$/, '')
      if (password.length < 6) throw new ConfigFault('The password must have at least 6 characters.')
      await withStore(async ({ users }) => {
        if (!z.email().max(MAX_EMAIL).safeParse(email).success) throw new ConfigFault(`${email} is no e-mail address.`)
        const passwordHash = await createPasswords().hash(password)
        const username = name ?? email.split('@')[0] ?? email
        const added = await users.add({ email, username, passwordHash })
        if (added === null) throw new ConfigFault(`${email} has an account already.`)
        print(added.id)
      })
    })
  user
    .command('token <email>')
    .description('print a token of that account')
    .action((email: string) =>
      withStore(async (store, config) => {
        const found = await store.users.byEmail(email)
        if (found === null) throw new ConfigFault(`There is no account ${email}.`)
        const secret = await signingSecret(config, store)
        const tokens = createTokens({ secret, seconds: config.tokenSeconds, provider: null, now: Date.now })
        print(await tokens.issue(found, null))
      }),
    )
  program
    .command('team')
    .description('teams')
    .command('add <name>')
    .description('make a team, print its id: the namespace')
    .requiredOption('--owner <email>', 'whose it is')
    .action((name: string, { owner }: { readonly owner: string }) =>
      withStore(async ({ users, teams }) => {
        const found = await users.byEmail(owner)
        if (found === null) throw new ConfigFault(`There is no account ${owner}.`)
        print((await teams.create(name, found)).id)
      }),
    )
  program
    .command('migrate')
    .description('bring the database up to date and exit')
    .action(async () => {
      const opened = await openDatabase(configuration())
      await opened.close()
    })
  try {
    await program.parseAsync([...words], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    process.stderr.write(`warren-cloud: ${error instanceof Error ? error.message : String(error)}\n`)
    return FAILED
  }
}

async function serveForever(): Promise<void> {
  const server = await startServer(configuration(), { log: writeLog })
  await new Promise<void>((resolve) => {
    // They stay: a terminal's Ctrl+C comes once from it and once from what started us, and the stop has its own end.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
  await server.stop()
  // Not by running out of work: Node gives the signals back then, and a second one would still kill what ended in order.
  process.exit(0)
}

function configuration(): CloudConfig {
  return readConfig(process.env, join(homedir(), '.warren-cloud'))
}

async function withStore(work: (store: CloudStore, config: CloudConfig) => Promise<void>): Promise<void> {
  const config = configuration()
  const store = await openStore(config, { now: Date.now, log: (message) => writeLog('warn', message) })
  try {
    await work(store, config)
  } finally {
    await store.close()
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** One line of JSON each, on standard error: standard output belongs to the commands. */
function writeLog(...[level, message, fields = {}]: Parameters<Log>): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`)
}
