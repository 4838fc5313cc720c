/** The books in SQLite: counters, hours, days, ended and live connections. */
import { sql, type Kysely } from 'kysely'
import type { EndReason, EndedConnection } from '@shared/traffic'
import type { Endpoint } from '@shared/endpoints'
import type { Tables } from './_tables'

/** Ended connections that are kept of one owner, and of all together. */
export const OWNER_HISTORY_LIMIT = 2000
const HISTORY_LIMIT = 50_000
/** Of each owner: all of a month, whatever day it is. */
export const DAYS_LOADED = 62
/** New ones until the bounds are looked after again: rows beyond the bound stay so long. */
const TRIM_AFTER = 500

/** What one owner moved in one hour of one day, beyond what is saved. */
export interface TrafficDelta {
  readonly ownerId: string
  /** Unix seconds of the begin of the hour (UTC). */
  readonly hour: number
  /** `YYYY-MM-DD` in the machine's zone. */
  readonly day: string
  readonly up: number
  readonly down: number
  readonly connections: number
}

export interface TrafficSum {
  readonly ownerId: string
  readonly up: number
  readonly down: number
  readonly connections: number
}

/** A connection that is not over, as it was when it was last looked at. */
export interface LiveConnection {
  readonly id: string
  readonly ownerId: string
  readonly source: Endpoint | null
  readonly target: Endpoint | null
  readonly startedAt: string
  readonly bytesUp: number
  readonly bytesDown: number
}

export interface LiveChanges {
  /** Names the daemon's run: connections of another are those of a crash. */
  readonly run: string
  readonly at: string
  readonly changed: readonly LiveConnection[]
  /** Ids of those that are over. */
  readonly gone: readonly string[]
}

/** All of it is saved in one transaction, or none. */
export interface TrafficBatch {
  readonly deltas: readonly TrafficDelta[]
  readonly names: readonly { readonly ownerId: string; readonly name: string }[]
  readonly ended: readonly EndedConnection[]
  readonly live: LiveChanges
  /** Waits until the disk has it; without, the power may fail for up to a minute of it, though no process can. */
  readonly isDurable: boolean
}

/** Other books that follow the same bytes, in the same transaction: never without these, never twice. */
export interface LedgerHook {
  readonly flush: (trx: Kysely<Tables>, sums: readonly TrafficSum[]) => Promise<void>
}

export interface SavedTraffic {
  readonly counters: readonly TrafficSum[]
  readonly days: readonly {
    readonly ownerId: string
    readonly day: string
    readonly up: number
    readonly down: number
  }[]
  readonly names: ReadonlyMap<string, string>
}

export interface TrafficRange {
  readonly ownerId: string | null
  readonly limit: number
}

export interface TrafficPart {
  readonly saveTraffic: (batch: TrafficBatch, hooks?: readonly LedgerHook[]) => Promise<void>
  /** Counters and names of all owners, and the newest {@link DAYS_LOADED} days of each. */
  readonly loadTraffic: () => Promise<SavedTraffic>
  /** Oldest first; `from` and `to` in Unix seconds. */
  readonly trafficHours: (range: TrafficRange & { from: number; to: number }) => Promise<readonly TrafficDelta[]>
  /** Oldest first; `to` is not included. */
  readonly trafficDays: (range: TrafficRange & { from: string; to: string }) => Promise<readonly TrafficDelta[]>
  /** Newest first. */
  readonly trafficHistory: (range: TrafficRange) => Promise<readonly EndedConnection[]>
  /** Turns connections that were live when an earlier daemon ended without a word into ended ones; `run` is this one. */
  readonly endCrashed: (run: string) => Promise<void>
  /** Forgets hours that began before `before`, in Unix seconds. */
  readonly purgeHours: (before: number) => Promise<void>
}

