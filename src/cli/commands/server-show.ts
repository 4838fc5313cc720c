/** `warren server show NAME` */
import { plural } from '@shared/format'
import { originText, type ServerConfig } from '@shared/resolved-config'
import type { Context } from '../context'
import { DONE } from '../exit-codes'
import { pickServer } from '../names'
import { publicServer, serverLogin } from '../servers'
import { printable, table } from '../table'
import { printServerConfig } from './_server-config'

export async function serverShow(context: Context, name: string): Promise<number> {
  const client = await context.daemon()
  const servers = await client.call('servers.list', {})
  const server = publicServer(pickServer(servers, name))
  const config = server.configHost === null ? null : await client.call('config.server', { id: server.id })
  if (context.json) {
    context.document(config === null ? server : { ...server, config })
    return DONE
  }
  const views = await client.call('forwards.list', {})
  const users = views.filter(({ spec }) => spec.serverId === server.id).map(({ spec }) => spec.name)
  const hops = server.jump.map((id) => servers.find((one) => one.id === id)?.name ?? id)
  const rows: [string, string][] = [
    ['name', server.name],
    ...(config === null ? [] : [['ssh config', whereOf(config)] satisfies [string, string]]),
    ['login', serverLogin(server)],
    ['keys', server.identityFiles.length === 0 ? 'the usual ones' : server.identityFiles.join(', ')],
    ...(server.certificateFiles.length === 0
      ? []
      : [['certificates', server.certificateFiles.join(', ')] satisfies [string, string]]),
    ['agent', server.identitiesOnly ? 'for these keys only' : (server.agent ?? 'SSH_AUTH_SOCK')],
    ['jumps', hops.length === 0 ? 'none' : hops.join(', ')],
    ['proxy', server.proxy ?? server.proxyCommand ?? 'none'],
    ...(server.addressFamily === 'any'
      ? []
      : [['addresses', server.addressFamily === 'inet' ? 'IPv4 only' : 'IPv6 only'] satisfies [string, string]]),
    ...(server.sourceAddress === null ? [] : [['dials from', server.sourceAddress] satisfies [string, string]]),
    ['unknown keys', server.hostKeyPolicy],
    ['keepalive', keepalive(server)],
    ['used by', users.length === 0 ? 'nothing' : `${plural(users.length, 'forward')}: ${users.join(', ')}`],
  ]
  for (const line of table(rows.map(([key, value]) => [key, printable(value)]))) context.terminal.out(`${line}\n`)
  if (config !== null) printServerConfig(context, config)
  return DONE
}

function whereOf({ host, origin }: ServerConfig): string {
  return origin === null ? host : `${host}, ${originText(origin)}`
}

function keepalive(server: { readonly keepaliveSeconds: number; readonly keepaliveCount: number }): string {
  return server.keepaliveSeconds === 0 ? 'none' : `every ${server.keepaliveSeconds} s, ${server.keepaliveCount} times`
}
