/** A forward that was deleted here. What somebody changed since is not deleted without asking. */
import { applying, arrive, askDeletedHere, isAsAgreed } from './_apply'
import { tellUnreadable, type Context } from './_context'
import { changesOf, type DeleteEntry } from './_plan'
import { isRefusal } from './_push-save'
import { CloudError } from './client'
import type { UnreadableRow } from './client/types'
import type { CloudRow } from './types'

const TRIES = 3

/** Throws `cloud.*` when the server cannot be asked. */
export async function deleteOne(context: Context, entry: DeleteEntry): Promise<void> {
  const { client, memory } = context
  if (entry.cloudId === null) {
    // No pull brought it: the server never got it, or gets it yet.
    memory.unborn.add(entry.localId)
    await done(context, entry)
    return
  }
  let { version } = entry
  const mustLook = entry.base !== null && (!client.extensions().has('etag') || version === null)
  if (mustLook && (await look(context, entry)) === null) return
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      await client.remove(entry.cloudId, version)
      await done(context, entry)
      return
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      if (error.code === 'cloud.not-found') return done(context, entry)
      if (error.code !== 'cloud.changed-meanwhile') {
        if (isRefusal(error)) return bringBack(context, entry, error)
        throw error
      }
      const row = await look(context, entry)
      if (row === null) return
      version = row.version
    }
  }
}

// --- internal ---

/** The row as it was when it was deleted here; `null` when it is gone, was changed since (then a person is asked), or cannot be read. */
async function look(context: Context, entry: DeleteEntry): Promise<CloudRow | null> {
  const row = await read(context, entry)
  if (row === null) await done(context, entry)
  else if ('reason' in row) await leaveAlone(context, entry, row)
  else if (entry.base === null || isAsAgreed(entry.base, row)) return row
  else await write(context, entry, { row, what: 'ask' })
  return null
}

/** Whoever made it what it is changed it since; what cannot be shown cannot be asked about. */
async function leaveAlone(context: Context, entry: DeleteEntry, row: UnreadableRow): Promise<void> {
  tellUnreadable(context, [row])
  context.log('warning', `"${row.name}" was changed at the cloud since it was deleted here, and stays there.`)
  await done(context, entry)
}

async function bringBack(context: Context, entry: DeleteEntry, error: CloudError): Promise<void> {
  const row = await read(context, entry)
  if (row === null || 'reason' in row) return done(context, entry)
  context.log('warning', `"${row.fields.name}" was not deleted at the cloud, and is here again: ${error.message}`)
  await write(context, entry, { row, what: 'arrive' })
}

function read({ client }: Context, { cloudId, localId }: DeleteEntry): Promise<CloudRow | UnreadableRow | null> {
  return client.read(cloudId ?? localId)
}

async function done({ replica }: Context, { seq }: DeleteEntry): Promise<void> {
  await replica.transact(() => ({ changes: { done: [seq] }, result: null }))
}

async function write(
  { replica, memory, client, now }: Context,
  entry: DeleteEntry,
  { row, what }: { readonly row: CloudRow; readonly what: 'ask' | 'arrive' },
): Promise<void> {
  await replica.transact((state) => {
    const on = applying(state, entry.namespace, { memory, extensions: client.extensions(), now: now() })
    // Settled otherwise while the server was asked.
    if (!state.outbox(entry.namespace).some(({ seq }) => seq === entry.seq)) return { changes: {}, result: null }
    if (what === 'ask') askDeletedHere(on, entry, row)
    else {
      on.plan.changes.done.push(entry.seq)
      arrive(on, row)
    }
    return { changes: changesOf(on.plan), result: null }
  })
}
