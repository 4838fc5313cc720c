/** A transaction whose notices go out with its commit: to other instances as a part of it, to this process after it. */
import type { Kysely, Transaction } from 'kysely'
import type { Changes, Notice } from './changes'
import type { Tables } from './tables'

export async function announced<T>(
  db: Kysely<Tables>,
  changes: Changes,
  work: (trx: Transaction<Tables>, say: (notice: Notice) => void) => Promise<T>,
): Promise<T> {
  const notices: Notice[] = []
  const result = await db.transaction().execute(async (trx) => {
    const answer = await work(trx, (notice) => notices.push(notice))
    for (const notice of notices) await changes.announce(trx, notice)
    return answer
  })
  for (const notice of notices) changes.committed(notice)
  return result
}
