/** A host that was typed and is a Host name of the ssh config. */
import type { ServerSpec } from '@shared/specs'
import type { CommandServer } from '@shared/ssh-command'

/** `ssh me@alpha` reads the config of alpha; so does what is made of it here, and what was typed wins. */
export function withConfigHost(wanted: CommandServer, servers: readonly ServerSpec[]): CommandServer {
  const isTyped = wanted.host === wanted.name
  const isHost = servers.some(({ configHost }) => configHost === wanted.host)
  return isTyped && isHost ? { ...wanted, configHost: wanted.host } : wanted
}
