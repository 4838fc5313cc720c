/** Many forwards in one transaction: what is there is read at once, what differs is written at once. */
import { sql } from 'kysely'
import type { ForwardChange, ForwardFields } from '../forward-body'
import { newRow, toColumns } from './_rows'
import { scopeOf, type Owner } from './_scope'
import { selectLive, type Touched, type Trx } from './_revisions'
import { addAudit, namedForward, type Actor } from './audit'
import type { ForwardRow } from './tables'

/** What to write of one element of a sync; its row is found by `fields.localId`. */
export interface SyncWrite {
  readonly fields: ForwardFields
  /** The fields that the element named; the others of a matched row stay. */
  readonly change: ForwardChange
  /** Write only over this version; 0: only where there is none. `null`: whatever there is. */
  readonly ifVersion: number | null
}

export type Synced =
  | { readonly result: 'created' | 'updated' | 'unchanged'; readonly row: ForwardRow }
  /** It has another version than the one to write over. `null`: it is gone. */
  | { readonly result: 'conflict'; readonly row: ForwardRow | null }

export interface SyncTarget {
  readonly owner: Owner
  /** Where the rows are looked for, the first one first. */
  readonly scopes: readonly string[]
  readonly by: Actor
}

/** Of one statement: they are held as text meanwhile. */
const ROWS_PER_INSERT = 2000
const IDS_PER_SELECT = 5000
/** The audit names so many forwards of one sync. */
const MAX_NAMED = 5

export async function syncRows(
  trx: Trx,
  writes: readonly SyncWrite[],
  { owner, scopes, by, at, touched }: SyncTarget & { readonly at: string; readonly touched: Touched },
): Promise<readonly Synced[]> {
  // Locked before the look: of two machines that sync the same new forward at once, the second one finds it.
  await touched(scopeOf(owner), 0)
  const locked = await lockMatched(trx, { scopes, writes, owner, touched })
  const before = await rowsByLocalId(trx, locked, writes)
  const answers = writes.map((write): Synced => {
    const found = before.get(write.fields.localId ?? '')
    if (write.ifVersion !== null && write.ifVersion !== (found?.version ?? 0)) {
      return { row: found ?? null, result: 'conflict' }
    }
    if (found === undefined) return { row: newRow(write.fields, owner, { at, rev: 0 }), result: 'created' }
    const columns = toColumns(write.change)
    if (isSame(found, columns)) return { row: found, result: 'unchanged' }
    return { row: { ...found, ...columns, version: found.version + 1, updatedAt: at }, result: 'updated' }
  })
  // What changed nothing is no change: nobody is told of it.
  const written = answers.flatMap((one) => (one.result === 'created' || one.result === 'updated' ? [one.row] : []))
  const rows = await withRevisions(written, touched)
  await upsert(trx, rows)
  await noteTeams(trx, rows, { by, at })
  return answers
}

// --- internal ---

/**
 * Locks the other scopes that have one of the elements, in one order, so that two syncs cannot wait for each other. Answers those of the
 * scopes that are locked now, in the order in which they are looked through.
 */
