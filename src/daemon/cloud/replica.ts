/** This machine's side of sync: forwards, bindings and what waits, changed together or not at all. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CloudFields } from '@shared/cloud-views'
import { isSameServer, type Replica, type ReplicaState, type Shared } from '@sync'
import type { Activity } from '../activity'
import type { Services } from '../services'
import type { SavedBinding } from '../store/index'
import type { Book } from './book'
import { fieldsOf } from './fields'
import { lostSentence, type Lost } from './_lost'
import { planChanges, type News, type Plan } from './_plan'
import type { Departures } from './types'

export type ReplicaServices = Pick<
  Services,
  'catalog' | 'store' | 'engine' | 'watch' | 'hub' | 'activity' | 'inTurn' | 'now'
>

export interface ReplicaOptions {
  readonly services: ReplicaServices
  readonly book: Book
  /** Stops forwards and takes them out of memory. */
  readonly forget: (forwardIds: readonly string[]) => Promise<void>
  /** Something of what is shared is another one. */
  readonly onChanged: () => void
  /** A team is not this account's any more. */
  readonly onLost: (teamId: string) => void
  readonly departures: Departures
}

export interface LocalReplica extends Replica {
  readonly state: ReplicaState
}

export function createReplica(options: ReplicaOptions): LocalReplica {
  const { services, book, onChanged } = options
  const state = createState(services, book)
  return {
    state,
    transact: (work) =>
      services.inTurn(async () => {
        const { changes, result } = work(state)
        const plan = await planChanges(changes, { catalog: services.catalog, book, now: services.now })
        if (hasContent(plan)) {
          await services.store.changeCloud(plan.transaction)
          await nextTurn()
          await makeTrue(plan, options)
          onChanged()
        }
        return result
      }),
  }
}

/** A shared forward with its values of now. What differs from the last common version in its spelling alone counts as that. */
export function sharedOf({ catalog }: Pick<Services, 'catalog'>, binding: SavedBinding): Shared | null {
  if (!catalog.hasForward(binding.forwardId)) return null
  const { spec, wanted } = catalog.forward(binding.forwardId)
  const fields = fieldsOf(spec, catalog.server(spec.serverId), binding.secrets)
  return { binding, fields: asSaid(fields, binding.base), isWanted: wanted }
}

// --- internal ---

/** Beyond so many a summary tells more than a line for each. */
const TOLD_ONE_BY_ONE = 5

function createState(services: Pick<Services, 'catalog'>, book: Book): ReplicaState {
  const shared = (binding: SavedBinding | null): Shared | null =>
    binding === null ? null : sharedOf(services, binding)
  return {
    all: (namespace) =>
      book
        .bindings(namespace)
        .map(shared)
        .filter((one) => one !== null),
    byForward: (id) => shared(book.binding(id)),
    byCloudId: (id) => shared(book.byCloudId(id)),
    byLocalId: (namespace, localId) => shared(book.byLocalId(namespace, localId)),
    outbox: book.outbox,
    conflicts: book.conflicts,
    cursor: (namespace) => book.space(namespace)?.cursor ?? null,
    namespaces: book.namespaces,
  }
}

function asSaid(fields: CloudFields, base: CloudFields | null): CloudFields {
  if (base === null) return fields
  const sameTags =
    base.tags.length === fields.tags.length && base.tags.every((tag, at) => tag.trim() === fields.tags[at])
  return {
    ...fields,
    name: base.name.trim() === fields.name ? base.name : fields.name,
    tags: sameTags ? base.tags : fields.tags,
    serverAddress: isSameServer(base.serverAddress, fields.serverAddress) ? base.serverAddress : fields.serverAddress,
  }
}

function hasContent({ transaction }: Plan): boolean {
  const { deleted, ...rest } = transaction
  const lists = [...Object.values(rest), deleted?.forwards, deleted?.servers] as (readonly unknown[] | undefined)[]
  return lists.some((list) => list !== undefined && list.length > 0)
}

/** What was written becomes what is: in memory, in the engine, and for those who look. */
async function makeTrue(plan: Plan, options: ReplicaOptions): Promise<void> {
  const { services, book, forget } = options
  const { catalog, engine, watch, hub, activity } = services
  const servers = plan.transaction.servers ?? []
  // Before a team is forgotten.
  const spaces = new Map(book.spaces().map(({ namespace, name }) => [namespace, name]))
  for (const server of servers) catalog.putServer(server)
  book.apply(plan.transaction)
  for (const spec of plan.changed) {
    catalog.putForward({ ...catalog.forward(spec.id), spec })
    engine.define(spec)
    const { wanted, state } = engine.snapshot(spec.id)
    if (wanted && (state === 'failed' || state === 'waiting')) engine.retry(spec.id)
  }
  for (const spec of plan.arrived) {
    catalog.putForward({ spec, wanted: false, lastUsed: null })
    engine.define(spec)
  }
  if (plan.removed.length > 0) await forget(plan.removed)
  for (const id of plan.goneServers) catalog.dropServer(id)
  for (const { id } of [...plan.changed, ...plan.arrived]) watch.touch(id)
  for (const id of plan.touched) if (catalog.hasForward(id)) watch.touch(id)
  if (servers.length + plan.goneServers.length > 0) hub.publish('servers.changed', { servers: catalog.servers() })
  tell(plan.news, { spaces, activity })
  if (plan.lost !== null) tellLost(plan.lost, options)
}

function tellLost(lost: Lost, { services, onLost, departures }: ReplicaOptions): void {
  const deed = departures.get(lost.namespace)
  departures.delete(lost.namespace)
  // The code tells those who send messages that nobody here asked for it.
  const code = deed === undefined ? 'cloud.not-found' : null
  services.activity.add({ kind: 'removed', subject: lost.name, message: lostSentence(lost, deed), code })
  onLost(lost.namespace)
}

const verbs = { added: 'came', changed: 'was changed', removed: 'was removed' } as const

function tell(
  news: readonly News[],
  { spaces, activity }: { spaces: ReadonlyMap<string | null, string>; activity: Activity },
): void {
  const spaceOf = (one: News): string =>
    one.namespace === null ? 'your account' : (spaces.get(one.namespace) ?? 'a team')
  for (const kind of ['added', 'changed', 'removed'] as const) {
    const all = news.filter((one) => one.kind === kind)
    if (all.length <= TOLD_ONE_BY_ONE) {
      for (const one of all) {
        const { id, serverId, name } = one.spec
        const message = [`It ${verbs[kind]} ${kind === 'added' ? 'from' : 'in'} ${spaceOf(one)}.`, ...one.notes].join(
          ' ',
        )
        activity.add({ kind, forwardId: id, serverId, subject: name, message })
      }
      continue
    }
    for (const space of new Set(all.map(spaceOf))) {
      const here = all.filter((one) => spaceOf(one) === space)
      const moved = here.filter(({ notes }) => notes.length > 0).length
      const verb = verbs[kind].replace('was', 'were')
      const more = moved === 0 ? '' : ` ${moved} of them listen on another port here.`
      activity.add({ kind, subject: space, message: `${here.length} forwards ${verb}.${more}` })
    }
  }
}
