/** Forwards and relays by name, where a command is for both. */
import type { DaemonClient } from '@daemon/client'
import type { RelaySnapshot, RelayView } from '@shared/relay-snapshots'
import type { ForwardView } from '@shared/snapshots'
import { notFound, suggest, type Selection } from './names'
import { publicReason } from './report'
import { usageError } from './usage'

export type Owner =
  { readonly kind: 'forward'; readonly view: ForwardView } | { readonly kind: 'relay'; readonly view: RelayView }

/** A forward before a relay of the same name; `warren relay …` reaches the relay. */
export async function findOwner(client: DaemonClient, name: string): Promise<Owner> {
  const forwards = await client.call('forwards.list', {})
  const forward = forwards.find(({ spec }) => spec.name === name)
  if (forward !== undefined) return { kind: 'forward', view: forward }
  const relays = await client.call('relays.list', {})
  const relay = relays.find(({ spec }) => spec.name === name) ?? relays.find(({ spec }) => spec.id === name)
  if (relay !== undefined) return { kind: 'relay', view: relay }
  const byId = forwards.find(({ spec }) => spec.id === name)
  if (byId !== undefined) return { kind: 'forward', view: byId }
  const specs = [...forwards, ...relays].map(({ spec }) => spec)
  const what = relays.length === 0 ? 'forward' : 'forward or relay'
  const shows =
    relays.length === 0 ? '`warren ls` shows the names.' : '`warren ls` and `warren relay ls` show the names.'
  throw notFound(`There is no ${what} "${name}".`, suggest(name, specs, shows))
}

/** The relays that `NAME… | --all | --tag T` means. */
export async function selectRelays(
  client: DaemonClient,
  names: readonly string[],
  { all = false, tag }: Selection,
): Promise<readonly RelayView[]> {
  const ways = [names.length > 0, all, tag !== undefined].filter(Boolean).length
  if (ways !== 1) throw usageError('Give names, or --all, or --tag.')
  const views = await client.call('relays.list', {})
  if (all) return views
  if (tag === undefined) return [...new Set(names.map((name) => pickRelay(views, name)))]
  const tagged = views.filter(({ spec }) => spec.tags.includes(tag))
  if (tagged.length === 0) throw notFound(`No relay has the tag "${tag}".`, '`warren relay ls` shows the relays.')
  return tagged
}

export async function findRelay(client: DaemonClient, name: string): Promise<RelayView> {
  return pickRelay(await client.call('relays.list', {}), name)
}

export type PublicRelay = Omit<RelaySnapshot, 'reason' | 'exposed'> & {
  /** As in a forward's document; a relay goes through none. */
  readonly server: null
  readonly reason: ReturnType<typeof publicReason> | null
}

/** The keys of a forward's snapshot in their order, then what only a relay has. */
export function publicRelay(snapshot: RelaySnapshot): PublicRelay {
  return {
    id: snapshot.id,
    name: snapshot.name,
    type: snapshot.type,
    server: null,
    tags: snapshot.tags,
    wanted: snapshot.wanted,
    state: snapshot.state,
    since: snapshot.since,
    listen: snapshot.listen,
    target: snapshot.target,
    attempt: snapshot.attempt,
    nextTryAt: snapshot.nextTryAt,
    reason: snapshot.reason === null ? null : publicReason(snapshot.reason),
    connections: snapshot.connections,
    totalConnections: snapshot.totalConnections,
    bytesUp: snapshot.bytesUp,
    bytesDown: snapshot.bytesDown,
    portCount: snapshot.portCount,
    notice: snapshot.notice,
    targets: snapshot.targets,
    drops: snapshot.drops,
  }
}

// --- internal ---

function pickRelay(views: readonly RelayView[], name: string): RelayView {
  const found = views.find(({ spec }) => spec.name === name) ?? views.find(({ spec }) => spec.id === name)
  if (found !== undefined) return found
  const specs = views.map(({ spec }) => spec)
  throw notFound(`There is no relay "${name}".`, suggest(name, specs, '`warren relay ls` shows the names.'))
}