export function trafficPart(db: Kysely<Tables>): TrafficPart {
  const trims = createTrims()
  const save = (connection: Kysely<Tables>, batch: TrafficBatch, hooks: readonly LedgerHook[]): Promise<void> =>
    connection.transaction().execute(async (trx) => {
      const sums = sumsOf(batch.deltas)
      await saveDeltas(trx, batch.deltas, sums)
      await saveNames(trx, batch.names)
      if (sums.length > 0) for (const hook of hooks) await hook.flush(trx, sums)
      await saveEnded(trx, batch.ended)
      await saveLive(trx, batch.live)
      await trims.after(trx, batch.ended)
    })
  return {
    saveTraffic: (batch, hooks = []) =>
      batch.isDurable
        ? save(db, batch, hooks)
        : db.connection().execute(async (connection) => {
            // Once a second the disk need not be waited for: it would hold up every byte that passes meanwhile.
            await sql`pragma synchronous = normal`.execute(connection)
            try {
              await save(connection, batch, hooks)
            } finally {
              await sql`pragma synchronous = full`.execute(connection)
            }
          }),
    loadTraffic: async () => {
      const counters = await db.selectFrom('counters').selectAll().execute()
      const { rows: days } = await sql<SavedTraffic['days'][number]>`
        select days.owner_id, day, up, down from counters join traffic_days as days using (owner_id)
        where day >= coalesce((select day from traffic_days as newest where newest.owner_id = counters.owner_id
          order by day desc limit 1 offset ${DAYS_LOADED - 1}), '')`.execute(db)
      const names = await db.selectFrom('ownerNames').selectAll().execute()
      return {
        counters: counters.map((row) => ({
          ...{ ownerId: row.ownerId, up: row.bytesUp, down: row.bytesDown, connections: row.connections },
        })),
        days,
        names: new Map(names.map(({ ownerId, name }) => [ownerId, name])),
      }
    },
    trafficHours: async ({ ownerId, limit, from, to }) => {
      let query = db.selectFrom('trafficHours').selectAll().where('at', '>=', from).where('at', '<', to)
      if (ownerId !== null) query = query.where('ownerId', '=', ownerId)
      const rows = await query.orderBy('at').orderBy('ownerId').limit(limit).execute()
      return rows.map(({ at, ...row }) => ({ ...row, hour: at, day: '' }))
    },
    trafficDays: async ({ ownerId, limit, from, to }) => {
      let query = db.selectFrom('trafficDays').selectAll().where('day', '>=', from).where('day', '<', to)
      if (ownerId !== null) query = query.where('ownerId', '=', ownerId)
      const rows = await query.orderBy('day').orderBy('ownerId').limit(limit).execute()
      return rows.map((row) => ({ ...row, hour: 0 }))
    },
    trafficHistory: async ({ ownerId, limit }) => {
      let query = db.selectFrom('endedConnections').selectAll().orderBy('id', 'desc').limit(limit)
      if (ownerId !== null) query = query.where('ownerId', '=', ownerId)
      const rows = await query.execute()
      return rows.map(({ id: _id, ...row }) => ({
        ...row,
        source: endpointFrom(row.source),
        target: endpointFrom(row.target),
        reason: row.reason as EndReason,
      }))
    },
    endCrashed: (run) =>
      db.transaction().execute(async (trx) => {
        // When each ended is not known: at the earliest when the books were last written.
        await sql`
          insert into ended_connections
            (owner_id, source, target, started_at, ended_at, bytes_up, bytes_down, reason)
          select owner_id, source, target, started_at, (select max(seen_at) from live_connections where run <> ${run}),
            bytes_up, bytes_down, 'crash'
          from live_connections where run <> ${run} order by started_at`.execute(trx)
        await trx.deleteFrom('liveConnections').where('run', '<>', run).execute()
      }),
    purgeHours: async (before) => {
      await db.deleteFrom('trafficHours').where('at', '<', before).execute()
    },
  }
}

// --- internal ---
// Whole lists go in as one JSON parameter: a statement per row would hold up the event loop for a thousand owners.

function sumsOf(deltas: readonly TrafficDelta[]): readonly TrafficSum[] {
  const sums = new Map<string, TrafficSum>()
  for (const { ownerId, up, down, connections } of deltas) {
    const sum = sums.get(ownerId) ?? { ownerId, up: 0, down: 0, connections: 0 }
    sums.set(ownerId, {
      ...{ ownerId, up: sum.up + up, down: sum.down + down, connections: sum.connections + connections },
    })
  }
  return [...sums.values()]
}

