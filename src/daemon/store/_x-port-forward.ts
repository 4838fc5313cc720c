/**
 * The books of the X Port Forward API: what panels bill by.
 *
 * Bytes are kept as whole numbers. `hour` is what moved since the last flush; a flush makes a traffic log of it and adds it to `used`.
 */
import { sql, type Kysely } from 'kysely'
import { z } from 'zod'
import type { XTrafficLogRow, Tables } from './_tables'
import type { TrafficSum } from './_traffic'

/** Rows in one report: a panel that was away for long gets several. */
export const REPORT_ROWS = 5000
const BATCH = 'x-port-forward.batch'
const HOUR = 'x-port-forward.hour'

export interface XForward {
  readonly relayId: string
  readonly used: number
  readonly hourUp: number
  readonly hourDown: number
  /** As the panel gave them; 0 where it gave none. */
  readonly storedMaxConnections: number
  readonly storedRateKb: number
}

export type XTrafficLog = Readonly<Omit<XTrafficLogRow, 'id'> & { id: number }>

export interface XBatch {
  readonly id: string
  readonly logs: readonly XTrafficLog[]
  /** Bytes by name, of the forwards among them that still exist. */
  readonly used: readonly { readonly name: string; readonly bytes: number }[]
}

export interface XPortForwardStore {
  /** `null`: no panel ever changed this relay. */
  readonly xForward: (relayId: string) => Promise<XForward | null>
  /** Begins to keep books of a relay, or notes what the panel gave now; what is missing stays. */
  readonly saveXForward: (forward: XForwardDraft) => Promise<void>
  /** Writes one traffic log for each of these that has books, also when nothing moved. */
  readonly flushXForwards: (relayIds: readonly string[], at: number) => Promise<void>
  /**
   * The turn of an hour: a log for each of `running`, one for others that moved something, and logs older than `before` go. Does
   * nothing when that hour was turned already.
   */
  readonly turnXHour: (hour: XHour) => Promise<void>
  /** Removes a relay with its logs, as one change. Gives what was not flushed. */
  readonly deleteXForward: (relayId: string, at: string) => Promise<XForward | null>
  readonly resetXForward: (relayId: string) => Promise<void>
  /** Oldest first. */
  readonly xTrafficLogs: (relayId: string, only: { readonly waiting: boolean }) => Promise<readonly XTrafficLog[]>
  readonly waitingXLogs: () => Promise<number>
  /** Takes the oldest logs that wait and remembers them as the batch of that id; `null` when none wait. */
  readonly beginXReport: (id: string) => Promise<XBatch | null>
  /** The batch of that id was taken. Does nothing when it is not the one begun last. */
  readonly acknowledgeXReport: (id: string, at: number) => Promise<void>
  /** Gives books to relays of panels that have none: the daemon died while one was made. */
  readonly mendXForwards: () => Promise<void>
}

export interface XForwardDraft {
  readonly relayId: string
  readonly storedMaxConnections?: number | undefined
  readonly storedRateKb?: number | undefined
}

export interface XHour {
  /** Hours since 1970. */
  readonly hour: number
  readonly running: readonly string[]
  /** Unix milliseconds. */
  readonly at: number
  readonly before: number
}

type Db = Kysely<Tables>

/** What moved, in the transaction that saves the counters: see `LedgerHook`. */
export async function addToXForwards(trx: Db, sums: readonly TrafficSum[]): Promise<void> {
  for (const { ownerId, up, down } of sums) {
    if (up === 0 && down === 0) continue
    await trx
      .updateTable('xForwards')
      .set((row) => ({ hourUp: row('hourUp', '+', up), hourDown: row('hourDown', '+', down) }))
      .where('relayId', '=', ownerId)
      .execute()
  }
}

export function xPortForwardPart(db: Db): XPortForwardStore {
  return { ...bookPart(db), ...logPart(db), ...reportPart(db) }
}

type BookPart = Pick<
  XPortForwardStore,
  'xForward' | 'saveXForward' | 'deleteXForward' | 'resetXForward' | 'mendXForwards'
>
function bookPart(db: Db): BookPart {
  return {
    xForward: async (relayId) => (await find(db, relayId)) ?? null,
    saveXForward: async ({ relayId, storedMaxConnections, storedRateKb }) => {
      const given = {
        ...(storedMaxConnections === undefined ? {} : { storedMaxConnections }),
        ...(storedRateKb === undefined ? {} : { storedRateKb }),
      }
      await db
        .insertInto('xForwards')
        .values({ relayId, used: 0, hourUp: 0, hourDown: 0, storedMaxConnections: 0, storedRateKb: 0, ...given })
        .onConflict((conflict) => conflict.column('relayId').doUpdateSet({ relayId, ...given }))
        .execute()
    },
    deleteXForward: (relayId, at) =>
      db.transaction().execute(async (trx) => {
        const forward = await find(trx, relayId)
        await trx.updateTable('relays').set({ deletedAt: at, wanted: 0 }).where('id', '=', relayId).execute()
        await trx.deleteFrom('xForwards').where('relayId', '=', relayId).execute()
        await trx.deleteFrom('xTrafficLogs').where('relayId', '=', relayId).execute()
        return forward ?? null
      }),
    resetXForward: async (relayId) => {
      await db.updateTable('xForwards').set({ used: 0 }).where('relayId', '=', relayId).execute()
    },
    mendXForwards: async () => {
      await sql`
        insert into x_forwards (relay_id, used, hour_up, hour_down, stored_max_connections, stored_rate_kb)
        select id, 0, 0, 0, 0, 0 from relays where origin = 'x-port-forward' and deleted_at is null
        on conflict do nothing`.execute(db)
    },
  }
}

