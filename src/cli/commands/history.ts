/** `warren history [NAME] [--limit N]` */
import type { Command } from 'commander'
import { formatEndpoint } from '@shared/endpoints'
import { formatBytes, formatDuration } from '@shared/format'
import type { EndedConnection, EndReason } from '@shared/traffic'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findOwner } from '../owners'
import { printable, table } from '../table'
import { parseCount } from '../usage'

const MAX_ROWS = 10_000
const DEFAULT_ROWS = 50

const reasonWords = {
  closed: 'closed',
  reset: 'reset',
  idle: 'was quiet',
  ended: 'ended by a person',
  stopped: 'stopped with it',
  unreachable: 'target not reached',
  quota: 'quota used up',
  evicted: 'made room',
  crash: 'Warren ended',
} as const satisfies Record<EndReason, string>

export function defineHistory(program: Command, host: Host): void {
  program
    .command('history')
    .description('list connections that are over, newest first')
    .argument('[name]', 'only those of this forward or relay')
    .option('--limit <n>', `how many (default ${DEFAULT_ROWS})`)
    .action((name: string | undefined, options: { readonly limit?: string }) =>
      host.run((context) => history(context, name, options)),
    )
}

async function history(
  context: Context,
  name: string | undefined,
  options: { readonly limit?: string },
): Promise<number> {
  const limit = options.limit === undefined ? DEFAULT_ROWS : parseCount('--limit', options.limit, MAX_ROWS)
  const client = await context.daemon()
  const id = name === undefined ? null : (await findOwner(client, name)).view.spec.id
  const ended = await client.call('traffic.history', { id, limit })
  if (context.json) {
    context.document(ended)
    return DONE
  }
  if (ended.length === 0) {
    context.terminal.err('No connection is over yet.\n')
    return DONE
  }
  const nameOf = await names(context)
  const rows = ended.map((one) => [
    one.endedAt.slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' '),
    printable(nameOf.get(one.ownerId) ?? one.ownerId),
    one.source === null ? '' : printable(formatEndpoint(one.source)),
    one.target === null ? '' : printable(formatEndpoint(one.target)),
    lasted(one),
    formatBytes(one.bytesUp),
    formatBytes(one.bytesDown),
    reasonWords[one.reason],
  ])
  const head = ['ENDED (UTC)', 'NAME', 'FROM', 'TO', 'LASTED', 'SENT', 'RECEIVED', 'WHY']
  for (const line of table(rows, { right: [4, 5, 6], head })) context.terminal.out(`${line}\n`)
  return DONE
}

// --- internal ---

async function names(context: Context): Promise<ReadonlyMap<string, string>> {
  const client = await context.daemon()
  const forwards = await client.call('forwards.list', {})
  const relays = await client.call('relays.list', {})
  return new Map([...forwards, ...relays].map(({ spec }) => [spec.id, spec.name]))
}

function lasted({ startedAt, endedAt }: EndedConnection): string {
  return formatDuration(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)))
}
