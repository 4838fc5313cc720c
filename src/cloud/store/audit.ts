/** Who changed what, written in the transaction of the change. Never holds a secret: fields are named, their values are not. */
import type { Kysely, Transaction } from 'kysely'
import type { ForwardRow, Tables, UserRow } from './tables'

const MAX_NAME = 200

/** Who does it. */
export type Actor = Pick<UserRow, 'id' | 'email'>

export interface AuditEntry {
  readonly id: number
  readonly at: string
  readonly teamId: string | null
  readonly userId: string | null
  /** E-mail address. */
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: string
}

export interface AuditEvent {
  readonly teamId: string
  readonly by: Actor
  readonly action: string
  readonly subject: string
  readonly detail?: string
}

export interface Audit {
  /** Newest first. */
  readonly ofTeam: (
    teamId: string,
    options: { readonly limit: number; readonly before: number | null },
  ) => Promise<readonly AuditEntry[]>
}

export function createAudit(db: Kysely<Tables>): Audit {
  return {
    ofTeam: async (teamId, { limit, before }) => {
      let query = db.selectFrom('audit').selectAll().where('teamId', '=', teamId).orderBy('id', 'desc').limit(limit)
      if (before !== null) query = query.where('id', '<', before)
      return (await query.execute()).map((row) => ({ ...row, id: Number(row.id) }))
    },
  }
}

/** How a line names a forward. */
export function namedForward({ name, id }: Pick<ForwardRow, 'name' | 'id'>): string {
  return `${name.slice(0, MAX_NAME)} (${id})`
}

export async function addAudit(
  trx: Transaction<Tables>,
  { teamId, by, action, subject, detail = '' }: AuditEvent,
  at: string,
): Promise<void> {
  await trx
    .insertInto('audit')
    .values({ at, teamId, userId: by.id, actor: by.email, action, subject, detail })
    .execute()
}
