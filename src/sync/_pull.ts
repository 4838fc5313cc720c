/** What the server has, taken into the replica: as a delta where the server knows one, else the whole list. */
import { applyDeletion, applying, applyRow, type Applying } from './_apply'
import { tellUnreadable, type Context } from './_context'
import { changesOf } from './_plan'
import type { CloudDelta, CloudList } from './client/types'
import type { Namespace, ReplicaState } from './types'

/** From so many on, it is not believed at once that all of them were deleted. */
const MANY = 3

/** Throws `cloud.*`. What was taken before that stays taken. */
export async function pull(context: Context, namespace: Namespace): Promise<void> {
  const { client, replica } = context
  let cursor = await replica.transact((state) => ({ changes: {}, result: state.cursor(namespace) }))
  while (cursor !== null && client.extensions().has('since')) {
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
  const notes = await context.replica.transact((state) => {
    const on = begin(context, state, { namespace, isGone: (cloudId) => deleted.has(cloudId) })
    for (const row of delta.rows) applyRow(on, row)
    for (const id of delta.deleted) applyDeletion(on, id)
    return { changes: { ...changesOf(on.plan), cursor: { namespace, value: delta.cursor } }, result: on.plan.notes }
  })
  tell(context, notes)
}

async function takeList(context: Context, namespace: Namespace, list: CloudList): Promise<void> {
  const { memory, replica } = context
  const there = new Set([...list.rows, ...list.unreadable].map(({ id }) => id))
  tellUnreadable(context, list.unreadable)
  const notes = await replica.transact((state) => {
    const asked = new Set(
      state.conflicts(namespace).map(({ kind, cloudId }) => (kind === 'deleted-there' ? cloudId : null)),
    )
    const bound = state
      .all(namespace)
      .flatMap(({ binding: { cloudId } }) => (cloudId === null || asked.has(cloudId) ? [] : [cloudId]))
    const gone = bound.filter((cloudId) => !there.has(cloudId))
    const isDoubtful = gone.length >= MANY && gone.length === bound.length
    const isBelieved = !isDoubtful || memory.vanished.has(namespace)
    const on = begin(context, state, { namespace, isGone: (cloudId) => isBelieved && !there.has(cloudId) })
    const asking: Applying = { ...on, mustAsk: isDoubtful }
    // The smaller id first: it is the one that stays of two that are the same.
    for (const row of [...list.rows].sort((one, other) => (one.id < other.id ? -1 : 1))) applyRow(on, row)
    if (isBelieved) for (const id of goneOf(state, namespace, there)) applyDeletion(asking, id)
    else
      on.plan.notes.push(
        `The cloud shows none of ${gone.length} forwards any more; it is asked again before that is believed.`,
      )
    remember(memory.vanished, namespace, isDoubtful && !isBelieved)
    const cursor = isBelieved ? { cursor: { namespace, value: list.cursor } } : {}
    return { changes: { ...changesOf(on.plan), ...cursor }, result: on.plan.notes }
  })
  tell(context, notes)
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

function begin(
  { client, memory, now }: Context,
  state: ReplicaState,
  { namespace, isGone }: { readonly namespace: Namespace; readonly isGone: (cloudId: string) => boolean },
): Applying {
  return applying(state, namespace, { memory, extensions: client.extensions(), now: now(), isGone })
}

function remember(set: Set<Namespace>, namespace: Namespace, isIn: boolean): void {
  if (isIn) set.add(namespace)
  else set.delete(namespace)
}

function tell({ log }: Context, notes: readonly string[]): void {
  for (const note of notes) log('warning', note)
}
