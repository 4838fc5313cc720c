/** Relays in the store: as forwards, without a server. */
import type { Kysely } from 'kysely'
import type { RelaySpec } from '@shared/relays'
import { relayFromRow, relayToRow } from './_rows'
import type { Tables } from './_tables'

export interface RelayRecord {
  readonly spec: RelaySpec
  readonly wanted: boolean
  readonly lastUsed: string | null
}

export interface RelayStore {
  /** Saves all or nothing. */
  readonly saveRelays: (specs: readonly RelaySpec[]) => Promise<void>
  readonly deleteRelays: (ids: readonly string[], at: string) => Promise<void>
  readonly deletedRelays: (ids: readonly string[]) => Promise<readonly RelaySpec[]>
  readonly setRelaysWanted: (ids: readonly string[], wanted: boolean) => Promise<void>
  readonly setRelaysLastUsed: (ids: readonly string[], at: string) => Promise<void>
}

export function relayPart(db: Kysely<Tables>): RelayStore {
  return {
    saveRelays: (specs) =>
      db.transaction().execute(async (trx) => {
        for (const spec of specs) {
          const { id, ...rest } = relayToRow(spec)
          await trx
            .insertInto('relays')
            .values({ id, ...rest, wanted: 0, lastUsed: null })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
            .execute()
        }
      }),
    deleteRelays: async (ids, at) => {
      await db.updateTable('relays').set({ deletedAt: at, wanted: 0 }).where('id', 'in', ids).execute()
    },
    deletedRelays: async (ids) => {
      const rows = await db
        .selectFrom('relays')
        .selectAll()
        .where('id', 'in', ids)
        .where('deletedAt', 'is not', null)
        .execute()
      return rows.map(relayFromRow).filter((spec) => spec !== null)
    },
    setRelaysWanted: async (ids, wanted) => {
      await db
        .updateTable('relays')
        .set({ wanted: Number(wanted) })
        .where('id', 'in', ids)
        .execute()
    },
    setRelaysLastUsed: async (ids, at) => {
      await db.updateTable('relays').set({ lastUsed: at }).where('id', 'in', ids).execute()
    },
  }
}

/** Those that are not deleted, and the names of rows that cannot be read. */
export async function loadRelays(
  db: Kysely<Tables>,
): Promise<{ readonly relays: readonly RelayRecord[]; readonly unreadable: readonly string[] }> {
  const rows = await db.selectFrom('relays').selectAll().where('deletedAt', 'is', null).execute()
  const unreadable: string[] = []
  const relays = rows.flatMap((row) => {
    const spec = relayFromRow(row)
    if (spec === null) unreadable.push(`relay ${row.name}`)
    return spec === null ? [] : [{ spec, wanted: row.wanted === 1, lastUsed: row.lastUsed }]
  })
  return { relays, unreadable }
}

/** Forgets for good what was deleted before `before`. Returns the ids. */
export async function purgeRelays(db: Kysely<Tables>, before: string): Promise<readonly string[]> {
  const gone = await db.deleteFrom('relays').where('deletedAt', '<', before).returning('id').execute()
  return gone.map(({ id }) => id)
}
