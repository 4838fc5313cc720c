/** A change of a forward that the server has. Only what differs is sent, and only over the version that it was made on. */
import type { CloudField, CloudFields } from '@shared/cloud-views'
import { applyDeletion, applying, isAsAgreed, mergeInto } from './_apply'
import { tellUnreadable, type Context } from './_context'
import { changesOf, createPlan, replaceEntry } from './_plan'
import { CloudError } from './client'
import type { UnreadableRow } from './client/types'
import { isSameFields, keptFields, pickFields, sayable, withFields } from './fields'
import { changedHere } from './merge'
import type { CloudRow, Namespace, OutboxEntry } from './types'

export type SaveEntry = Extract<OutboxEntry, { readonly kind: 'save' }>

/** Somebody may change it again and again; the next round goes on. */
const TRIES = 3
const MAX_UNCONFIRMED = 20

/** Throws `cloud.*` when the server cannot be asked. */
export async function saveOne(context: Context, entry: SaveEntry): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const job = await prepare(context, entry)
    if (job === null || (await send(context, entry, job)) === 'done') return
  }
}

/** What the server refused waits for an edit. */
export function refuse(context: Context, entry: SaveEntry, error: CloudError): Promise<void> {
  return refuseAll(context, [entry], error)
}

/** Of many that were refused together one line tells. */
export async function refuseAll(
  { replica, log }: Context,
  entries: readonly SaveEntry[],
  error: CloudError,
): Promise<void> {
  const names = await replica.transact((state) => {
    // What was taken elsewhere meanwhile was not refused there.
    const here = entries.flatMap(({ forwardId, namespace }) => {
      const mine = state.byForward(forwardId)
      return mine?.binding.namespace === namespace ? [mine] : []
    })
    const bindings = here.map(({ binding }) => ({ ...binding, refused: error.toFault() }))
    return { changes: { done: entries.map(({ seq }) => seq), bindings }, result: here.map(({ fields }) => fields.name) }
  })
  const [name] = names
  if (name === undefined) return
  const what = names.length === 1 ? `"${name}" was` : `"${name}" and ${names.length - 1} more were`
  log('warning', `${what} not taken: ${error.message}`)
}

export function isRefusal(error: unknown): error is CloudError {
  return error instanceof CloudError && REFUSALS.includes(error.code)
}
const REFUSALS: readonly string[] = ['cloud.refused', 'cloud.forbidden', 'cloud.no-extension', 'cloud.insecure']

/** Asks how the row stands now and merges that; `false` when there is nothing to go on with. */
export async function settle(
  context: Context,
  { namespace, id, forwardId }: { readonly namespace: Namespace; readonly id: string; readonly forwardId: string },
): Promise<boolean> {
  const row = await context.client.read(id)
  if (row === null) await gone(context, namespace, id)
  else if ('reason' in row) await leaveAlone(context, { namespace, forwardId, row })
  else {
    await context.replica.transact((state) => {
      const on = applying(state, namespace, sharedOf(context))
      const mine = state.byForward(forwardId)
      if (mine?.binding.namespace === namespace) mergeInto(on, mine, { row })
      return { changes: changesOf(on.plan), result: null }
    })
    return true
  }
  return false
}

// --- internal ---

interface Job {
  readonly id: string
  readonly version: number | null
  readonly base: CloudFields
  readonly names: readonly CloudField[]
  readonly sent: Partial<CloudFields>
}

/** `null`: nothing is to be sent, or not now. */
function prepare({ client, replica }: Context, entry: SaveEntry): Promise<Job | null> {
  return replica.transact((state) => {
    const done = { changes: { done: [entry.seq] }, result: null }
    const mine = state.byForward(entry.forwardId)
    if (mine === null || mine.binding.namespace !== entry.namespace) return done
    const { cloudId, version, base, overrides } = mine.binding
    const isAsked = createPlan(state, entry.namespace).conflictOf.forward.has(entry.forwardId)
    if (isAsked || cloudId === null) return { changes: {}, result: null }
    const kept = keptFields(client.extensions())
    const names = changedHere({ base, mine: mine.fields, overrides }).filter((name) => kept.includes(name))
    if (names.length === 0) {
      const { binding } = mine
      return binding.refused === null
        ? done
        : { changes: { done: [entry.seq], bindings: [{ ...binding, refused: null }] }, result: null }
    }
    const said = sayable(mine.fields)
    return { changes: {}, result: { id: cloudId, version, base: base ?? said, names, sent: pickFields(said, names) } }
  })
}

