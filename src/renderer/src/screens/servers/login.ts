import type { ServerSpec } from '@shared/specs'

/** `me@bastion:22` as it is dialled; the local user logs in where a server names nobody. */
export function loginOf(server: Pick<ServerSpec, 'host' | 'port' | 'username'>, localUser: string): string {
  const user = server.username ?? localUser
  const host = server.host.includes(':') ? `[${server.host}]` : server.host
  return `${user === '' ? '' : `${user}@`}${host}:${server.port}`
}
