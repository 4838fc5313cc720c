/** Revisions of a scope, given out in the transaction of the change: a cursor never skips one. */
import { sql, type Kysely, type Transaction } from 'kysely'
import { announced } from './_announced'
import type { Changes } from './changes'
import type { ForwardRow, Tables } from './tables'

export type Trx = Transaction<Tables>

/** Gives out `count` revisions of a scope (one by default); returns the last of them. */
export type Touched = (scope: string, count?: number) => Promise<number>

/** A forward that was read before. It never moves to another scope. */
export type Named = Pick<ForwardRow, 'id' | 'scope'>

export interface Before {
  readonly row: ForwardRow
  readonly rev: number
}

/** Runs `work`, and tells the change of every scope that it touched: to other instances with the commit, to our own clients after it. */
export function inTransaction<T>(
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
export async function nextRevision(trx: Trx, scope: string, count: number): Promise<number> {
  const { rev } = await trx
    .insertInto('scopes')
    .values({ scope, rev: count })
    .onConflict((conflict) => conflict.column('scope').doUpdateSet({ rev: sql`scopes.rev + ${count}` }))
    .returning('rev')
    .executeTakeFirstOrThrow()
  return rev
}

/** The scope is locked first and the row read after it, so that two changes of one forward come one after the other. */
export async function lockedRow(trx: Trx, { id, scope }: Named, touched: Touched): Promise<Before | null> {
  const rev = await touched(scope)
  const row = await selectLive(trx).where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : { row, rev }
}

export async function updateRow(trx: Trx, { row, rev }: Before, columns: Partial<ForwardRow>): Promise<ForwardRow> {
  await trx
    .updateTable('forwards')
    .set({ ...columns, rev })
    .where('id', '=', row.id)
    .execute()
  return { ...row, ...columns, rev }
}

export function selectLive(db: Kysely<Tables> | Trx) {
  return db.selectFrom('forwards').selectAll().where('deletedAt', 'is', null)
}
