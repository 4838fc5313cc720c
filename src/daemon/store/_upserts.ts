/** Writes specs, new or changed, as part of a transaction. */
import type { Kysely } from 'kysely'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import { forwardToRow, serverToRow } from './_rows'
import type { Tables } from './_tables'

/** Rows of one statement: SQLite takes a bounded number of values. */
const ROWS = 300

/** What was wanted of those that are there stays. */
export async function upsertForwards(db: Kysely<Tables>, specs: readonly ForwardSpec[]): Promise<void> {
  for (const some of chunks(specs, ROWS)) {
    const rows = some.map((spec) => ({ ...forwardToRow(spec), wanted: 0, lastUsed: null }))
    const [{ id: _id, wanted: _wanted, lastUsed: _used, ...rest } = { id: '', wanted: 0, lastUsed: null }] = rows
    const columns = Object.keys(rest) as (keyof typeof rest)[]
    await db
      .insertInto('forwards')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((row) =>
            Object.fromEntries(columns.map((name) => [name, row.ref(`excluded.${String(name)}` as never)])),
          ),
      )
      .execute()
  }
}

export async function upsertServers(db: Kysely<Tables>, specs: readonly ServerSpec[]): Promise<void> {
  for (const spec of specs) {
    const { id, ...rest } = serverToRow(spec)
    await db
      .insertInto('servers')
      .values({ id, ...rest })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
      .execute()
  }
}

export function chunks<T>(all: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let start = 0; start < all.length; start += size) parts.push(all.slice(start, start + size))
  return parts
}
