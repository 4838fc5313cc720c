/** `warren restore [NAME…]` */
import type { Command } from 'commander'
import { WarrenError } from '@shared/errors'
import type { RpcResults } from '@shared/rpc'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'
import { publicSnapshot } from '../snapshots'
import { printable, table } from '../table'

export function defineRestore(program: Command, host: Host): void {
  program
    .command('restore')
    .description('bring back forwards that were removed, here or by others; without a name, list them')
    .argument('[names...]')
    .action((names: readonly string[]) => host.run((context) => restore(context, names)))
}

async function restore(context: Context, names: readonly string[]): Promise<number> {
  const client = await context.daemon()
  const removed = await client.call('forwards.removed', {})
  if (names.length === 0) return list(context, removed)
  const ids = [...new Set(names.map((name) => pick(removed, name)))]
  const back = (await client.call('forwards.restore', { ids })).map(({ snapshot }) => publicSnapshot(snapshot))
  if (context.json) context.document(back.length === 1 ? back[0] : back)
  else for (const { name } of back) context.terminal.out(`Brought back ${printable(name)}, stopped\n`)
  return DONE
}

// --- internal ---

type Removed = RpcResults['forwards.removed']

function list(context: Context, removed: Removed): number {
  if (context.json) {
    context.document(removed)
    return DONE
  }
  if (removed.length === 0) {
    context.terminal.err('Nothing was removed within the last 24 hours.\n')
    return DONE
  }
  const rows = removed.map(({ name, removedAt }) => [
    removedAt.slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' '),
    printable(name),
  ])
  for (const line of table(rows, { head: ['REMOVED (UTC)', 'NAME'] })) context.terminal.out(`${line}\n`)
  return DONE
}

/** Of several with the name the one that was removed last. */
function pick(removed: Removed, name: string): string {
  const found = removed.find((one) => one.name === name) ?? removed.find((one) => one.id === name)
  if (found !== undefined) return found.id
  throw new WarrenError('spec.not-found', `No forward "${name}" was removed within the last 24 hours.`, {
    fix: '`warren restore` shows what can be brought back.',
  })
}
