/** Forwards in the database. A change, its revision, its line in the audit and its notice to other instances are one transaction. */
import type { Kysely } from 'kysely'
import type { ForwardChange, ForwardFields } from '../forward-body'
import { inTransaction, lockedRow, nextRevision, selectLive, updateRow, type Named, type Trx } from './_revisions'
import { newRow, toColumns } from './_rows'
import { scopeOf, type Owner } from './_scope'
import { syncRows, type Synced, type SyncTarget, type SyncWrite } from './_sync'
import { addAudit, namedForward, type Actor } from './audit'
import type { Changes } from './changes'
import type { ForwardRow, Tables } from './tables'

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

export interface Forwards {
  /** Newest first. */
  readonly list: (scope: string, status: 'active' | 'inactive' | null) => Promise<readonly ForwardRow[]>
  /**
   * `null` for a cursor that this list has not reached (the database is an older one than the client knows), and for one from before a
   * deletion that is forgotten.
   */
  readonly since: (scope: string, cursor: number, limit: number) => Promise<Delta | null>
  readonly cursor: (scope: string) => Promise<number>
  readonly get: (id: string) => Promise<ForwardRow | null>
  readonly create: (fields: ForwardFields, owner: Owner, by: Actor) => Promise<ForwardRow>
  /** `null` when it is gone, or when its version is not the one to write over. */
  readonly change: (named: Named, change: ForwardChange, deed: ChangeDeed) => Promise<ForwardRow | null>
  /** False when it is gone, or its version is not the one to delete. */
  readonly remove: (named: Named, deed: ChangeDeed) => Promise<boolean>
  /**
   * All or nothing; answers in the order of `writes`. An element with the `localId` of a live row in one of the scopes (the first that has
   * one, and in it the oldest) changes it; any other makes a row of the owner.
   */
  readonly sync: (writes: readonly SyncWrite[], target: SyncTarget) => Promise<readonly Synced[]>
  /** Writes what a start or stop means for the row itself, which `decide` finds out while nobody else can change it. */
  readonly setStatus: (named: Named, decide: (trx: Trx) => Promise<StatusFields>) => Promise<ForwardRow | null>
}

export interface ChangeDeed {
  /** `null`: whatever there is. */
  readonly ifVersion: number | null
  readonly by: Actor
}

export interface StatusFields {
  readonly status: 'active' | 'inactive'
  readonly tunnelId: string | null
  readonly connectionId: string | null
  /** Kept as it is when missing. */
  readonly lastUsed?: string
}

export function createForwards(db: Kysely<Tables>, changes: Changes, now: () => number): Forwards {
  const stamp = (): string => new Date(now()).toISOString()
  const scopeRow = (scope: string) =>
    db.selectFrom('scopes').select(['rev', 'floor']).where('scope', '=', scope).executeTakeFirst()
  const cursor: Forwards['cursor'] = async (scope) => {
    return (await scopeRow(scope))?.rev ?? 0
  }
  return {
    list: async (scope, status) => {
      let query = selectLive(db).where('scope', '=', scope).orderBy('createdAt', 'desc').orderBy('id')
      if (status !== null) query = query.where('status', '=', status)
      return await query.execute()
    },
    since: async (scope, from, limit) => {
      const rows = await db
        .selectFrom('forwards')
        .selectAll()
        .where('scope', '=', scope)
        .where('rev', '>', from)
        .orderBy('rev')
        .limit(limit + 1)
        .execute()
      // After the rows: what is forgotten in between is not missed.
      const { rev = 0, floor = 0 } = (await scopeRow(scope)) ?? {}
      if (from > rev || from < floor) return null
      const page = rows.slice(0, limit)
      return {
        changed: page.filter(({ deletedAt }) => deletedAt === null),
        deleted: page.filter(({ deletedAt }) => deletedAt !== null).map(({ id }) => id),
        cursor: page.at(-1)?.rev ?? from,
        more: rows.length > limit,
      }
    },
    cursor,
    get: async (id) => (await selectLive(db).where('id', '=', id).executeTakeFirst()) ?? null,
    create: (fields, owner, by) =>
      inTransaction(db, changes, async (trx, touched) => {
        const row = newRow(fields, owner, { at: stamp(), rev: await touched(scopeOf(owner)) })
        await trx.insertInto('forwards').values(row).execute()
        await note(trx, row, { by, action: 'forward.create', at: stamp() })
        return row
      }),
    change: (named, change, { ifVersion, by }) =>
      inTransaction(db, changes, async (trx, touched) => {
        const before = await lockedRow(trx, named, touched)
        if (before === null || (ifVersion !== null && before.row.version !== ifVersion)) return null
        const columns = { ...toColumns(change), version: before.row.version + 1, updatedAt: stamp() }
        const row = await updateRow(trx, before, columns)
        const detail = Object.keys(change).join(', ')
        await note(trx, row, { by, action: 'forward.change', detail, at: stamp() })
        return row
      }),
    remove: (named, { ifVersion, by }) =>
      inTransaction(db, changes, async (trx, touched) => {
        const before = await lockedRow(trx, named, touched)
        if (before === null || (ifVersion !== null && before.row.version !== ifVersion)) return false
        await trx.deleteFrom('activities').where('forwardId', '=', named.id).execute()
        await updateRow(trx, before, { deletedAt: stamp(), status: 'inactive', ...noSecrets })
        await note(trx, before.row, { by, action: 'forward.delete', at: stamp() })
        return true
      }),
    sync: (writes, target) =>
      inTransaction(db, changes, (trx, touched) => syncRows(trx, writes, { ...target, at: stamp(), touched })),
    setStatus: (named, decide) =>
      inTransaction(db, changes, async (trx, touched) => {
        const before = await lockedRow(trx, named, touched)
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

/** Where a team can read who did what. */
async function note(
  trx: Trx,
  row: ForwardRow,
  { by, action, detail = '', at }: { by: Actor; action: string; detail?: string; at: string },
): Promise<void> {
  if (row.namespace === null) return
  await addAudit(trx, { teamId: row.namespace, by, action, subject: namedForward(row), detail }, at)
}
