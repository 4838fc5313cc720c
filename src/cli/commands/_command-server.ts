/** The saved server that an ssh command means, made when there is none. */
import { resolve } from 'node:path'
import type { DaemonClient } from '@daemon/client'
import type { ServerSpec } from '@shared/specs'
import type { CommandServer, ParsedCommand } from '@shared/ssh-command'
import type { Context } from '../context'
import { absolutePath } from '../paths'
import { withConfigHost } from './_config-host'

export interface Settled {
  readonly server: ServerSpec
  readonly isNew: boolean
}

/** Finds or makes the hops first, then the server. */
export async function serverOfCommand(context: Context, client: DaemonClient, parsed: ParsedCommand): Promise<Settled> {
  const servers = [...(await client.call('servers.list', {}))]
  const settle = async (wanted: CommandServer, jump: readonly string[]): Promise<Settled> => {
    const found =
      servers.find((server) => isNameOf(server, wanted, jump)) ??
      servers.find((server) => isSame(server, withConfigHost(wanted, servers), jump))
    if (found !== undefined) return { server: found, isNew: false }
    const name = freeName(wanted.name, servers)
    const server = await client.call('servers.add', { ...withConfigHost(wanted, servers), name, jump: [...jump] })
    servers.push(server)
    return { server, isNew: true }
  }
  const hops: string[] = []
  for (const hop of parsed.jumps) hops.push((await settle(hop, [])).server.id)
  return await settle(withAbsolutePaths(parsed.server, context.cwd), hops)
}

/** Key files and sockets as the daemon can find them. */
export function withAbsolutePaths(server: CommandServer, cwd: string): CommandServer {
  return {
    ...server,
    identityFiles: server.identityFiles.map((file) => absolutePath(file, cwd)),
    agent: server.agent === null || server.agent === 'none' ? server.agent : resolve(cwd, server.agent),
  }
}

// --- internal ---

/** `ssh bastion` means the saved server "bastion", as an alias of ssh_config would. */
function isNameOf(server: ServerSpec, wanted: CommandServer, jump: readonly string[]): boolean {
  const saysNothingElse =
    wanted.username === null && wanted.port === 22 && wanted.identityFiles.length === 0 && wanted.host === wanted.name
  return server.name === wanted.name && saysNothingElse && jump.length === 0
}

function isSame(server: ServerSpec, wanted: CommandServer, jump: readonly string[]): boolean {
  return (
    server.host === wanted.host &&
    server.configHost === wanted.configHost &&
    server.port === wanted.port &&
    server.username === wanted.username &&
    server.agent === wanted.agent &&
    server.identitiesOnly === wanted.identitiesOnly &&
    server.proxy === wanted.proxy &&
    server.proxyCommand === wanted.proxyCommand &&
    isSameList(server.identityFiles, wanted.identityFiles) &&
    isSameList(server.jump, jump)
  )
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, at) => value === other[at])
}

function freeName(name: string, servers: readonly ServerSpec[]): string {
  const taken = new Set(servers.map((server) => server.name))
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`
  return free
}
