/** What the server has, taken into the replica: as a delta where the server knows one, else the whole list. */
import { applyDeletion, applying, applyRow, type Applying } from './_apply'
import { tellUnreadable, type Context } from './_context'
import { changesOf } from './_plan'
import { CloudError } from './client'
import type { CloudDelta, CloudList } from './client/types'
import { isOfSpec } from './_spec-fault'
import type { CloudRow, Namespace, ReplicaState } from './types'

/** From so many on, it is not believed at once that all of them were deleted. */
const MANY = 3
/** A page holds up to 1000 rows. */
const MAX_PAGES = 1000

/** Throws `cloud.*`. What was taken before that stays taken. */
export async function pull(context: Context, namespace: Namespace): Promise<void> {
  const { client, replica } = context
  let cursor = await replica.transact((state) => ({ changes: {}, result: state.cursor(namespace) }))
  for (let pages = 0; cursor !== null && client.extensions().has('since'); pages += 1) {
    if (pages === MAX_PAGES) throw new CloudError('cloud.bad-answer', 'The cloud server has pages without an end.')
    const delta = await client.since(namespace, cursor)
    // The database was restored, or forgot what was deleted so long ago.
    if (delta === null) break
    await takeDelta(context, namespace, delta)
    if (!delta.more) return
    cursor = delta.cursor
  }
  await takeList(context, namespace, await client.list(namespace))
}

// --- internal ---

async function takeDelta(context: Context, namespace: Namespace, delta: CloudDelta): Promise<void> {
  const deleted = new Set(delta.deleted)
  tellUnreadable(context, delta.unreadable)
  await take(context, namespace, {
    rows: delta.rows,
    cursor: delta.cursor,
    prepare: () => ({ gone: delta.deleted, isGone: (cloudId) => deleted.has(cloudId), mustAsk: false }),
  })
}

async function takeList(context: Context, namespace: Namespace, list: CloudList): Promise<void> {
  const { memory } = context
  const there = new Set([...list.rows, ...list.unreadable].map(({ id }) => id))
  tellUnreadable(context, list.unreadable)
  const wasDoubted = memory.vanished.has(namespace)
  await take(context, namespace, {
    // The smaller id first: it is the one that stays of two that are the same.
    rows: [...list.rows].sort((one, other) => (one.id < other.id ? -1 : 1)),
    cursor: list.cursor,
    prepare: (state) => {
      const { gone, bound } = boundOf(state, namespace, there)
      const isDoubtful = gone.length >= MANY && gone.length === bound.length
      if (isDoubtful && !wasDoubted) {
        memory.vanished.add(namespace)
        return `The cloud shows none of ${gone.length} forwards any more; it is asked again before that is believed.`
      }
      memory.vanished.delete(namespace)
      const known = goneOf(state, namespace, there)
      return { gone: known, isGone: (cloudId) => !there.has(cloudId), mustAsk: isDoubtful }
    },
  })
}

interface Taking {
  readonly rows: readonly CloudRow[]
  readonly cursor: string | null
  /** What went away, or why that is not believed: then the cursor stays where it is. */
  readonly prepare: (
    state: ReplicaState,
  ) => (Pick<Applying, 'isGone' | 'mustAsk'> & { readonly gone: readonly string[] }) | string
}

/** In one transaction; when this machine cannot take one of the rows, in several, and that one is left alone. */
async function take(context: Context, namespace: Namespace, taking: Taking): Promise<void> {
  if (await tookAll(context, namespace, taking)) return
  const { cursor: _cursor, ...rows } = taking
  if (taking.rows.length > 1) await takeHalves(context, namespace, rows)
  await write(context, namespace, { ...taking, rows: [] })
}

/** One bad row of ten thousand costs a few transactions. */
async function takeHalves(context: Context, namespace: Namespace, taking: Omit<Taking, 'cursor'>): Promise<void> {
  const half = Math.ceil(taking.rows.length / 2)
  for (const rows of [taking.rows.slice(0, half), taking.rows.slice(half)]) {
    const part = { ...taking, rows }
    if (rows.length > 0 && !(await tookAll(context, namespace, part)) && rows.length > 1) {
      await takeHalves(context, namespace, part)
    }
  }
}

/** `false`: this machine cannot take one of them. */
async function tookAll(
  context: Context,
  namespace: Namespace,
  taking: Omit<Taking, 'cursor'> & Partial<Taking>,
): Promise<boolean> {
  const [row, ...others] = taking.rows
  try {
    await write(context, namespace, taking)
    return true
  } catch (error) {
    if (!isOfSpec(error) || row === undefined) throw error
    if (others.length === 0) tellUnreadable(context, [{ id: row.id, name: row.fields.name, reason: error.message }])
    return false
  }
}

/** Without a cursor: the rows alone. */
async function write(
  { client, memory, now, replica, log }: Context,
  namespace: Namespace,
  { rows, prepare, cursor }: Omit<Taking, 'cursor'> & Partial<Taking>,
): Promise<void> {
  const notes = await replica.transact((state) => {
    const prepared = prepare(state)
    const isBelieved = typeof prepared !== 'string'
    const { isGone, mustAsk } = isBelieved ? prepared : { isGone: () => false, mustAsk: false }
    const on = applying(state, namespace, { memory, extensions: client.extensions(), now: now(), isGone, mustAsk })
    if (!isBelieved) on.plan.notes.push(prepared)
    for (const row of rows) applyRow(on, row)
    if (cursor === undefined) return { changes: changesOf(on.plan), result: on.plan.notes }
    if (isBelieved) for (const id of prepared.gone) applyDeletion(on, id)
    const at = isBelieved && cursor !== state.cursor(namespace) ? { cursor: { namespace, value: cursor } } : {}
    return { changes: { ...changesOf(on.plan), ...at }, result: on.plan.notes }
  })
  for (const note of notes) log('warning', note)
}

/** Rows of forwards here, and those of them that the list does not have; one whose deletion is asked about counts no more. */
function boundOf(
  state: ReplicaState,
  namespace: Namespace,
  there: ReadonlySet<string>,
): { readonly bound: readonly string[]; readonly gone: readonly string[] } {
  const asked = state.conflicts(namespace).flatMap(({ kind, cloudId }) => (kind === 'deleted-there' ? [cloudId] : []))
  const asks = new Set(asked)
  const bound = state
    .all(namespace)
    .flatMap(({ binding: { cloudId } }) => (cloudId === null || asks.has(cloudId) ? [] : [cloudId]))
  return { bound, gone: bound.filter((cloudId) => !there.has(cloudId)) }
}

/** Rows that were known here, bound or waiting for a decision, and are not in the list. */
function goneOf(state: ReplicaState, namespace: Namespace, there: ReadonlySet<string>): readonly string[] {
  const known = [
    ...state.all(namespace).map(({ binding }) => binding.cloudId),
    ...state.conflicts(namespace).map(({ cloudId }) => cloudId),
    ...state.outbox(namespace).map((entry) => (entry.kind === 'delete' ? entry.cloudId : null)),
  ]
  return [...new Set(known)].filter((cloudId) => cloudId !== null).filter((cloudId) => !there.has(cloudId))
}