type LogPart = Pick<XPortForwardStore, 'flushXForwards' | 'turnXHour' | 'xTrafficLogs'>
function logPart(db: Db): LogPart {
  return {
    flushXForwards: (relayIds, at) => db.transaction().execute((trx) => flush(trx, relayIds, at)),
    turnXHour: ({ hour, running, at, before }) =>
      db.transaction().execute(async (trx) => {
        const last = await readMeta(trx, HOUR)
        if (last === String(hour)) return
        await writeMeta(trx, HOUR, String(hour))
        // The first hour of all has no end yet. A clock that was set back begins one again; what moved stays until it ends.
        if (last === null || Number(last) > hour) return
        const moved = await trx
          .selectFrom('xForwards')
          .select('relayId')
          .where((row) => row.or([row('hourUp', '>', 0), row('hourDown', '>', 0)]))
          .execute()
        await flush(trx, [...new Set([...running, ...moved.map(({ relayId }) => relayId)])], at)
        await trx.deleteFrom('xTrafficLogs').where('hourTime', '<', before).execute()
        await trx.deleteFrom('xForwards').where('relayId', 'not in', trx.selectFrom('relays').select('id')).execute()
      }),
    xTrafficLogs: async (relayId, { waiting }) => {
      let query = db.selectFrom('xTrafficLogs').selectAll().where('relayId', '=', relayId).orderBy('id')
      if (waiting) query = query.where('reportStatus', '=', 'wait')
      return query.execute()
    },
  }
}

type ReportPart = Pick<XPortForwardStore, 'waitingXLogs' | 'beginXReport' | 'acknowledgeXReport'>
function reportPart(db: Db): ReportPart {
  return {
    waitingXLogs: async () => {
      const { count } = await db
        .selectFrom('xTrafficLogs')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('reportStatus', '=', 'wait')
        .executeTakeFirstOrThrow()
      return count
    },
    beginXReport: (id) =>
      db.transaction().execute(async (trx) => {
        const logs = await trx
          .selectFrom('xTrafficLogs')
          .selectAll()
          .where('reportStatus', '=', 'wait')
          .orderBy('id')
          .limit(REPORT_ROWS)
          .execute()
        const last = logs.at(-1)
        if (last === undefined) return null
        await writeMeta(trx, BATCH, JSON.stringify({ id, last: last.id }))
        return { id, logs, used: await usedOf(trx, new Set(logs.map(({ forwardName }) => forwardName))) }
      }),
    acknowledgeXReport: (id, at) =>
      db.transaction().execute(async (trx) => {
        const batch = batchSchema.safeParse(parseJson(await readMeta(trx, BATCH)))
        if (!batch.success || batch.data.id !== id) return
        await trx
          .updateTable('xTrafficLogs')
          .set({ reportStatus: 'ok', updatedAt: at })
          .where('reportStatus', '=', 'wait')
          .where('id', '<=', batch.data.last)
          .execute()
        await trx.deleteFrom('meta').where('key', '=', BATCH).execute()
      }),
  }
}

// --- internal ---

const batchSchema = z.object({ id: z.string(), last: z.int() })

function find(db: Db, relayId: string): Promise<XForward | undefined> {
  return db.selectFrom('xForwards').selectAll().where('relayId', '=', relayId).executeTakeFirst()
}

async function flush(trx: Db, relayIds: readonly string[], at: number): Promise<void> {
  for (const relayId of relayIds) {
    const forward = await find(trx, relayId)
    const relay = await trx.selectFrom('relays').select('name').where('id', '=', relayId).executeTakeFirst()
    if (forward === undefined || relay === undefined) continue
    const bytes = forward.hourUp + forward.hourDown
    const times = { hourTime: at, createdAt: at, updatedAt: at }
    await trx
      .insertInto('xTrafficLogs')
      .values({ relayId, forwardName: relay.name, bytes, reportStatus: 'wait', ...times })
      .execute()
    await trx
      .updateTable('xForwards')
      .set((row) => ({ used: row('used', '+', bytes), hourUp: 0, hourDown: 0 }))
      .where('relayId', '=', relayId)
      .execute()
  }
}

async function usedOf(trx: Db, names: ReadonlySet<string>): Promise<XBatch['used']> {
  const rows = await trx
    .selectFrom('xForwards')
    .innerJoin('relays', 'relays.id', 'xForwards.relayId')
    .select(['relays.name', 'xForwards.used as bytes'])
    .where('relays.deletedAt', 'is', null)
    .execute()
  return rows.filter(({ name }) => names.has(name))
}

async function readMeta(trx: Db, key: string): Promise<string | null> {
  const row = await trx.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value ?? null
}

async function writeMeta(trx: Db, key: string, value: string): Promise<void> {
  await trx
    .insertInto('meta')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
