/** Servers as the command line shows them. */
import type { ServerSpec } from '@shared/specs'

/** `me@host:2222`. */
export function serverLogin({ username, host, port }: Pick<ServerSpec, 'username' | 'host' | 'port'>): string {
  const user = username === null ? '' : `${username}@`
  if (port === 22) return `${user}${host}`
  return `${user}${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** A server without the password that its proxy's address may hold. */
export function publicServer(server: ServerSpec): ServerSpec {
  return { ...server, proxy: server.proxy?.replace(/^(\w+:\/\/[^:/@]*):[^@]*@/, '$1:***@') ?? null }
}