async function lockMatched(
  trx: Trx,
  {
    scopes,
    writes,
    owner,
    touched,
  }: Pick<SyncTarget, 'scopes' | 'owner'> & { readonly writes: readonly SyncWrite[]; readonly touched: Touched },
): Promise<readonly string[]> {
  const others = scopes.filter((scope) => scope !== scopeOf(owner))
  if (others.length === 0) return scopes
  const matched = new Set<string>()
  for (const some of chunks(localIdsOf(writes), IDS_PER_SELECT)) {
    const query = selectLive(trx).clearSelect().select('scope').distinct()
    const rows = await query.where('scope', 'in', others).where('localId', 'in', some).execute()
    for (const { scope } of rows) matched.add(scope)
  }
  for (const scope of [...matched].sort()) await touched(scope, 0)
  return scopes.filter((scope) => scope === scopeOf(owner) || matched.has(scope))
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
async function rowsByLocalId(
  trx: Trx,
  scopes: readonly string[],
  writes: readonly SyncWrite[],
): Promise<ReadonlyMap<string, ForwardRow>> {
  const rows: ForwardRow[] = []
  for (const some of chunks(localIdsOf(writes), IDS_PER_SELECT)) {
    const query = selectLive(trx).where('scope', 'in', scopes).where('localId', 'in', some)
    rows.push(...(await query.orderBy('createdAt', 'desc').orderBy('id').execute()))
  }
  const known = new Map<string, ForwardRow>()
  for (const scope of [...scopes].reverse()) {
    for (const row of rows) if (row.scope === scope && row.localId !== null) known.set(row.localId, row)
  }
  return known
}

function localIdsOf(writes: readonly SyncWrite[]): readonly string[] {
  return writes.flatMap(({ fields }) => (fields.localId ? [fields.localId] : []))
}

/**
 * What a client may change is written over; the rest of a row that exists stays. Rows travel as one JSON text: a statement with a
 * parameter for each value takes several times as long to put together as to run.
 */
async function upsert(trx: Trx, rows: readonly ForwardRow[]): Promise<void> {
  const [like] = rows
  if (like === undefined) return
  const columns = Object.keys(like) as (keyof ForwardRow)[]
  const isSqlite = !trx.getExecutor().adapter.supportsTransactionalDdl
  for (const some of chunks(rows, ROWS_PER_INSERT)) {
    const json = JSON.stringify(some.map((row) => columns.map((column) => wellFormed(row[column]))))
    const values = columns.map((column, at) => {
      if (isSqlite) return sql`json_extract(value, ${sql.lit(`$[${at}]`)})`
      return sql`(value->>${sql.lit(at)})::${sql.raw(postgresTypes[column] ?? 'text')}`
    })
    const from = isSqlite ? sql`json_each(${json})` : sql`json_array_elements(${json}::json)`
    const names = sql.join(columns.map((column) => sql.ref(column)))
    const over = synced.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`)
    // SQLite takes `on conflict` for a join without a condition in between (sqlite.org, UPSERT, parsing ambiguity).
    await sql`insert into forwards (${names}) select ${sql.join(values)} from ${from} as t where true
      on conflict (id) do update set ${sql.join(over)}`.execute(trx)
  }
}

const postgresTypes: Readonly<Partial<Record<keyof ForwardRow, string>>> = {
  ...{ localPort: 'double precision', remotePort: 'double precision', bindPort: 'double precision' },
  ...{ rev: 'bigint', version: 'integer' },
}

/** PostgreSQL takes no half of a pair of surrogates in JSON. */
function wellFormed(value: string | number | null): string | number | null {
  return typeof value === 'string' ? value.replaceAll(/\p{Surrogate}/gu, '\uFFFD') : value
}

const synced = [
  ...(['localId', 'name', 'type', 'localHost', 'localPort', 'remoteHost', 'remotePort', 'bindAddress'] as const),
  ...(['bindPort', 'serverId', 'serverAddress', 'username', 'authType', 'password', 'keyPath', 'keyContent'] as const),
  ...(['passphrase', 'tags', 'description', 'rev', 'version', 'updatedAt'] as const),
] as const satisfies readonly (keyof ForwardRow)[]

/** One line for each team, not for each forward: it names a few, and says of many how many. */
async function noteTeams(
  trx: Trx,
  rows: readonly ForwardRow[],
  { by, at }: { readonly by: Actor; readonly at: string },
): Promise<void> {
  const teams = new Map<string, ForwardRow[]>()
  for (const row of rows) {
    if (row.namespace === null) continue
    const written = teams.get(row.namespace)
    if (written === undefined) teams.set(row.namespace, [row])
    else written.push(row)
  }
  for (const [teamId, written] of teams) {
    const subject = written.length === 1 ? '1 port forward' : `${written.length} port forwards`
    const detail = written.length > MAX_NAMED ? '' : written.map(namedForward).join(', ')
    await addAudit(trx, { teamId, by, action: 'forward.sync', subject, detail }, at)
  }
}

function isSame(row: ForwardRow, columns: Partial<ForwardRow>): boolean {
  return Object.entries(columns).every(([key, value]) => row[key as keyof ForwardRow] === value)
}

function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}
