/** `warren connections [NAME]` */
import type { Command } from 'commander'
import { formatEndpoint } from '@shared/endpoints'
import { ageOf, formatAge, formatBytes } from '@shared/format'
import type { ConnectionSnapshot } from '@shared/snapshots'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findOwner, findRelay } from '../owners'
import { printable, table } from '../table'

export function defineConnections(program: Command, host: Host): void {
  program
    .command('connections')
    .description('list live connections')
    .argument('[name]', 'only those of this forward or relay')
    .action((name: string | undefined) => host.run((context) => connections(context, { name })))
}

export async function connections(
  context: Context,
  { name, only }: { readonly name: string | undefined; readonly only?: 'relays' },
): Promise<number> {
  const client = await context.daemon()
  const owner = name === undefined ? undefined : await (only === 'relays' ? findRelay : findEither)(client, name)
  const all = await client.call('connections.list', owner === undefined ? {} : { forwardId: owner.spec.id })
  const relays = only === 'relays' ? new Set((await client.call('relays.list', {})).map(({ spec }) => spec.id)) : null
  const live = all.filter(({ forwardId }) => relays === null || relays.has(forwardId))
  if (context.json) {
    context.document(live)
    return DONE
  }
  if (live.length === 0) {
    context.terminal.err('No connections.\n')
    return DONE
  }
  const rows = live.map((one) => [
    one.id,
    printable(one.forward),
    source(one),
    one.target === null ? '' : printable(formatEndpoint(one.target)),
    formatAge(ageOf(one.since, context.now())),
    formatBytes(one.bytesUp),
    formatBytes(one.bytesDown),
  ])
  const lines = table(rows, {
    right: [4, 5, 6],
    head: ['ID', only === 'relays' ? 'RELAY' : 'FORWARD', 'FROM', 'TO', 'AGE', 'SENT', 'RECEIVED'],
  })
  for (const line of lines) context.terminal.out(`${line}\n`)
  return DONE
}

async function findEither(...where: Parameters<typeof findOwner>): Promise<{ readonly spec: { readonly id: string } }> {
  return (await findOwner(...where)).view
}

function source({ source: end, process }: ConnectionSnapshot): string {
  const at = end === null ? '' : formatEndpoint(end)
  return printable(process === null ? at : `${process.name} ${process.pid} ${at}`.trim())
}
