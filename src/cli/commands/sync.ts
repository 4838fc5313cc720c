/** `warren sync` */
import type { Command } from 'commander'
import type { Context, Host } from '../context'
import { DONE, FAILED } from '../exit-codes'
import { signedIn } from '../spaces'
import { typing } from './cloud'
import { publicCloud, printTrouble, statusWords } from './_cloud-lines'

export function defineSync(program: Command, host: Host): void {
  program
    .command('sync')
    .description('bring this machine and the cloud together now; ends with 0 when both are the same')
    .action(() => typing(host).run(sync))
}

async function sync(context: Context): Promise<number> {
  const client = await context.daemon()
  await signedIn(client)
  const view = await client.call('cloud.sync', {})
  if (context.json) context.document(publicCloud(view))
  else {
    context.terminal.out(`${statusWords(view, context.now())}\n`)
    printTrouble(context, view)
  }
  return view.state === 'in-sync' && view.conflicts + view.refused + view.waiting === 0 ? DONE : FAILED
}
