/** `warren rm NAME` */
import type { Command } from 'commander'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { selectForwards } from '../names'
import { publicSnapshot } from '../snapshots'
import { printable } from '../table'

export function defineRm(program: Command, host: Host): void {
  program
    .command('rm')
    .description('stop and remove forwards')
    .argument('<names...>')
    .action((names: readonly string[]) => host.run((context) => rm(context, names)))
}

async function rm(context: Context, names: readonly string[]): Promise<number> {
  const client = await context.daemon()
  const views = await selectForwards(client, names, {})
  await client.call('forwards.remove', { ids: views.map(({ spec }) => spec.id) })
  const removed = views.map(({ snapshot }) => publicSnapshot(snapshot))
  if (context.json) context.document(removed.length === 1 ? removed[0] : removed)
  else for (const { name } of removed) context.terminal.out(`Removed ${printable(name)}\n`)
  return DONE
}
