/** `warren down NAME… | --all | --tag T` */
import type { Command } from 'commander'
import { formatEndpoint } from '@shared/endpoints'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { selectForwards, type Selection } from '../names'
import { publicSnapshot } from '../snapshots'
import { printable } from '../table'

export function defineDown(program: Command, host: Host): void {
  program
    .command('down')
    .description('stop forwards; their ports are free on return')
    .argument('[names...]')
    .option('--all', 'every forward')
    .option('--tag <tag>', 'the forwards with this tag')
    .action((names: readonly string[], options: Selection) => host.run((context) => down(context, names, options)))
}

async function down(context: Context, names: readonly string[], options: Selection): Promise<number> {
  const client = await context.daemon()
  const views = await selectForwards(client, names, options)
  const stopped = await client.call('forwards.stop', { ids: views.map(({ spec }) => spec.id) })
  if (context.json) context.document(stopped.map(({ snapshot }) => publicSnapshot(snapshot)))
  else
    for (const { snapshot } of stopped) {
      const { name, listen, portCount } = snapshot
      // Port 0 is any: which it was is gone with it.
      const isAny = 'port' in listen && listen.port === 0
      const end = isAny ? '' : `: ${printable(formatEndpoint(listen, portCount))} is free`
      context.terminal.out(`Stopped ${printable(name)}${end}\n`)
    }
  return DONE
}
