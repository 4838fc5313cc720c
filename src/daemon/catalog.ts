/** Servers, forwards and relays in memory: what the store holds, and the ad hoc ones that it does not. */
import type { ServerRoute } from '@engine'
import { WarrenError } from '@shared/errors'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import { nameKey, type ForwardRecord, type RelayRecord, type StoreContent } from './store/index'

export type NamedKind = 'server' | 'forward' | 'relay'

export interface Catalog {
  readonly servers: () => readonly ServerSpec[]
  /** Ad hoc ones too. Throws `spec.not-found`. */
  readonly server: (id: string) => ServerSpec
  readonly forwards: () => readonly ForwardRecord[]
  /** Throws `spec.not-found`. */
  readonly forward: (id: string) => ForwardRecord
  readonly hasForward: (id: string) => boolean
  /** The forwards of this name, without regard to case: one, but while names are being exchanged. */
  readonly forwardsNamed: (name: string) => ReadonlySet<string>
  readonly putServer: (spec: ServerSpec, options?: { adHoc: boolean }) => void
  readonly dropServer: (id: string) => void
  readonly putForward: (record: ForwardRecord, options?: { adHoc: boolean }) => void
  readonly dropForward: (id: string) => void
  readonly isAdHoc: (forwardId: string) => boolean
  readonly relays: () => readonly RelayRecord[]
  /** Throws `spec.not-found`. */
  readonly relay: (id: string) => RelayRecord
  readonly hasRelay: (id: string) => boolean
  readonly putRelay: (record: RelayRecord) => void
  readonly dropRelay: (id: string) => void
  /** A forward or relay. */
  readonly hasOwner: (id: string) => boolean
  /** Names of forwards, relays or servers, each kind apart, without regard to case. */
  readonly isNameTaken: (kind: NamedKind, name: string, except?: string) => boolean
  readonly freeName: (kind: NamedKind, name: string) => string
  /** Throws `spec.not-found` or `ssh.jump-loop`. `draft` stands in for the saved server of its id. */
  readonly route: (serverId: string, draft?: ServerSpec) => ServerRoute
  /** The forwards whose way to the server leads through `serverId`. */
  readonly dependents: (serverId: string) => readonly ForwardRecord[]
}

const none: ReadonlySet<string> = new Set()

export function createCatalog(content: StoreContent): Catalog {
  const servers = new Map(content.servers.map((spec) => [spec.id, spec]))
  const forwards = new Map(content.forwards.map((record) => [record.spec.id, record]))
  const relays = new Map(content.relays.map((record) => [record.spec.id, record]))
  const adHoc = new Set<string>()
  const names = new Map<string, Set<string>>()
  const unname = ({ id, name }: ForwardSpec): void => {
    const key = nameKey(name)
    const ids = names.get(key)
    ids?.delete(id)
    if (ids?.size === 0) names.delete(key)
  }
  const giveName = ({ id, name }: ForwardSpec): void => {
    const key = nameKey(name)
    names.set(key, (names.get(key) ?? new Set<string>()).add(id))
  }
  for (const { spec } of content.forwards) giveName(spec)

  const server = (id: string): ServerSpec => {
    const spec = servers.get(id)
    if (spec === undefined) throw new WarrenError('spec.not-found', `There is no server ${id}.`, { field: 'serverId' })
    return spec
  }
  const isNameTaken: Catalog['isNameTaken'] = (kind, name, except) => {
    if (kind === 'forward') return [...(names.get(nameKey(name)) ?? [])].some((id) => id !== except)
    const specs = {
      server: () => [...servers.values()].filter(({ id }) => !adHoc.has(id)),
      relay: () => [...relays.values()].map((record) => record.spec),
    }
    return specs[kind]().some((spec) => spec.id !== except && nameKey(spec.name) === nameKey(name))
  }
  const route: Catalog['route'] = (serverId, draft) => {
    const find = (id: string): ServerSpec => (draft !== undefined && draft.id === id ? draft : server(id))
    const target = find(serverId)
    return { server: target, hops: hopsOf(target, find) }
  }
  const leadsThrough = (serverId: string, id: string): boolean => {
    if (serverId === id) return true
    try {
      return route(serverId).hops.some((hop) => hop.id === id)
    } catch {
      return false
    }
  }
  return {
    servers: () => [...servers.values()].filter(({ id }) => !adHoc.has(id)),
    server,
    forwards: () => [...forwards.values()],
    forward: (id) => {
      const record = forwards.get(id)
      if (record === undefined) throw new WarrenError('spec.not-found', `There is no forward ${id}.`, { field: 'id' })
      return record
    },
    hasForward: (id) => forwards.has(id),
    forwardsNamed: (name) => names.get(nameKey(name)) ?? none,
    putServer: (spec, options) => {
      servers.set(spec.id, spec)
      if (options?.adHoc === true) adHoc.add(spec.id)
    },
    dropServer: (id) => {
      servers.delete(id)
      adHoc.delete(id)
    },
    putForward: (record, options) => {
      const before = forwards.get(record.spec.id)
      if (before !== undefined) unname(before.spec)
      giveName(record.spec)
      forwards.set(record.spec.id, record)
      if (options?.adHoc === true) adHoc.add(record.spec.id)
    },
    dropForward: (id) => {
      const before = forwards.get(id)
      if (before !== undefined) unname(before.spec)
      forwards.delete(id)
      adHoc.delete(id)
    },
    isAdHoc: (id) => adHoc.has(id),
    relays: () => [...relays.values()],
    relay: (id) => {
      const record = relays.get(id)
      if (record === undefined) throw new WarrenError('spec.not-found', `There is no relay ${id}.`, { field: 'id' })
      return record
    },
    hasRelay: (id) => relays.has(id),
    putRelay: (record) => {
      relays.set(record.spec.id, record)
    },
    dropRelay: (id) => {
      relays.delete(id)
    },
    hasOwner: (id) => forwards.has(id) || relays.has(id),
    isNameTaken,
    freeName: (kind, name) => {
      if (!isNameTaken(kind, name)) return name
      for (let count = 2; ; count += 1) {
        const candidate = `${name.slice(0, 90)} ${count}`
        if (!isNameTaken(kind, candidate)) return candidate
      }
    },
    route,
    dependents: (serverId) => [...forwards.values()].filter(({ spec }) => leadsThrough(spec.serverId, serverId)),
  }
}

/**
 * The hops before `target`. As in OpenSSH's `ProxyJump a,b`, the first hop is reached by its own chain, and the others through the
 * hop before them, whatever their own chain says.
 */
function hopsOf(target: ServerSpec, find: (id: string) => ServerSpec): readonly ServerSpec[] {
  const seen = new Set([target.id])
  let hops: ServerSpec[] = []
  let first: ServerSpec | undefined = target
  while (first !== undefined && first.jump.length > 0) {
    const before: ServerSpec[] = first.jump.map(find)
    for (const hop of before) {
      if (seen.has(hop.id)) {
        throw new WarrenError('ssh.jump-loop', `The jump chain of ${target.name} leads through ${hop.name} twice.`, {
          fix: `Edit the jump chain of ${target.name} or ${hop.name}.`,
          field: 'jump',
          remedy: { action: 'edit-server', serverId: target.id },
        })
      }
      seen.add(hop.id)
    }
    hops = [...before, ...hops]
    first = before[0]
  }
  return hops
}
