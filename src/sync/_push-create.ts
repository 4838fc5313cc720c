/** Forwards that the server does not have yet. */
import { cloudFieldNames, type CloudFields } from '@shared/cloud-views'
import { applying, mergeInto, type Applying } from './_apply'
import type { Context } from './_context'
import { changesOf, createPlan, replaceEntry } from './_plan'
import { isRefusal, refuse, refuseAll, saveOne, settle, type SaveEntry } from './_push-save'
import { CloudError } from './client'
import type { NewRow, SyncResult } from './client/types'
import { keptFields, sayable, withFields } from './fields'
import type { CloudRow, Namespace, ReplicaState, Shared } from './types'

/** A batch is written in one transaction there and here. */
const MAX_ROWS = 1000
const MAX_TEXT = 4 * 1024 * 1024

interface NewOne {
  readonly entry: SaveEntry
  readonly row: NewRow & { readonly fields: CloudFields }
}

/** Creates what has no row yet; what is left are the saves of rows that are there. */
export async function createAll(context: Context, namespace: Namespace): Promise<readonly SaveEntry[]> {
  const { fresh, saves } = await context.replica.transact((state) => sorted(state, namespace))
  for (const batch of batchesOf(fresh)) await createBatch(context, namespace, batch)
  return saves
}

// --- internal ---

function sorted(
  state: ReplicaState,
  namespace: Namespace,
): {
  readonly changes: { readonly done: readonly number[] }
  readonly result: { readonly fresh: readonly NewOne[]; readonly saves: readonly SaveEntry[] }
} {
  const plan = createPlan(state, namespace)
  const fresh: NewOne[] = []
  const saves: SaveEntry[] = []
  for (const entry of state.outbox(namespace)) {
    if (entry.kind !== 'save') continue
    const mine = state.byForward(entry.forwardId)
    // Gone, or somewhere else by now, where it has an entry of its own.
    if (mine === null || mine.binding.namespace !== namespace) plan.changes.done.push(entry.seq)
    else if (plan.conflictOf.forward.has(entry.forwardId)) continue
    else if (mine.binding.cloudId !== null) saves.push(entry)
    else fresh.push({ entry, row: { localId: mine.binding.localId, fields: suggested(mine) } })
  }
  return { changes: { done: plan.changes.done }, result: { fresh, saves } }
}

/** All values of this machine travel once, as a suggestion; my own name at the server is nobody else's matter. */
function suggested({ binding, fields }: Shared): CloudFields {
  const isMine = binding.namespace !== null && binding.overrides.includes('username')
  return isMine ? { ...sayable(fields), username: null } : sayable(fields)
}

function* batchesOf(fresh: readonly NewOne[]): Generator<readonly NewOne[]> {
  let batch: NewOne[] = []
  let length = 0
  for (const one of fresh) {
    const text = JSON.stringify(one.row).length
    if (batch.length > 0 && (batch.length === MAX_ROWS || length + text > MAX_TEXT)) {
      yield batch
      batch = []
      length = 0
    }
    batch.push(one)
    length += text
  }
  if (batch.length > 0) yield batch
}

async function createBatch(context: Context, namespace: Namespace, batch: readonly NewOne[]): Promise<void> {
  if (!context.client.extensions().has('etag')) {
    for (const one of batch) await createOne(context, namespace, one)
    return
  }
  try {
    await takeResults(context, { namespace, batch, results: await context.client.createMany(namespace, rowsOf(batch)) })
  } catch (error) {
    if (!isRefusal(error)) throw error
    const [first] = batch
    if (error.code === 'cloud.forbidden') {
      // Not about one of them: nothing may be added here.
      return refuseAll(
        context,
        batch.map(({ entry }) => entry),
        error,
      )
    }
    if (batch.length === 1 && first !== undefined) {
      await refuse(context, first.entry, error)
      return
    }
    // The server refuses the batch, not saying whose fault it is.
    const half = Math.ceil(batch.length / 2)
    await createBatch(context, namespace, batch.slice(0, half))
    await createBatch(context, namespace, batch.slice(half))
  }
}