async function send(context: Context, entry: SaveEntry, job: Job): Promise<'done' | 'again'> {
  const { client, memory } = context
  const { namespace, forwardId } = entry
  const again = async (): Promise<'done' | 'again'> =>
    (await settle(context, { namespace, id: job.id, forwardId })) ? 'again' : 'done'
  const isGuarded = client.extensions().has('etag') && job.version !== null
  let body = job.sent
  if (!isGuarded) {
    const row = await client.read(job.id)
    if (row === null || 'reason' in row || !isAsAgreed(job.base, row)) return again()
    // The document's original wants both in every change.
    body = { name: row.fields.name, type: row.fields.type, ...job.sent }
  }
  const forget = remember(context, job)
  try {
    await confirm(context, entry, { job, row: await client.patch(job.id, body, job.version) })
    memory.unconfirmed.delete(job.id)
    return 'done'
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    if (error.code === 'cloud.changed-meanwhile') {
      forget()
      return again()
    }
    if (error.code === 'cloud.not-found') await gone(context, namespace, job.id)
    else if (isRefusal(error)) {
      forget()
      await refuse(context, entry, error)
    } else throw error
    return 'done'
  }
}

/** The server has it: what was sent is agreed on, and what else came with the answer is merged. */
async function confirm(
  context: Context,
  entry: SaveEntry,
  { job, row }: { readonly job: Job; readonly row: CloudRow | UnreadableRow },
): Promise<void> {
  const agreed = withFields(job.base, job.names, { ...job.base, ...job.sent })
  const read = 'reason' in row ? asSent(job, agreed) : row
  await context.replica.transact((state) => {
    const on = applying(state, entry.namespace, sharedOf(context))
    const mine = state.byForward(entry.forwardId)
    if (mine !== null && mine.binding.cloudId === job.id) {
      on.plan.changes.done.push(entry.seq)
      mergeInto(on, mine, { row: read, sent: agreed })
    } else {
      // Deleted here while it was on its way: over what it is now.
      const deleted = on.plan.deletes.byCloudId.get(job.id)
      if (deleted?.base !== undefined && deleted.base !== null && isSameFields(deleted.base, job.base)) {
        const { namespace, localId } = deleted
        const base = read.fields
        replaceEntry(on.plan, deleted.seq, {
          ...{ kind: 'delete', namespace, localId, cloudId: job.id, version: read.version, base },
        })
      }
    }
    return { changes: changesOf(on.plan), result: null }
  })
}

function asSent({ id }: Job, fields: CloudFields): CloudRow {
  return {
    ...{ id, fields, version: null, localId: null, updatedAt: null, status: null, missing: [] },
    ...{ isUntouched: false, hasClearSecrets: false },
  }
}

/** A change cannot be merged into what cannot be read; waiting for it would keep the daemon for nothing. */
async function leaveAlone(
  context: Context,
  about: { readonly namespace: Namespace; readonly forwardId: string; readonly row: UnreadableRow },
): Promise<void> {
  const { namespace, forwardId, row } = about
  tellUnreadable(context, [row])
  await context.replica.transact((state) => {
    const mine = state.byForward(forwardId)
    if (mine?.binding.namespace !== namespace) return { changes: {}, result: null }
    const error = new CloudError('cloud.refused', `What the cloud says of it cannot be used here: ${row.reason}.`, {
      fix: 'Edit it here again once it was mended there; a newer Warren may be able to read it.',
    })
    const saves = state.outbox(namespace).filter((one) => one.kind === 'save' && one.forwardId === forwardId)
    const bindings = [{ ...mine.binding, refused: error.toFault() }]
    return { changes: { done: saves.map(({ seq }) => seq), bindings }, result: null }
  })
}

async function gone(context: Context, namespace: Namespace, id: string): Promise<void> {
  await context.replica.transact((state) => {
    const on = applying(state, namespace, sharedOf(context))
    applyDeletion(on, id)
    return { changes: changesOf(on.plan), result: null }
  })
}

function sharedOf({
  memory,
  client,
  now,
}: Context): Pick<Parameters<typeof applying>[2], 'memory' | 'extensions' | 'now'> {
  return { memory, extensions: client.extensions(), now: now() }
}

/** Until the answer is written down, what comes back of it is mine. Returns the way to forget it. */
function remember({ memory }: Context, { id, sent }: Job): () => void {
  const all = [...(memory.unconfirmed.get(id) ?? []), sent].slice(-MAX_UNCONFIRMED)
  memory.unconfirmed.set(id, all)
  return () => {
    const left = (memory.unconfirmed.get(id) ?? []).filter((one) => one !== sent)
    if (left.length === 0) memory.unconfirmed.delete(id)
    else memory.unconfirmed.set(id, left)
  }
}
