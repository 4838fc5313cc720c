/** What `warren relay stats` does. */
import { formatBytes, plural } from '@shared/format'
import type { LimitDrops } from '@shared/relay-snapshots'
import type { ByteCount, Usage } from '@shared/traffic'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { publicRelay, selectRelays } from '../owners'
import { printable, table } from '../table'
import { limitLines } from './_limit-options'

export async function relayStats(context: Context, names: readonly string[]): Promise<number> {
  const client = await context.daemon()
  const views = await selectRelays(client, names, { all: names.length === 0 })
  const usages = await client.call('traffic.usage', { ids: views.map(({ spec }) => spec.id) })
  const usageOf = new Map(usages.map((usage) => [usage.id, usage]))
  if (context.json) {
    const documents = views.map(({ spec, snapshot }) => ({
      ...publicRelay(snapshot),
      limits: spec.limits,
      usage: usageOf.get(spec.id) ?? null,
    }))
    context.document(names.length === 1 ? documents[0] : documents)
    return DONE
  }
  if (views.length === 0) context.terminal.err('No relays yet. Add one: warren relay add NAME tcp PORT HOST:PORT\n')
  for (const { spec, snapshot } of views) {
    const usage = usageOf.get(spec.id)
    context.terminal.out(`${printable(spec.name)}\n`)
    const what = spec.protocol === 'udp' ? 'session' : 'connection'
    const rows: (readonly string[])[] = [
      ['  now', plural(snapshot.connections, what)],
      ...(usage === undefined ? [] : usageRows(usage, what)),
      ...dropRows(snapshot.drops),
      ...limitLines(spec.limits).map(([name, text]) => [`  limit: ${name}`, text]),
    ]
    for (const line of table(rows)) context.terminal.out(`${line}\n`)
  }
  return DONE
}

// --- internal ---

function usageRows({ today, month, ever, connections, quota }: Usage, what: string): readonly (readonly string[])[] {
  return [
    ['  today', both(today)],
    ['  this month', both(month)],
    ['  ever', `${both(ever)} in ${plural(connections, what)}`],
    ...(quota === null
      ? []
      : [['  quota', `${formatBytes(quota.used)} of ${formatBytes(quota.bytes)} used, until ${quota.endsAt}`]]),
  ]
}

function dropRows({ connections, denied, evicted, datagrams }: LimitDrops): readonly (readonly string[])[] {
  const parts = [
    ...(connections === 0 ? [] : [`${plural(connections, 'connection')} too many`]),
    ...(denied === 0 ? [] : [`${denied} not allowed`]),
    ...(evicted === 0 ? [] : [`${plural(evicted, 'session')} made room`]),
    ...(datagrams === 0 ? [] : [`${plural(datagrams, 'datagram')} beyond the rate`]),
  ]
  return parts.length === 0 ? [] : [['  dropped', parts.join(', ')]]
}

function both({ up, down }: ByteCount): string {
  return `↑${formatBytes(up)} ↓${formatBytes(down)}`
}
