/** Which devices run a forward now. A start or stop and what it means for the forward are one transaction. */
import type { Kysely } from 'kysely'
import { nextRevision, type Named, type Trx } from './_revisions'
import type { Forwards, StatusFields } from './forwards'
import type { ActivityRow, ForwardRow, Tables } from './tables'

export interface Running extends ActivityRow {
  readonly email: string
}

export interface Activity {
  /** `null` when there is no such forward (any more). */
  readonly start: (named: Named, run: Omit<ActivityRow, 'forwardId'>) => Promise<ForwardRow | null>
  /** Of one device, or with `null` of every device of the person. Others may run it still: then it stays active, and shows theirs. */
  readonly stop: (named: Named, userId: string, deviceId: string | null) => Promise<ForwardRow | null>
  /** Newest first. */
  readonly running: (forwardId: string) => Promise<readonly Running[]>
}

export function createActivity(db: Kysely<Tables>, forwards: Forwards): Activity {
  return {
    start: (named, run) =>
      forwards.setStatus(named, async (trx) => {
        const { deviceId: _device, userId: _user, ...rest } = run
        await trx
          .insertInto('activities')
          .values({ ...run, forwardId: named.id })
          .onConflict((conflict) => conflict.columns(['forwardId', 'deviceId', 'userId']).doUpdateSet(rest))
          .execute()
        const { tunnelId, connectionId, startedAt: lastUsed } = run
        return { status: 'active', lastUsed, tunnelId, connectionId }
      }),
    stop: (named, userId, deviceId) =>
      forwards.setStatus(named, async (trx) => {
        let query = trx.deleteFrom('activities').where('forwardId', '=', named.id).where('userId', '=', userId)
        if (deviceId !== null) query = query.where('deviceId', '=', deviceId)
        await query.execute()
        return statusOf(trx, named.id)
      }),
    running: (forwardId) => running(db, forwardId).execute(),
  }
}

/** Ends what a person's devices run in a scope, as the end of a membership does. Answers the scope's revision; `null` when they run nothing. */
export async function endRuns(trx: Trx, scope: string, userId: string): Promise<number | null> {
  // Locked first: a start that comes at the same time is before this or after it.
  const locked = await nextRevision(trx, scope, 0)
  const runs = await trx
    .selectFrom('activities')
    .innerJoin('forwards', 'forwards.id', 'activities.forwardId')
    .select('forwards.id')
    .distinct()
    .where('forwards.scope', '=', scope)
    .where('activities.userId', '=', userId)
    .execute()
  if (runs.length === 0) return null
  const ids = runs.map(({ id }) => id)
  await trx.deleteFrom('activities').where('userId', '=', userId).where('forwardId', 'in', ids).execute()
  await nextRevision(trx, scope, ids.length)
  for (const [index, id] of ids.entries()) {
    const fields = await statusOf(trx, id)
    await trx
      .updateTable('forwards')
      .set({ ...fields, rev: locked + index + 1 })
      .where('id', '=', id)
      .execute()
  }
  return locked + ids.length
}

// --- internal ---

async function statusOf(trx: Trx, forwardId: string): Promise<StatusFields> {
  const other = await running(trx, forwardId).executeTakeFirst()
  if (other === undefined) return { status: 'inactive', tunnelId: null, connectionId: null }
  return { status: 'active', tunnelId: other.tunnelId, connectionId: other.connectionId }
}

function running(db: Kysely<Tables>, forwardId: string) {
  return db
    .selectFrom('activities')
    .innerJoin('users', 'users.id', 'activities.userId')
    .selectAll('activities')
    .select('users.email')
    .where('forwardId', '=', forwardId)
    .orderBy('startedAt', 'desc')
}