function rowsOf(batch: readonly NewOne[]): readonly NewRow[] {
  return batch.map(({ row }) => row)
}

interface Results {
  readonly namespace: Namespace
  readonly batch: readonly NewOne[]
  readonly results: readonly SyncResult[]
}

async function takeResults(context: Context, { namespace, batch, results }: Results): Promise<void> {
  const { client, memory, now, replica, log } = context
  const there: { readonly one: NewOne; readonly id: string }[] = []
  const rejected: { readonly one: NewOne; readonly error: CloudError }[] = []
  await replica.transact((state) => {
    const on = applying(state, namespace, { memory, extensions: client.extensions(), now: now() })
    for (const [index, one] of batch.entries()) {
      const result = results[index]
      if (result === undefined) continue
      if (result.result === 'rejected') rejected.push({ one, error: rejection(result) })
      else if (result.id === null) continue
      else if (result.result === 'conflict') there.push({ one, id: result.id })
      else confirm(on, one, rowOf(one, { id: result.id, version: result.version }))
    }
    return { changes: changesOf(on.plan), result: null }
  })
  for (const { one, error } of rejected) await refuse(context, one.entry, error)
  for (const { one, id } of there) {
    log('info', `The cloud has "${one.row.fields.name}" already; it is merged.`)
    await settle(context, { namespace, id, forwardId: one.entry.forwardId })
    await saveOne(context, one.entry)
  }
}

async function createOne(context: Context, namespace: Namespace, one: NewOne): Promise<void> {
  const { client, memory, now, replica } = context
  try {
    const made = await client.create(namespace, one.row)
    // What came back cannot be read, and yet it is there.
    const row = 'reason' in made ? rowOf(one, { id: made.id, version: null }) : made
    await replica.transact((state) => {
      const on = applying(state, namespace, { memory, extensions: client.extensions(), now: now() })
      confirm(on, one, row)
      return { changes: changesOf(on.plan), result: null }
    })
  } catch (error) {
    if (!isRefusal(error)) throw error
    await refuse(context, one.entry, error)
  }
}

/** The server has it: what was sent is what both agree on. */
function confirm(on: Applying, { entry, row: sent }: NewOne, row: CloudRow): void {
  const { plan } = on
  const mine = plan.state.byForward(entry.forwardId)
  const isMine = mine?.binding.namespace === entry.namespace && mine.binding.localId === sent.localId
  if (mine !== null && isMine) {
    plan.changes.done.push(entry.seq)
    // What the server keeps nothing of is not agreed on: a server that does so later gets it with the next change.
    const unkept = cloudFieldNames.filter((name) => !keptFields(on.extensions).includes(name))
    mergeInto(on, mine, { row, sent: withFields(sent.fields, unkept, nothing) })
    return
  }
  // Deleted here, or taken elsewhere, while it was on its way.
  const deleted = plan.deletes.byLocalId.get(sent.localId)
  // Without an entry that waits, the next pull brings it as one that arrives.
  if (deleted === undefined) return
  const { namespace, localId } = deleted
  replaceEntry(plan, deleted.seq, {
    ...{ kind: 'delete', namespace, localId, cloudId: row.id, version: row.version, base: row.fields },
  })
}

const nothing: CloudFields = {
  ...{ name: '', type: 'local', localHost: null, localPort: null, remoteHost: null, remotePort: null },
  ...{ bindAddress: null, bindPort: null, serverAddress: null, username: null, tags: [], description: '' },
  ...{ password: null, keyContent: null, passphrase: null },
}

function rowOf({ row }: NewOne, { id, version }: { readonly id: string; readonly version: number | null }): CloudRow {
  return {
    ...{ id, version, localId: row.localId, fields: row.fields, updatedAt: null, status: null },
    ...{ missing: [], isUntouched: true, hasClearSecrets: false },
  }
}

function rejection({ message }: SyncResult): CloudError {
  const said = message.length === 0 ? '' : ` (${message.slice(0, 5).join('; ').slice(0, 1000)})`
  return new CloudError('cloud.refused', `The cloud server refused it${said}.`)
}
