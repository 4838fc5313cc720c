/** Which devices run a forward now. */
import type { Kysely } from 'kysely'
import type { ActivityRow, Tables } from './tables'

export interface Running extends ActivityRow {
  readonly email: string
}

export interface Activity {
  readonly started: (row: ActivityRow) => Promise<void>
  /** Of one device, or with `null` of every device of the person. */
  readonly stopped: (forwardId: string, userId: string, deviceId: string | null) => Promise<void>
  /** Newest first. */
  readonly running: (forwardId: string) => Promise<readonly Running[]>
}

export function createActivity(db: Kysely<Tables>): Activity {
  return {
    started: async (row) => {
      const { forwardId: _forward, deviceId: _device, userId: _user, ...rest } = row
      await db
        .insertInto('activities')
        .values(row)
        .onConflict((conflict) => conflict.columns(['forwardId', 'deviceId', 'userId']).doUpdateSet(rest))
        .execute()
    },
    stopped: async (forwardId, userId, deviceId) => {
      let query = db.deleteFrom('activities').where('forwardId', '=', forwardId).where('userId', '=', userId)
      if (deviceId !== null) query = query.where('deviceId', '=', deviceId)
      await query.execute()
    },
    running: async (forwardId) =>
      await db
        .selectFrom('activities')
        .innerJoin('users', 'users.id', 'activities.userId')
        .selectAll('activities')
        .select('users.email')
        .where('forwardId', '=', forwardId)
        .orderBy('startedAt', 'desc')
        .execute(),
  }
}
