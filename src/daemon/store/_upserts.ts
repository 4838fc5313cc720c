/** Writes specs, new or changed, as part of a transaction. */
import type { Kysely } from 'kysely'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import { forwardToRow, serverToRow } from './_rows'
import type { Tables } from './_tables'

export async function upsertForwards(db: Kysely<Tables>, specs: readonly ForwardSpec[]): Promise<void> {
  for (const spec of specs) {
    const { id, ...rest } = forwardToRow(spec)
    await db
      .insertInto('forwards')
      .values({ id, ...rest, wanted: 0, lastUsed: null })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
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
