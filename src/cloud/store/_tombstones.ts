/** Deleted forwards are remembered for those who ask what changed, and for so long only. */
import type { Kysely } from 'kysely'
import type { Tables } from './tables'

const DAY_MS = 86_400_000
export const TOMBSTONE_MS = 90 * DAY_MS

/** Forgets those older than {@link TOMBSTONE_MS}. Cursors from before the newest of them have missed it: their list is to be asked for whole. */
export async function purgeTombstones(db: Kysely<Tables>, now: number): Promise<void> {
  const before = new Date(now - TOMBSTONE_MS).toISOString()
  await db.transaction().execute(async (trx) => {
    const gone = await trx.deleteFrom('forwards').where('deletedAt', '<', before).returning(['scope', 'rev']).execute()
    const floors = new Map<string, number>()
    for (const { scope, rev } of gone) floors.set(scope, Math.max(rev, floors.get(scope) ?? 0))
    // In one order, as whoever locks several.
    for (const [scope, floor] of [...floors].sort(([one], [other]) => (one < other ? -1 : 1))) {
      await trx.updateTable('scopes').set({ floor }).where('scope', '=', scope).where('floor', '<', floor).execute()
    }
  })
}
