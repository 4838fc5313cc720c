/** `warren rm NAME` */
import type { Command } from 'commander'
import { PERSONAL } from '@shared/cloud-views'
import type { ForwardView } from '@shared/snapshots'
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
  else for (const view of views) context.terminal.out(`Removed ${printable(removedWords(view))}\n`)
  return DONE
}

// --- internal ---

/** A removal is one for all who share it. */
function removedWords({ spec, cloud }: ForwardView): string {
  if (cloud === null) return spec.name
  return cloud.namespace === PERSONAL
    ? `${spec.name}, from your other machines too`
    : `${spec.name}; it goes away for the others of ${cloud.space}`
}
