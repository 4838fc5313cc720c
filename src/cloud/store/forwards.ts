/** Forwards in the database. A change, its revision and its notice to other instances are one transaction. */
import { randomUUID } from 'node:crypto'
import { sql, type Kysely, type Transaction } from 'kysely'
import type { ForwardChange, ForwardFields } from '../forward-body'
import { announced } from './_announced'
import type { Changes } from './changes'
import type { ForwardRow, Tables } from './tables'

/** Whose forward it is: a person's own, or a team's. */
export interface Owner {
  readonly userId: string
  readonly namespace: string | null
}

export interface Delta {
  /** Changed since the cursor, oldest change first. */
  readonly changed: readonly ForwardRow[]
  /** Ids of those deleted since. */
  readonly deleted: readonly string[]
  /** To ask with the next time. */
  readonly cursor: number
  /** More waits behind this page. */
  readonly more: boolean
}

/** What to write of one element of a sync; its row is found by `fields.localId`. */
export interface SyncWrite {
  readonly fields: ForwardFields
  /** The fields that the element named; the others of a matched row stay. */
  readonly change: ForwardChange
}

export interface Synced {
  readonly row: ForwardRow
  readonly result: 'created' | 'updated' | 'unchanged'
}

export interface Forwards {
  /** Newest first. */
  readonly list: (scope: string, status: 'active' | 'inactive' | null) => Promise<readonly ForwardRow[]>
  readonly since: (scope: string, cursor: number, limit: number) => Promise<Delta>
  readonly cursor: (scope: string) => Promise<number>
  readonly get: (id: string) => Promise<ForwardRow | null>
  readonly create: (fields: ForwardFields, owner: Owner) => Promise<ForwardRow>
  /** `null` when it is gone, or when its version is not `ifVersion` any more. */
  readonly change: (id: string, change: ForwardChange, ifVersion: number | null) => Promise<ForwardRow | null>
  /** False when it is gone, or its version is not `ifVersion`. */
  readonly remove: (id: string, ifVersion: number | null) => Promise<boolean>
  /**
   * All or nothing; answers in the order of `writes`. An element with the `localId` of a live row in one of `scopes` (the first that has
   * one, and in it the oldest) changes it; any other makes a row of `owner`.
   */
  readonly sync: (
    writes: readonly SyncWrite[],
    where: { readonly owner: Owner; readonly scopes: readonly string[] },
  ) => Promise<readonly Synced[]>
  /** Writes what a start or stop means for the row itself, which `decide` finds out while nobody else can change it. */
  readonly setStatus: (id: string, decide: (trx: Trx) => Promise<StatusFields>) => Promise<ForwardRow | null>
}

export interface StatusFields {
  readonly status: 'active' | 'inactive'
  readonly tunnelId: string | null
  readonly connectionId: string | null
  /** Kept as it is when missing. */
  readonly lastUsed?: string
}

export function scopeOf({ userId, namespace }: Owner): string {
  return namespace === null ? `personal:${userId}` : `team:${namespace}`
}

/** SQLite takes 32,766 parameters in one statement; a row has 28. */
const ROWS_PER_INSERT = 500
const IDS_PER_SELECT = 5000

type Trx = Transaction<Tables>

