/** Who changed what. Never holds a secret: fields are named, their values are not. */
import type { Kysely } from 'kysely'
import type { Tables } from './tables'

export interface AuditEvent {
  readonly teamId: string | null
  readonly userId: string | null
  /** E-mail address, or what else acted. */
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: string
}

export interface AuditEntry extends AuditEvent {
  readonly id: number
  readonly at: string
}

export interface Audit {
  readonly add: (event: AuditEvent) => Promise<void>
  /** Newest first. */
  readonly ofTeam: (
    teamId: string,
    options: { readonly limit: number; readonly before: number | null },
  ) => Promise<readonly AuditEntry[]>
}

export function createAudit(db: Kysely<Tables>, now: () => number): Audit {
  return {
    add: async (event) => {
      await db
        .insertInto('audit')
        .values({ ...event, at: new Date(now()).toISOString() })
        .execute()
    },
    ofTeam: async (teamId, { limit, before }) => {
      let query = db.selectFrom('audit').selectAll().where('teamId', '=', teamId).orderBy('id', 'desc').limit(limit)
      if (before !== null) query = query.where('id', '<', before)
      return (await query.execute()).map((row) => ({ ...row, id: Number(row.id) }))
    },
  }
}
