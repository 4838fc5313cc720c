/** Servers, forwards, and the times when forwards end, in SQLite. */
import type { Kysely } from 'kysely'
import type { ServerSpec } from '@shared/specs'
import { forwardFromRow, forwardToRow, serverFromRow, serverToRow } from './_rows'
import type { Tables } from './_tables'
import type { Store } from './index'

type ServerPart = Pick<Store, 'saveServer' | 'deleteServer' | 'deletedServer'>
export function serverPart(db: Kysely<Tables>): ServerPart {
  return {
    saveServer: async (spec) => upsertServer(db, spec),
    deleteServer: async (id, at) => {
      await db.updateTable('servers').set({ deletedAt: at }).where('id', '=', id).execute()
    },
    deletedServer: async (id) => {
      const row = await db
        .selectFrom('servers')
        .selectAll()
        .where('id', '=', id)
        .where('deletedAt', 'is not', null)
        .executeTakeFirst()
      return row === undefined ? null : serverFromRow(row)
    },
  }
}

type ForwardPart = Pick<Store, 'saveForwards' | 'deleteForwards' | 'deletedForwards' | 'setWanted' | 'setLastUsed'>
export function forwardPart(db: Kysely<Tables>): ForwardPart {
  return {
    saveForwards: (specs, servers = []) =>
      db.transaction().execute(async (trx) => {
        for (const server of servers) await upsertServer(trx, server)
        for (const spec of specs) {
          const { id, ...rest } = forwardToRow(spec)
          await trx
            .insertInto('forwards')
            .values({ id, ...rest, wanted: 0, lastUsed: null })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
            .execute()
        }
      }),
    deleteForwards: async (ids, at) => {
      await db.updateTable('forwards').set({ deletedAt: at, wanted: 0 }).where('id', 'in', ids).execute()
    },
    deletedForwards: async (ids) => {
      const rows = await db
        .selectFrom('forwards')
        .selectAll()
        .where('id', 'in', ids)
        .where('deletedAt', 'is not', null)
        .execute()
      return rows.map(forwardFromRow).filter((spec) => spec !== null)
    },
    setWanted: async (ids, wanted) => {
      await db
        .updateTable('forwards')
        .set({ wanted: Number(wanted) })
        .where('id', 'in', ids)
        .execute()
    },
    setLastUsed: async (ids, at) => {
      await db.updateTable('forwards').set({ lastUsed: at }).where('id', 'in', ids).execute()
    },
  }
}

export function timePart(db: Kysely<Tables>): Pick<Store, 'setTimes' | 'times'> {
  return {
    setTimes: (ids, stopsAt) =>
      db.transaction().execute(async (trx) => {
        if (ids.length === 0) return
        await trx.deleteFrom('forwardTimes').where('forwardId', 'in', ids).execute()
        if (stopsAt === null) return
        const rows = ids.map((forwardId) => ({ forwardId, stopsAt }))
        await trx.insertInto('forwardTimes').values(rows).execute()
      }),
    times: async () => await db.selectFrom('forwardTimes').selectAll().execute(),
  }
}

async function upsertServer(db: Kysely<Tables>, spec: ServerSpec): Promise<void> {
  const { id, ...rest } = serverToRow(spec)
  await db
    .insertInto('servers')
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
    .execute()
}
