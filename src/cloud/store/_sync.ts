/** Many forwards in one transaction: what is there is read at once, what differs is written at once. */
import type { ForwardChange, ForwardFields } from '../forward-body'
import { newRow, toColumns } from './_rows'
import { scopeOf, type Owner } from './_scope'
import { selectLive, type Touched, type Trx } from './_revisions'
import { addAudit, type Actor } from './audit'
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

/** SQLite takes 32,766 parameters in one statement; a row has 28. */
const ROWS_PER_INSERT = 500
const IDS_PER_SELECT = 5000

export async function syncRows(
  trx: Trx,
  writes: readonly SyncWrite[],
  { owner, scopes, by, at, touched }: SyncTarget & { readonly at: string; readonly touched: Touched },
): Promise<readonly Synced[]> {
  // Locked before the look: of two machines that sync the same new forward at once, the second one finds it.
  await touched(scopeOf(owner), 0)
  const known = await idsByLocalId(trx, scopes, writes)
  const before = await lockedRows(trx, [...known.values()], touched)
  const answers = writes.map((write): Synced => {
    const found = before.get(known.get(write.fields.localId ?? '') ?? '')
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

/** Rows by id. Scopes are locked in one order, so that two syncs cannot wait for each other. */
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

/** One line for each team, not for each forward. */
async function noteTeams(
  trx: Trx,
  rows: readonly ForwardRow[],
  { by, at }: { readonly by: Actor; readonly at: string },
): Promise<void> {
  const counts = new Map<string, number>()
  for (const { namespace } of rows) if (namespace !== null) counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
  for (const [teamId, count] of counts) {
    const subject = count === 1 ? '1 port forward' : `${count} port forwards`
    await addAudit(trx, { teamId, by, action: 'forward.sync', subject }, at)
  }
}

function isSame(row: ForwardRow, columns: Partial<ForwardRow>): boolean {
  return Object.entries(columns).every(([key, value]) => row[key as keyof ForwardRow] === value)
}

function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}
