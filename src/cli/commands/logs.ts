/** `warren logs NAME [--follow]` */
import type { Command } from 'commander'
import { createColors } from 'picocolors'
import { WarrenError } from '@shared/errors'
import type { LogEntry } from '@shared/snapshots'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findOwner } from '../owners'
import { printable } from '../table'
import { usageError } from '../usage'

interface LogsOptions {
  readonly follow?: boolean
  readonly lines?: string
}

const DEFAULT_LINES = 500
const MAX_LINES = 10_000

export function defineLogs(program: Command, host: Host): void {
  program
    .command('logs')
    .description('print the log of a forward or relay')
    .argument('<name>')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C; with --json one document per line')
    .option('-n, --lines <number>', `how many of the last lines (default ${DEFAULT_LINES})`)
    .action((name: string, options: LogsOptions) => host.run((context) => logs(context, name, options)))
}

async function logs(context: Context, name: string, { follow = false, lines }: LogsOptions): Promise<number> {
  const limit = lines === undefined ? DEFAULT_LINES : readLines(lines)
  const client = await context.daemon()
  const forwardId = (await findOwner(client, name)).view.spec.id
  if (!follow) {
    const entries = await client.call('logs.read', { forwardId, limit })
    if (context.json) context.document(entries)
    else for (const entry of entries) print(context, entry)
    return DONE
  }
  const interrupted = context.interruptible()
  // Subscribed before reading, so that nothing falls between; the sequence tells what was printed already.
  let last = -1
  let backlog: LogEntry[] | null = []
  const show = (entry: LogEntry): void => {
    if (entry.seq <= last) return
    last = entry.seq
    if (context.json) context.terminal.out(`${JSON.stringify(entry)}\n`)
    else print(context, entry)
  }
  client.on('logs.added', (added) => {
    if (added.forwardId !== forwardId) return
    for (const entry of added.entries) {
      if (backlog === null) show(entry)
      else backlog.push(entry)
    }
  })
  await client.call('events.subscribe', { topics: ['logs'], forwardId })
  for (const entry of await client.call('logs.read', { forwardId, limit })) show(entry)
  for (const entry of backlog) show(entry)
  backlog = null
  const ended = await Promise.race([client.closed.then(() => true), whenAborted(interrupted).then(() => false)])
  if (ended) throw new WarrenError('daemon.unreachable', 'The daemon ended.', { fix: null })
  return DONE
}

function readLines(text: string): number {
  const limit = Number(text)
  if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_LINES) {
    throw usageError(`--lines needs a number from 1 to ${MAX_LINES}, not "${text}".`)
  }
  return limit
}

function print({ terminal }: Context, { at, level, message, code }: LogEntry): void {
  const colours = createColors(terminal.hasColour)
  const word = level.padEnd(5)
  const shown = level === 'error' ? colours.red(word) : level === 'warn' ? colours.yellow(word) : colours.dim(word)
  const suffix = code === null ? '' : colours.dim(` (${code})`)
  terminal.out(`${colours.dim(at)} ${shown} ${printable(message)}${suffix}\n`)
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
