/** Servers, forwards, and the times when forwards end, in SQLite. */
import type { Kysely } from 'kysely'
import { writeCloud } from './_cloud'
import { forwardFromRow, serverFromRow } from './_rows'
import type { Tables } from './_tables'
import { upsertForwards, upsertServers } from './_upserts'
import type { Store } from './index'

type ServerPart = Pick<Store, 'saveServer' | 'deleteServer' | 'deletedServer'>
export function serverPart(db: Kysely<Tables>): ServerPart {
  return {
    saveServer: (spec, cloud = {}) =>
      db.transaction().execute(async (trx) => {
        await upsertServers(trx, [spec])
        await writeCloud(trx, cloud)
      }),
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

type ForwardPart = Pick<
  Store,
  'saveForwards' | 'deleteForwards' | 'removedForwards' | 'deletedForwards' | 'setWanted' | 'setLastUsed'
>
export function forwardPart(db: Kysely<Tables>): ForwardPart {
  return {
    saveForwards: (specs, servers = [], cloud = {}) =>
      db.transaction().execute(async (trx) => {
        await upsertServers(trx, servers)
        await upsertForwards(trx, specs)
        await writeCloud(trx, cloud)
      }),
    deleteForwards: (ids, at, cloud = {}) =>
      db.transaction().execute(async (trx) => {
        await trx.updateTable('forwards').set({ deletedAt: at, wanted: 0 }).where('id', 'in', ids).execute()
        await writeCloud(trx, cloud)
      }),
    removedForwards: async () => {
      const rows = await db
        .selectFrom('forwards')
        .select(['id', 'name', 'deletedAt'])
        .where('deletedAt', 'is not', null)
        .orderBy('deletedAt', 'desc')
        .execute()
      return rows.flatMap(({ id, name, deletedAt }) => (deletedAt === null ? [] : [{ id, name, removedAt: deletedAt }]))
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
