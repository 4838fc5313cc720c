/**
 * Which devices run a forward now. A start or stop and what it means for the forward are one transaction.
 *
 * A device that crashed or lost its network says nothing: when its login was not heard of for {@link LEASE_MS}, what it runs lapses, and it
 * comes back with the next word of it.
 */
import type { Kysely } from 'kysely'
import { nextRevision, type Named, type Trx } from './_revisions'
import type { Forwards, StatusFields } from './forwards'
import type { ActivityRow, ForwardRow, Tables } from './tables'

export type NewRun = Omit<ActivityRow, 'forwardId' | 'heardAt' | 'lapsed'>

export interface Running extends ActivityRow {
  readonly email: string
}

export const LEASE_MS = 15 * 60_000

/** The login of a run: its device's, or the person's where a login has none. */
export function runSessionOf(userId: string, device: string | null): string {
  return device ?? `user:${userId}`
}

export interface Activity {
  /** `null` when there is no such forward (any more). */
  readonly start: (named: Named, run: NewRun) => Promise<ForwardRow | null>
  /** Of one device, or with `null` of every device of the person. Others may run it still: then it stays active, and shows theirs. */
  readonly stop: (named: Named, userId: string, deviceId: string | null) => Promise<ForwardRow | null>
  /** Of a {@link runSessionOf}: what lapsed runs again. */
  readonly heard: (session: string) => Promise<void>
  /** Looks for runs of which nothing was heard for too long. */
  readonly lapse: () => Promise<void>
  /** Newest first. */
  readonly running: (forwardId: string) => Promise<readonly Running[]>
}

export function createActivity(db: Kysely<Tables>, forwards: Forwards, now: () => number): Activity {
  const stamp = (at = now()): string => new Date(at).toISOString()
  return {
    start: (named, run) =>
      forwards.setStatus(named, async (trx) => {
        const row = { ...run, heardAt: stamp(), lapsed: 0 }
        const { deviceId: _device, userId: _user, ...rest } = row
        await trx
          .insertInto('activities')
          .values({ ...row, forwardId: named.id })
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
    heard: async (session) => {
      const query = db.updateTable('activities').set({ heardAt: stamp() }).where('session', '=', session)
      const rows = await query.returning(['forwardId', 'lapsed']).execute()
      const lapsed = rows.filter((row) => row.lapsed === 1).map(({ forwardId }) => forwardId)
      if (lapsed.length === 0) return
      const named = await db.selectFrom('forwards').select(['id', 'scope']).where('id', 'in', lapsed).execute()
      for (const one of named) {
        await forwards.setStatus(one, async (trx) => {
          const again = trx.updateTable('activities').set({ lapsed: 0 }).where('forwardId', '=', one.id)
          await again.where('session', '=', session).execute()
          return statusOf(trx, one.id)
        })
      }
    },
    lapse: async () => {
      const before = stamp(now() - LEASE_MS)
      const over = await db
        .selectFrom('activities')
        .innerJoin('forwards', 'forwards.id', 'activities.forwardId')
        .select(['forwards.id', 'forwards.scope'])
        .distinct()
        .where('lapsed', '=', 0)
        .where('session', '<>', '')
        .where('heardAt', '<', before)
        .execute()
      for (const one of over) {
        await forwards.setStatus(one, async (trx) => {
          const late = trx.updateTable('activities').set({ lapsed: 1 }).where('forwardId', '=', one.id)
          await late.where('session', '<>', '').where('heardAt', '<', before).execute()
          return statusOf(trx, one.id)
        })
      }
    },
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
    .where('lapsed', '=', 0)
    .orderBy('startedAt', 'desc')
}
