/** `warren kill ID` */
import type { Command } from 'commander'
import { WarrenError } from '@shared/errors'
import type { Context, Host } from '../context'
import { DONE } from '../exit-codes'

export function defineKill(program: Command, host: Host): void {
  program
    .command('kill')
    .description('end one live connection')
    .argument('<id>', 'as `warren connections` shows it')
    .action((id: string) => host.run((context) => kill(context, id)))
}

async function kill(context: Context, id: string): Promise<number> {
  const client = await context.daemon()
  const { ended } = await client.call('connections.end', { id })
  if (!ended) {
    throw new WarrenError('spec.not-found', `There is no connection "${id}".`, {
      fix: '`warren connections` shows the live ones.',
    })
  }
  if (context.json) context.document({ id, ended })
  else context.terminal.out(`Ended ${id}\n`)
  return DONE
}
