/** Which server of this machine an address of the cloud means. */
import { randomUUID } from 'node:crypto'
import type { CloudFields } from '@shared/cloud-views'
import { serverSpecSchema, type ServerSpec } from '@shared/specs'
import { parseServerAddress, type Namespace } from '@sync'
import type { Catalog } from '../catalog'
import { isListed } from '../ssh-config'
import type { NameGiver } from './_names'

export interface ServerFinder {
  /** The server that is here, else a new one; `null` when the address is none. */
  readonly forArrival: (fields: CloudFields, namespace: Namespace) => ServerSpec | null
  /**
   * For a forward whose server is another one now. What the person wrote of the server before holds for the new one: login, key, hops.
   * Its saved passwords do not: the new host is another one.
   */
  readonly forMove: (from: ServerSpec, fields: CloudFields, namespace: Namespace) => ServerSpec | null
  /** Those that were made here. */
  readonly made: () => readonly ServerSpec[]
}

export function createServerFinder(
  catalog: Pick<Catalog, 'servers'>,
  names: Pick<NameGiver, 'giveServer'>,
  at: string,
): ServerFinder {
  let byAddress: Map<string, ServerSpec[]> | null = null
  const made: ServerSpec[] = []
  const add = (all: Map<string, ServerSpec[]>, server: ServerSpec): void => {
    const key = addressKey(server)
    const same = all.get(key)
    if (same === undefined) all.set(key, [server])
    else same.push(server)
  }
  const index = (): Map<string, ServerSpec[]> => {
    if (byAddress !== null) return byAddress
    byAddress = new Map()
    for (const server of catalog.servers()) if (!server.demo) add(byAddress, server)
    return byAddress
  }
  const find = (address: Address, login: Login): ServerSpec | undefined => {
    const same = index().get(addressKey(address)) ?? []
    if (login.isMine) return same[0]
    return same.find(({ username }) => username === login.username)
  }
  const make = (like: ServerSpec | null, address: Address, login: Login): ServerSpec | null => {
    const parsed = serverSpecSchema.safeParse({
      ...(like === null ? {} : carried(like)),
      id: randomUUID(),
      name: names.giveServer(address.host.slice(0, 90)),
      ...address,
      username: login.isMine ? (like?.username ?? null) : login.username,
      createdAt: at,
      updatedAt: at,
    })
    if (!parsed.success) return null
    made.push(parsed.data)
    add(index(), parsed.data)
    return parsed.data
  }
  const place = (like: ServerSpec | null, fields: CloudFields, namespace: Namespace): ServerSpec | null => {
    const address = fields.serverAddress === null ? null : parseServerAddress(fields.serverAddress)
    if (address === null) return null
    // In a team each member has a login of their own; without a name any of mine will do.
    const login = { isMine: namespace !== null || fields.username === null, username: fields.username }
    return find(address, login) ?? make(like, address, login)
  }
  return {
    forArrival: (fields, namespace) => place(null, fields, namespace),
    forMove: (from, fields, namespace) => place(from, fields, namespace),
    made: () => made,
  }
}

// --- internal ---

interface Address {
  readonly host: string
  readonly port: number
}

interface Login {
  /** Each machine has its own. */
  readonly isMine: boolean
  readonly username: string | null
}

function addressKey({ host, port }: Address): string {
  return `${host.toLowerCase()} ${port}`
}

function carried(from: ServerSpec): Partial<ServerSpec> {
  // A command of the ssh config is not the person's own, and a host that is not known yet is asked about.
  const proxyCommand = isListed(from) ? null : from.proxyCommand
  return { ...from, proxyCommand, configHost: null, hostKeyPolicy: 'ask', demo: false }
}
