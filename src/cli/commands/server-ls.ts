/** `warren server ls` */
import { proxyLabel } from '@shared/proxy-url'
import type { ServerSpec } from '@shared/specs'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { publicServer, serverLogin } from '../servers'
import { printable, table } from '../table'

export async function serverLs(context: Context): Promise<number> {
  const client = await context.daemon()
  const servers = await client.call('servers.list', {})
  if (context.json) {
    context.document(servers.map(publicServer))
    return DONE
  }
  if (servers.length === 0) {
    context.terminal.err('No servers yet. Add one: warren server add NAME [USER@]HOST\n')
    return DONE
  }
  const nameOf = new Map(servers.map(({ id, name }) => [id, name]))
  const rows = servers.map((server) => [
    printable(server.name),
    serverLogin(server),
    printable(wayTo(server, nameOf)),
    server.demo ? 'demo' : server.configHost === null ? '' : 'ssh config',
  ])
  for (const line of table(rows)) context.terminal.out(`${line}\n`)
  return DONE
}

// --- internal ---

/** As ssh, a jump chain goes before a command, and both before a proxy. */
function wayTo({ jump, proxy, proxyCommand }: ServerSpec, nameOf: ReadonlyMap<string, string>): string {
  if (jump.length > 0) return `via ${jump.map((id) => nameOf.get(id) ?? id).join(', ')}`
  if (proxyCommand !== null) return 'via a command'
  return proxy === null ? '' : `via ${proxyLabel(proxy)}`
}
