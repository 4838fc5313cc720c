/** `warren config [-F FILE] [-l USER] [-p PORT] HOST` */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { createColors } from 'picocolors'
import type { DaemonClient } from '@daemon/client'
import { originText, type AskedCommand, type ResolvedConfig } from '@shared/resolved-config'
import type { RpcParams } from '@shared/rpc'
import type { Context, Host } from '../context'
import { DONE, INTERRUPTED } from '../exit-codes'
import { printable, table } from '../table'
import { parseListenPort, usageError } from '../usage'

interface ConfigOptions {
  readonly file?: string
  readonly login?: string
  readonly port?: string
  readonly explain?: boolean
  readonly allowExec?: boolean
}

export function defineConfig(program: Command, host: Host): void {
  program
    .command('config')
    .description('print what the ssh config means for a host, as ssh -G does')
    .argument('<host>', '[USER@]HOST')
    .option('-F, --file <file>', 'read this config instead of the usual ones; none reads none')
    .option('-l, --login <user>', 'log in as this user')
    .option('-p, --port <port>', 'connect to this port')
    .option('--explain', 'say where each option comes from, and what Warren does not act upon')
    .option('--allow-exec', 'run the commands of Match exec lines this once')
    .action((destination: string, options: ConfigOptions) =>
      host.run((context) => config(context, destination, options)),
    )
}

async function config(context: Context, destination: string, options: ConfigOptions): Promise<number> {
  const request = readRequest(context, destination, options)
  const resolved = await resolveAsking(context, await context.daemon(), request)
  if (resolved === null) return INTERRUPTED
  if (context.json) {
    context.document({ options: resolved.explained.map(splitLine), unhonoured: resolved.unhonoured })
  } else if (options.explain === true) {
    explain(context, resolved)
  } else {
    for (const line of resolved.lines) context.terminal.out(`${shown(context, line)}\n`)
  }
  if (options.explain === true) tellUnhonoured(context, resolved)
  return DONE
}

// --- internal ---

type Request = RpcParams<'config.resolve'>

function readRequest({ cwd }: Context, destination: string, options: ConfigOptions): Request {
  const { file, login, port, allowExec = false } = options
  if (destination === '') throw usageError('The host is missing.')
  if (file === '') throw usageError('-F needs a file.')
  if (login === '') throw usageError('-l needs a user name.')
  return {
    destination,
    // The daemon works in another folder. `none` means no file, in any spelling (ssh(1), -F).
    file: file === undefined || file.toLowerCase() === 'none' ? (file ?? null) : resolve(cwd, file),
    username: login ?? null,
    port: port === undefined ? null : readPort(port),
    allowExec,
  }
}

function readPort(text: string): number {
  const port = parseListenPort('-p', text)
  if (port === 0) throw usageError('-p needs a port from 1 to 65535, not "0".')
  return port
}

/** Resolves again after each yes, since a block that applies may lead to other commands. `null`: the person gave up. */
async function resolveAsking(context: Context, client: DaemonClient, request: Request): Promise<ResolvedConfig | null> {
  const { terminal } = context
  const refused = new Set<string>()
  for (;;) {
    const resolved = await client.call('config.resolve', request)
    if (!terminal.isInteractive) {
      for (const asked of resolved.execAsked) tellNotRun(context, asked)
      return resolved
    }
    const asked = resolved.execAsked.find((each) => !refused.has(keyOf(each)))
    if (asked === undefined) return resolved
    const answer = await ask(context, asked)
    if (answer === null) return null
    if (answer) await client.call('config.allowCommand', { command: asked.command, file: asked.file })
    else refused.add(keyOf(asked))
  }
}

function keyOf({ command, file }: AskedCommand): string {
  return JSON.stringify([command, file])
}

async function ask({ terminal }: Context, asked: AskedCommand): Promise<boolean | null> {
  terminal.err(`${whereOf(asked)} runs a command to decide whether its block applies:\n  ${oneLine(asked.command)}\n`)
  const reply = await terminal.ask('May it run, now and from now on? (yes / no) ', { echo: true })
  return reply === null ? null : /^(?:y|yes)$/i.test(reply.trim())
}

function tellNotRun({ terminal }: Context, asked: AskedCommand): void {
  const command = oneLine(asked.command)
  terminal.err(`warren: ${whereOf(asked)}: Match exec was not run: ${command} (--allow-exec runs it this once)\n`)
}

function whereOf({ file, line }: AskedCommand): string {
  return printable(originText({ kind: 'file', file, line }))
}

function oneLine(text: string): string {
  return printable(text.replace(/[\t\n]/g, ' '))
}

/** A terminal must not obey what stands in a file; a program gets it as it is. */
function shown({ terminal }: Context, text: string): string {
  return terminal.columns === null ? text : printable(text)
}

function splitLine({ line, origin }: ResolvedConfig['explained'][number]): object {
  const space = line.indexOf(' ')
  const keyword = space < 0 ? line : line.slice(0, space)
  return { keyword, value: space < 0 ? '' : line.slice(space + 1), origin }
}

function explain(context: Context, { explained }: ResolvedConfig): void {
  const { terminal } = context
  const colours = createColors(terminal.hasColour)
  const rows = explained.map(({ line, origin }) => {
    const from = shown(context, originText(origin))
    return [origin.kind === 'default' ? colours.dim(from) : from, shown(context, line)]
  })
  const lines = terminal.columns === null ? rows.map((row) => row.join('\t')) : table(rows)
  for (const line of lines) terminal.out(`${line}\n`)
}

function tellUnhonoured({ terminal }: Context, { unhonoured }: ResolvedConfig): void {
  if (unhonoured.length === 0) return
  terminal.err('Warren does not act upon:\n')
  for (const { keyword, value, origin, support, reason } of unhonoured) {
    const loss = support === 'harmless' ? ' (no loss for a forward)' : ''
    terminal.err(`  ${printable(originText(origin))}: ${oneLine(`${keyword} ${value}`)}: ${reason}${loss}\n`)
  }
}
