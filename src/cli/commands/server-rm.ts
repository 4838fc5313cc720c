/** `warren server rm NAME` */
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { findServer } from '../names'
import { publicServer } from '../servers'

export async function serverRm(context: Context, name: string): Promise<number> {
  const client = await context.daemon()
  const server = await findServer(client, name)
  await client.call('servers.remove', { id: server.id })
  if (context.json) context.document(publicServer(server))
  else context.terminal.out(`Removed the server ${server.name}\n`)
  return DONE
}
