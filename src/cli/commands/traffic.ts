/** `warren traffic [NAME] [--by hour|day] [--from T] [--to T] [--csv]` */
import type { Command } from 'commander'
import { formatBytes } from '@shared/format'
import { trafficCsv } from '@shared/traffic-export'
import type { TrafficRow } from '@shared/traffic'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findOwner } from '../owners'
import { printable, table } from '../table'
import { parseCount, parseTime, usageError } from '../usage'

interface TrafficOptions {
  readonly by?: string
  readonly from?: string
  readonly to?: string
  readonly limit?: string
  readonly csv?: boolean
}

const MAX_ROWS = 50_000
const DAY_MS = 86_400_000
/** What is shown unless somebody asks for more. */
const SHOWN_DAYS = { hour: 1, day: 30 } as const

export function defineTraffic(program: Command, host: Host): void {
  program
    .command('traffic')
    .description('what moved, by hour (kept 32 days) or by day (kept for ever)')
    .argument('[name]', 'only this forward or relay; without it all, removed ones too')
    .option('--by <period>', 'hour or day (the default)')
    .option('--from <time>', 'a day or a time in ISO 8601 (default: the last 30 days, or 24 hours)')
    .option('--to <time>', 'not included')
    .option('--limit <n>', `at most so many rows, the oldest first (default ${MAX_ROWS})`)
    .option('--csv', 'print CSV: from,id,name,up,down,connections')
    .action((name: string | undefined, options: TrafficOptions) =>
      host.run((context) => traffic(context, name, options)),
    )
}

async function traffic(context: Context, name: string | undefined, options: TrafficOptions): Promise<number> {
  if (options.csv === true && context.json) throw usageError('Give --csv or --json, not both.')
  const query = readQuery(context, options)
  const client = await context.daemon()
  const id = name === undefined ? null : (await findOwner(client, name)).view.spec.id
  const rows = await client.call('traffic.rows', { ...query, id })
  if (context.json) context.document(rows)
  else if (options.csv === true) context.terminal.out(trafficCsv(rows))
  else print(context, rows, query.by)
  return DONE
}

// --- internal ---

interface Query {
  readonly by: 'hour' | 'day'
  readonly from: string
  readonly to?: string
  readonly limit: number
}

function readQuery({ now }: Context, { by = 'day', from, to, limit }: TrafficOptions): Query {
  if (by !== 'hour' && by !== 'day') throw usageError(`--by needs hour or day, not "${by}".`)
  return {
    by,
    from: from === undefined ? new Date(now() - SHOWN_DAYS[by] * DAY_MS).toISOString() : parseTime('--from', from),
    ...(to === undefined ? {} : { to: parseTime('--to', to) }),
    limit: limit === undefined ? MAX_ROWS : parseCount('--limit', limit, MAX_ROWS),
  }
}

function print({ terminal }: Context, rows: readonly TrafficRow[], by: Query['by']): void {
  if (rows.length === 0) {
    terminal.err('Nothing moved.\n')
    return
  }
  const cells = rows.map((row) => [
    by === 'day'
      ? row.from.slice(0, 'yyyy-mm-dd'.length)
      : row.from.slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' '),
    printable(row.name),
    formatBytes(row.up),
    formatBytes(row.down),
    String(row.connections),
  ])
  const head = [by === 'day' ? 'DAY' : 'HOUR', 'NAME', 'SENT', 'RECEIVED', 'CONNECTIONS']
  for (const line of table(cells, { right: [2, 3, 4], head })) terminal.out(`${line}\n`)
}
