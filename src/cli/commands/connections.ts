/** `warren connections [NAME]` */
import type { Command } from 'commander'
import { formatEndpoint } from '@shared/endpoints'
import { ageOf, formatAge, formatBytes } from '@shared/format'
import type { ConnectionSnapshot } from '@shared/snapshots'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { findForward } from '../names'
import { printable, table } from '../table'

export function defineConnections(program: Command, host: Host): void {
  program
    .command('connections')
    .description('list live connections')
    .argument('[name]', 'only those of this forward')
    .action((name: string | undefined) => host.run((context) => connections(context, name)))
}

async function connections(context: Context, name: string | undefined): Promise<number> {
  const client = await context.daemon()
  const forward = name === undefined ? undefined : await findForward(client, name)
  const live = await client.call('connections.list', forward === undefined ? {} : { forwardId: forward.spec.id })
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
  const lines = table(rows, { right: [4, 5, 6], head: ['ID', 'FORWARD', 'FROM', 'TO', 'AGE', 'SENT', 'RECEIVED'] })
  for (const line of lines) context.terminal.out(`${line}\n`)
  return DONE
}

function source({ source: end, process }: ConnectionSnapshot): string {
  const at = end === null ? '' : formatEndpoint(end)
  return printable(process === null ? at : `${process.name} ${process.pid} ${at}`.trim())
}
