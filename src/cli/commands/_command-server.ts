/** The saved server that an ssh command means, made when there is none. */
import { basename } from 'node:path'
import type { DaemonClient } from '@daemon/client'
import type { ServerSpec } from '@shared/specs'
import type { CommandServer, ParsedCommand } from '@shared/ssh-command'
import type { Context } from '../context'
import { absolutePath, agentPath } from '../paths'
import { withConfigHost } from './_config-host'

export interface Settled {
  readonly server: ServerSpec
  readonly isNew: boolean
  /** A server with the same login and other keys, which is why this one was made. */
  readonly twin: ServerSpec | null
}

/** Finds or makes the hops first, then the server. */
export async function serverOfCommand(context: Context, client: DaemonClient, parsed: ParsedCommand): Promise<Settled> {
  const servers = [...(await client.call('servers.list', {}))]
  const settle = async (wanted: CommandServer, jump: readonly string[]): Promise<Settled> => {
    const draft = withConfigHost(wanted, servers)
    const alike = servers.filter((server) => isSameLogin(server, draft, jump))
    const found =
      servers.find((server) => isNameOf(server, wanted, jump)) ??
      alike.find((server) => hasSameKeys(server, draft)) ??
      (saysNoKeys(wanted) ? alike[0] : undefined)
    if (found !== undefined) return { server: found, isNew: false, twin: null }
    const [twin = null] = alike
    const [key] = wanted.identityFiles
    // Told apart by what differs: the key.
    const name = freeName(twin !== null && key !== undefined ? `${wanted.name}-${basename(key)}` : wanted.name, servers)
    const server = await client.call('servers.add', { ...draft, name, jump: [...jump] })
    servers.push(server)
    return { server, isNew: true, twin }
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
    certificateFiles: server.certificateFiles.map((file) => absolutePath(file, cwd)),
    agent: server.agent === null ? null : agentPath(server.agent, cwd),
  }
}

// --- internal ---

/** `ssh bastion` means the saved server "bastion", as an alias of ssh_config would. */
function isNameOf(server: ServerSpec, wanted: CommandServer, jump: readonly string[]): boolean {
  const saysNothingElse =
    wanted.username === null && wanted.port === 22 && wanted.identityFiles.length === 0 && wanted.host === wanted.name
  return server.name === wanted.name && saysNothingElse && jump.length === 0
}

function isSameLogin(server: ServerSpec, wanted: CommandServer, jump: readonly string[]): boolean {
  return (
    server.host === wanted.host &&
    server.configHost === wanted.configHost &&
    server.port === wanted.port &&
    server.username === wanted.username &&
    server.proxy === wanted.proxy &&
    server.proxyCommand === wanted.proxyCommand &&
    isSameList(server.jump, jump)
  )
}

function hasSameKeys(server: ServerSpec, wanted: CommandServer): boolean {
  return (
    server.agent === wanted.agent &&
    server.identitiesOnly === wanted.identitiesOnly &&
    isSameList(server.identityFiles, wanted.identityFiles) &&
    isSameList(server.certificateFiles, wanted.certificateFiles)
  )
}

/** Such a command leaves the keys to whoever knows the server. */
function saysNoKeys(wanted: CommandServer): boolean {
  const files = wanted.identityFiles.length + wanted.certificateFiles.length
  return files === 0 && wanted.agent === null && !wanted.identitiesOnly
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