export function createForwards(db: Kysely<Tables>, changes: Changes, now: () => number): Forwards {
  const stamp = (): string => new Date(now()).toISOString()
  const live = (): ReturnType<typeof selectLive> => selectLive(db)
  return {
    list: async (scope, status) => {
      let query = live().where('scope', '=', scope).orderBy('createdAt', 'desc').orderBy('id')
      if (status !== null) query = query.where('status', '=', status)
      return await query.execute()
    },
    since: async (scope, cursor, limit) => {
      const rows = await db
        .selectFrom('forwards')
        .selectAll()
        .where('scope', '=', scope)
        .where('rev', '>', cursor)
        .orderBy('rev')
        .limit(limit + 1)
        .execute()
      const page = rows.slice(0, limit)
      return {
        changed: page.filter(({ deletedAt }) => deletedAt === null),
        deleted: page.filter(({ deletedAt }) => deletedAt !== null).map(({ id }) => id),
        cursor: page.at(-1)?.rev ?? cursor,
        more: rows.length > limit,
      }
    },
    cursor: async (scope) => {
      const row = await db.selectFrom('scopes').select('rev').where('scope', '=', scope).executeTakeFirst()
      return row?.rev ?? 0
    },
    get: async (id) => (await live().where('id', '=', id).executeTakeFirst()) ?? null,
    create: (fields, owner) =>
      inTransaction(db, changes, async (trx, touched) => {
        const row = newRow(fields, owner, { at: stamp(), rev: await touched(scopeOf(owner)) })
        await trx.insertInto('forwards').values(row).execute()
        return row
      }),
    change: (id, change, ifVersion) =>
      inTransaction(db, changes, async (trx, touched) => {
        const before = await lockedRow(trx, id, touched)
        if (before === null || (ifVersion !== null && before.row.version !== ifVersion)) return null
        return updateRow(trx, before, { ...toColumns(change), version: before.row.version + 1, updatedAt: stamp() })
      }),
    remove: (id, ifVersion) =>
      inTransaction(db, changes, async (trx, touched) => {
        const before = await lockedRow(trx, id, touched)
        if (before === null || (ifVersion !== null && before.row.version !== ifVersion)) return false
        await trx.deleteFrom('activities').where('forwardId', '=', id).execute()
        await updateRow(trx, before, { deletedAt: stamp(), status: 'inactive', ...noSecrets })
        return true
      }),
    sync: (writes, { owner, scopes }) =>
      inTransaction(db, changes, async (trx, touched) => {
        // Locked before the look: of two machines that sync the same new forward at once, the second one finds it.
        await touched(scopeOf(owner), 0)
        const known = await idsByLocalId(trx, scopes, writes)
        const before = await lockedRows(trx, [...known.values()], touched)
        const at = stamp()
        const answers = writes.map((write): Synced => {
          const found = before.get(known.get(write.fields.localId ?? '') ?? '')
          if (found === undefined) return { row: newRow(write.fields, owner, { at, rev: 0 }), result: 'created' }
          const columns = toColumns(write.change)
          if (isSame(found, columns)) return { row: found, result: 'unchanged' }
          return { row: { ...found, ...columns, version: found.version + 1, updatedAt: at }, result: 'updated' }
        })
        const written = answers.filter(({ result }) => result !== 'unchanged').map(({ row }) => row)
        // What changed nothing is no change: nobody is told of it.
        await upsert(trx, await withRevisions(written, touched))
        return answers
      }),
    setStatus: (id, decide) =>
      inTransaction(db, changes, async (trx, touched) => {
        const before = await lockedRow(trx, id, touched)
        return before === null ? null : updateRow(trx, before, await decide(trx))
      }),
  }
}

/** Deletes every forward of a scope, as the end of a team does. */
export async function removeScope(trx: Trx, scope: string, deletedAt: string): Promise<void> {
  const rev = await nextRevision(trx, scope, 1)
  const gone = trx.selectFrom('forwards').select('id').where('scope', '=', scope)
  await trx.deleteFrom('activities').where('forwardId', 'in', gone).execute()
  await trx
    .updateTable('forwards')
    .set({ deletedAt, status: 'inactive', rev, ...noSecrets })
    .where('scope', '=', scope)
    .where('deletedAt', 'is', null)
    .execute()
}

// --- internal ---

/** A deleted forward stays as a tombstone; what it knew of logins does not. */
const noSecrets = { password: null, keyContent: null, passphrase: null, tunnelId: null, connectionId: null } as const

/** Gives out `count` revisions of a scope (one by default); returns the last of them. */
type Touched = (scope: string, count?: number) => Promise<number>
interface Before {
  readonly row: ForwardRow
  readonly rev: number
}

/** Runs `work`, and tells the change of every scope that it touched: to other instances with the commit, to our own clients after it. */
function inTransaction<T>(
  db: Kysely<Tables>,
  changes: Changes,
  work: (trx: Trx, touched: Touched) => Promise<T>,
): Promise<T> {
  return announced(db, changes, async (trx, say) => {
    const revisions = new Map<string, number>()
    const answer = await work(trx, async (scope, count = 1) => {
      const rev = await nextRevision(trx, scope, count)
      if (count > 0) revisions.set(scope, rev)
      return rev
    })
    for (const [scope, rev] of revisions) say({ scope, rev })
    return answer
  })
}

/** Locks the scope's row until the commit: revisions become visible in the order in which they were given. */
async function nextRevision(trx: Trx, scope: string, count: number): Promise<number> {
  const { rev } = await trx
    .insertInto('scopes')
    .values({ scope, rev: count })
    .onConflict((conflict) => conflict.column('scope').doUpdateSet({ rev: sql`scopes.rev + ${count}` }))
    .returning('rev')
    .executeTakeFirstOrThrow()
  return rev
}

/** The scope is locked first and the row read after it, so that two changes of one forward come one after the other. */
async function lockedRow(trx: Trx, id: string, touched: Touched): Promise<Before | null> {
  const found = await selectLive(trx).where('id', '=', id).executeTakeFirst()
  if (found === undefined) return null
  const rev = await touched(found.scope)
  const row = await selectLive(trx).where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : { row, rev }
}

