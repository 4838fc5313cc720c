/** A team's row, locked until the end of the transaction: what is decided about its members and keys comes one after the other. */
import type { Transaction } from 'kysely'
import type { Tables, TeamRow } from './tables'

/** `null` when there is no such team (any more). Locked before anything else of the team, so that two cannot wait for each other. */
export async function lockTeam(trx: Transaction<Tables>, teamId: string): Promise<TeamRow | null> {
  const team = await trx
    .updateTable('teams')
    .set((row) => ({ name: row.ref('name') }))
    .where('id', '=', teamId)
    .where('dissolvedAt', 'is', null)
    .returningAll()
    .executeTakeFirst()
  return team ?? null
}