async function saveDeltas(
  trx: Kysely<Tables>,
  deltas: readonly TrafficDelta[],
  sums: readonly TrafficSum[],
): Promise<void> {
  if (deltas.length === 0) return
  const totals = JSON.stringify(sums.map((sum) => [sum.ownerId, sum.up, sum.down, sum.connections]))
  await sql`
    insert into counters (owner_id, bytes_up, bytes_down, connections)
    select value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each(${totals}) where true
    on conflict (owner_id) do update set bytes_up = bytes_up + excluded.bytes_up,
      bytes_down = bytes_down + excluded.bytes_down, connections = connections + excluded.connections`.execute(trx)
  const rows = JSON.stringify(deltas.map((d) => [d.ownerId, d.hour, d.day, d.up, d.down, d.connections]))
  await sql`
    insert into traffic_hours (owner_id, at, up, down, connections)
    select value ->> 0, value ->> 1, value ->> 3, value ->> 4, value ->> 5 from json_each(${rows}) where true
    on conflict (owner_id, at) do update
      set up = up + excluded.up, down = down + excluded.down, connections = connections + excluded.connections`.execute(
    trx,
  )
  await sql`
    insert into traffic_days (owner_id, day, up, down, connections)
    select value ->> 0, value ->> 2, value ->> 3, value ->> 4, value ->> 5 from json_each(${rows}) where true
    on conflict (owner_id, day) do update
      set up = up + excluded.up, down = down + excluded.down, connections = connections + excluded.connections`.execute(
    trx,
  )
}

async function saveNames(trx: Kysely<Tables>, names: TrafficBatch['names']): Promise<void> {
  if (names.length === 0) return
  const rows = JSON.stringify(names.map(({ ownerId, name }) => [ownerId, name]))
  await sql`
    insert into owner_names (owner_id, name) select value ->> 0, value ->> 1 from json_each(${rows}) where true
    on conflict (owner_id) do update set name = excluded.name`.execute(trx)
}

async function saveEnded(trx: Kysely<Tables>, ended: readonly EndedConnection[]): Promise<void> {
  if (ended.length === 0) return
  const rows = JSON.stringify(
    ended.map((one) => [
      ...[one.ownerId, endpointText(one.source), endpointText(one.target), one.startedAt, one.endedAt],
      ...[one.bytesUp, one.bytesDown, one.reason],
    ]),
  )
  await sql`
    insert into ended_connections (owner_id, source, target, started_at, ended_at, bytes_up, bytes_down, reason)
    select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
    from json_each(${rows})`.execute(trx)
}

async function saveLive(trx: Kysely<Tables>, { run, changed, gone, at }: LiveChanges): Promise<void> {
  if (gone.length > 0) {
    await sql`delete from live_connections
      where run = ${run} and id in (select value from json_each(${JSON.stringify(gone)}))`.execute(trx)
  }
  if (changed.length === 0) return
  const rows = JSON.stringify(
    changed.map((one) => [
      ...[one.id, one.ownerId, endpointText(one.source), endpointText(one.target), one.startedAt],
      ...[one.bytesUp, one.bytesDown],
    ]),
  )
  await sql`
    insert into live_connections (run, seen_at, id, owner_id, source, target, started_at, bytes_up, bytes_down)
    select ${run}, ${at}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
    from json_each(${rows}) where true
    on conflict (run, id) do update set seen_at = excluded.seen_at, target = excluded.target,
      bytes_up = excluded.bytes_up, bytes_down = excluded.bytes_down`.execute(trx)
}

/** Counts what was added, and trims once that is worth a statement. */
function createTrims(): { after: (trx: Kysely<Tables>, ended: readonly EndedConnection[]) => Promise<void> } {
  const added = new Map<string, number>()
  // At the first flush too: an earlier process may have left more.
  let all = TRIM_AFTER
  return {
    after: async (trx, ended) => {
      if (ended.length === 0) return
      for (const { ownerId } of ended) added.set(ownerId, (added.get(ownerId) ?? TRIM_AFTER) + 1)
      for (const [ownerId, count] of added) {
        if (count < TRIM_AFTER) continue
        added.set(ownerId, 0)
        await sql`delete from ended_connections where owner_id = ${ownerId} and id <= (
          select id from ended_connections where owner_id = ${ownerId}
          order by id desc limit 1 offset ${OWNER_HISTORY_LIMIT})`.execute(trx)
      }
      all += ended.length
      if (all < TRIM_AFTER) return
      all = 0
      await sql`delete from ended_connections where id <= (
        select id from ended_connections order by id desc limit 1 offset ${HISTORY_LIMIT})`.execute(trx)
    },
  }
}

function endpointText(endpoint: Endpoint | null): string | null {
  return endpoint === null ? null : JSON.stringify(endpoint)
}

/** Written by {@link endpointText}; what is not is shown as unknown. */
function endpointFrom(text: string | null): Endpoint | null {
  if (text === null) return null
  try {
    const { host, port, path } = JSON.parse(text) as Record<string, unknown>
    if (typeof path === 'string') return { path }
    return typeof host === 'string' && typeof port === 'number' ? { host, port } : null
  } catch {
    return null
  }
}