/** The same for many rows, by id. Scopes are locked in one order, so that two syncs cannot wait for each other. */
async function lockedRows(
  trx: Trx,
  ids: readonly string[],
  touched: Touched,
): Promise<ReadonlyMap<string, ForwardRow>> {
  const scopes = new Set((await selectMany(trx, ids)).map(({ scope }) => scope))
  for (const scope of [...scopes].sort()) await touched(scope, 0)
  return new Map((await selectMany(trx, ids)).map((row) => [row.id, row]))
}

/** Each row with a revision of its own, in order. */
async function withRevisions(rows: readonly ForwardRow[], touched: Touched): Promise<readonly ForwardRow[]> {
  const counts = new Map<string, number>()
  for (const { scope } of rows) counts.set(scope, (counts.get(scope) ?? 0) + 1)
  const next = new Map<string, number>()
  for (const [scope, count] of counts) next.set(scope, (await touched(scope, count)) - count)
  return rows.map((row) => {
    const rev = (next.get(row.scope) ?? 0) + 1
    next.set(row.scope, rev)
    return { ...row, rev }
  })
}

/** Which row each `localId` means: of the first scope that has one, the oldest. */
async function idsByLocalId(
  trx: Trx,
  scopes: readonly string[],
  writes: readonly SyncWrite[],
): Promise<ReadonlyMap<string, string>> {
  const localIds = writes.flatMap(({ fields }) => (fields.localId ? [fields.localId] : []))
  const rows: Pick<ForwardRow, 'id' | 'localId' | 'scope'>[] = []
  for (const some of chunks(localIds, IDS_PER_SELECT)) {
    const query = selectLive(trx).clearSelect().select(['id', 'localId', 'scope', 'createdAt'])
    const found = query.where('scope', 'in', scopes).where('localId', 'in', some)
    rows.push(...(await found.orderBy('createdAt', 'desc').orderBy('id').execute()))
  }
  const known = new Map<string, string>()
  for (const scope of [...scopes].reverse()) {
    for (const row of rows) if (row.scope === scope && row.localId !== null) known.set(row.localId, row.id)
  }
  return known
}

async function selectMany(trx: Trx, ids: readonly string[]): Promise<readonly ForwardRow[]> {
  const rows: ForwardRow[] = []
  for (const some of chunks(ids, IDS_PER_SELECT)) {
    rows.push(...(await selectLive(trx).where('id', 'in', some).execute()))
  }
  return rows
}

/** What a client may change is written over; the rest of a row that exists stays. */
async function upsert(trx: Trx, rows: readonly ForwardRow[]): Promise<void> {
  for (const some of chunks(rows, ROWS_PER_INSERT)) {
    await trx
      .insertInto('forwards')
      .values(some)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((row) =>
            Object.fromEntries(synced.map((column) => [column, row.ref(`excluded.${column}` as never)])),
          ),
      )
      .execute()
  }
}

const synced = [
  ...(['localId', 'name', 'type', 'localHost', 'localPort', 'remoteHost', 'remotePort', 'bindAddress'] as const),
  ...(['bindPort', 'serverId', 'serverAddress', 'username', 'authType', 'password', 'keyPath', 'keyContent'] as const),
  ...(['passphrase', 'tags', 'description', 'rev', 'version', 'updatedAt'] as const),
] as const satisfies readonly (keyof ForwardRow)[]

function isSame(row: ForwardRow, columns: Partial<ForwardRow>): boolean {
  return Object.entries(columns).every(([key, value]) => row[key as keyof ForwardRow] === value)
}

async function updateRow(trx: Trx, { row, rev }: Before, columns: Partial<ForwardRow>): Promise<ForwardRow> {
  await trx
    .updateTable('forwards')
    .set({ ...columns, rev })
    .where('id', '=', row.id)
    .execute()
  return { ...row, ...columns, rev }
}

function selectLive(db: Kysely<Tables> | Trx) {
  return db.selectFrom('forwards').selectAll().where('deletedAt', 'is', null)
}

function newRow(fields: ForwardFields, owner: Owner, { at, rev }: { at: string; rev: number }): ForwardRow {
  const { tags, ...rest } = fields
  return {
    ...rest,
    id: randomUUID(),
    tags: JSON.stringify(tags),
    ...{ status: 'inactive', lastUsed: null, tunnelId: null, connectionId: null },
    ...{ userId: owner.userId, namespace: owner.namespace, scope: scopeOf(owner), rev, version: 1 },
    ...{ createdAt: at, updatedAt: at, deletedAt: null },
  }
}

function toColumns({ tags, ...rest }: ForwardChange): Partial<ForwardRow> {
  return tags === undefined ? rest : { ...rest, tags: JSON.stringify(tags) }
}

function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}
