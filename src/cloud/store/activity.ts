/** Which devices run a forward now. A start or stop and what it means for the forward are one transaction. */
import type { Kysely } from 'kysely'
import type { Forwards } from './forwards'
import type { ActivityRow, ForwardRow, Tables } from './tables'

export interface Running extends ActivityRow {
  readonly email: string
}

export interface Activity {
  /** `null` when there is no such forward (any more). */
  readonly start: (row: ActivityRow) => Promise<ForwardRow | null>
  /** Of one device, or with `null` of every device of the person. Others may run it still: then it stays active, and shows theirs. */
  readonly stop: (forwardId: string, userId: string, deviceId: string | null) => Promise<ForwardRow | null>
  /** Newest first. */
  readonly running: (forwardId: string) => Promise<readonly Running[]>
}

export function createActivity(db: Kysely<Tables>, forwards: Forwards): Activity {
  return {
    start: (row) =>
      forwards.setStatus(row.forwardId, async (trx) => {
        const { forwardId: _forward, deviceId: _device, userId: _user, ...rest } = row
        await trx
          .insertInto('activities')
          .values(row)
          .onConflict((conflict) => conflict.columns(['forwardId', 'deviceId', 'userId']).doUpdateSet(rest))
          .execute()
        const { tunnelId, connectionId, startedAt: lastUsed } = row
        return { status: 'active', lastUsed, tunnelId, connectionId }
      }),
    stop: (forwardId, userId, deviceId) =>
      forwards.setStatus(forwardId, async (trx) => {
        let query = trx.deleteFrom('activities').where('forwardId', '=', forwardId).where('userId', '=', userId)
        if (deviceId !== null) query = query.where('deviceId', '=', deviceId)
        await query.execute()
        const [other] = await running(trx, forwardId)
        if (other === undefined) return { status: 'inactive', tunnelId: null, connectionId: null }
        return { status: 'active', tunnelId: other.tunnelId, connectionId: other.connectionId }
      }),
    running: (forwardId) => running(db, forwardId),
  }
}

// --- internal ---

function running(db: Kysely<Tables>, forwardId: string): Promise<Running[]> {
  return db
    .selectFrom('activities')
    .innerJoin('users', 'users.id', 'activities.userId')
    .selectAll('activities')
    .select('users.email')
    .where('forwardId', '=', forwardId)
    .orderBy('startedAt', 'desc')
    .execute()
}
