/** A server that is made together with a forward: typed as `user@host:port`, or taken from a pasted command. */
import { WarrenError } from '@shared/errors'
import type { Result } from '@shared/result'
import { parseDestination } from '@shared/ssh-destination'
import type { ServerDraft, ServerSpec } from '@shared/specs'
import { settle } from '../../stores/call'
import { serversStore, setServers } from '../../stores/servers'
import { freeName } from './suggest'

/** Stands for the new server where a form wants an id. */
export const NEW_SERVER = 'new'

export interface NewServer {
  /** `[user@]host[:port]` as typed. */
  readonly destination: string
  readonly name: string
  /** False while the name follows the host. */
  readonly nameEdited: boolean
  /** What a pasted command said besides the destination. */
  readonly base: Omit<ServerDraft, 'name' | 'host'> | null
  /** Hops on the way, first hop first; those that are servers already are used as they are. */
  readonly jumps: readonly ServerDraft[]
}

export const emptyNewServer: NewServer = { destination: '', name: '', nameEdited: false, base: null, jumps: [] }

export function changeNewServer(server: NewServer, change: Partial<NewServer>): NewServer {
  const next = { ...server, ...change }
  if (change.name !== undefined) return { ...next, nameEdited: change.name !== '' }
  if (next.nameEdited) return next
  const host = hostOf(next.destination)
  return { ...next, name: host === null ? '' : freeName(host, takenServerNames()) }
}

/** What is wrong with the destination, in words; `null` when it can be dialled. */
export function destinationError(server: NewServer): string | null {
  if (server.destination.trim() === '') return 'Say where the server is, for example me@bastion.example.'
  try {
    parseDestination(server.destination.trim())
    return null
  } catch (error) {
    return error instanceof WarrenError ? error.message : 'This is not a server address.'
  }
}

/** The saved server that a command's login means, so that it is not made twice. */
export function findServer(
  servers: readonly ServerSpec[],
  wanted: Pick<ServerDraft, 'host' | 'port' | 'username' | 'identityFiles'>,
  localUser: string,
): ServerSpec | undefined {
  const user = (name: string | null | undefined): string => name ?? localUser
  // A command that names keys means a server with just these; one that names none takes what is there.
  const keys = wanted.identityFiles ?? []
  const hasKeys = ({ identityFiles }: ServerSpec): boolean =>
    keys.length === 0 || (keys.length === identityFiles.length && keys.every((key, at) => key === identityFiles[at]))
  const login = servers.find(
    (server) =>
      server.host.toLowerCase() === wanted.host.toLowerCase() &&
      server.port === (wanted.port ?? 22) &&
      user(server.username) === user(wanted.username) &&
      hasKeys(server),
  )
  // `ssh bastion` names a host of the ssh config; a server of that name is what the person means.
  const bare = (wanted.username ?? null) === null && (wanted.port ?? 22) === 22
  return login ?? (bare ? servers.find((server) => server.name.toLowerCase() === wanted.host.toLowerCase()) : undefined)
}

/** Saves the hops that are not servers yet, then the server. */
export async function saveNewServer(server: NewServer, localUser: string): Promise<Result<ServerSpec>> {
  const jump: string[] = []
  for (const hop of server.jumps) {
    const known = findServer(serversStore.getState().list, hop, localUser)
    if (known !== undefined) {
      jump.push(known.id)
      continue
    }
    const added = await add({ ...hop, name: freeName(hop.name, takenServerNames()) })
    if (!added.ok) return added
    jump.push(added.value.id)
  }
  const { host, port, username } = parseDestination(server.destination.trim())
  // A Host name of the ssh config is dialled by its config; what was typed besides wins.
  const isHost = serversStore.getState().list.some(({ configHost }) => configHost === host)
  return add({
    ...server.base,
    configHost: isHost ? host : null,
    name: server.name.trim() === '' ? freeName(host, takenServerNames()) : server.name,
    host,
    port: port ?? 22,
    username,
    jump,
  })
}

// --- internal ---

async function add(draft: ServerDraft): Promise<Result<ServerSpec>> {
  const added = await settle(window.api.daemon['servers.add'](draft))
  if (added.ok) {
    const { list } = serversStore.getState()
    setServers([...list.filter((server) => server.id !== added.value.id), added.value])
  }
  return added
}

function takenServerNames(): ReadonlySet<string> {
  return new Set(serversStore.getState().list.map((server) => server.name.toLowerCase()))
}

function hostOf(destination: string): string | null {
  try {
    return parseDestination(destination.trim()).host
  } catch {
    return null
  }
}
