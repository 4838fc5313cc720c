/** What waits here, sent to the server: saves and deletions, then what runs. Each is written down as done with its answer. */
import type { Context } from './_context'
import { createAll } from './_push-create'
import { deleteOne } from './_push-delete'
import { runOne } from './_push-run'
import { saveOne } from './_push-save'
import { isOfSpec } from './_spec-fault'
import { CloudError } from './client'
import type { Namespace, OutboxEntry } from './types'

/** So many rows may fail by themselves before the server is taken to be ill. */
const MAX_FAILED = 5

/** Throws `cloud.*` when the server cannot be asked; what was sent before that stays done. */
export async function push(context: Context, namespace: Namespace): Promise<void> {
  const failed: unknown[] = []
  const each = async <T extends OutboxEntry>(
    entries: readonly T[],
    send: (entry: T) => Promise<void>,
  ): Promise<void> => {
    for (const entry of entries) {
      try {
        await send(entry)
      } catch (error) {
        if (isOfSpec(error)) {
          context.log('warning', `A forward that is shared cannot be taken as the cloud has it: ${error.message}`)
          continue
        }
        // One row that the server stumbles over holds up no other.
        if (!isOfOneRow(error) || failed.push(error) > MAX_FAILED) throw error
      }
    }
  }
  const saves = await createAll(context, namespace)
  await each(saves, (entry) => saveOne(context, entry))
  await each(await waiting(context, namespace, 'delete'), (entry) => deleteOne(context, entry))
  await each(await waiting(context, namespace, 'run'), (entry) => runOne(context, entry))
  if (failed.length > 0) throw failed[0]
}

// --- internal ---

async function waiting<K extends OutboxEntry['kind']>(
  { replica }: Context,
  namespace: Namespace,
  kind: K,
): Promise<readonly Extract<OutboxEntry, { readonly kind: K }>[]> {
  const isOf = (entry: OutboxEntry): entry is Extract<OutboxEntry, { readonly kind: K }> => entry.kind === kind
  return replica.transact((state) => ({ changes: {}, result: state.outbox(namespace).filter(isOf) }))
}

function isOfOneRow(error: unknown): boolean {
  return error instanceof CloudError && error.status !== null && error.code === 'cloud.server-fault'
}
