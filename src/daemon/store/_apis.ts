/** Control APIs in the store: their settings, and who called them. Never a key. */
import { sql, type Kysely } from 'kysely'
import type { ApiName, AuditEntry } from '@shared/apis'
import type { Tables } from './_tables'

/** How many calls are kept. */
const AUDIT_LIMIT = 10_000
/** The bound is looked after once in so many rows. */
const AUDIT_SLACK = 100

export interface ApiSettingsRecord {
  readonly name: string
  readonly enabled: boolean
  /** JSON; parsed by whoever asks. */
  readonly settings: string
}

export interface ApiStore {
  readonly apiSettings: () => Promise<readonly ApiSettingsRecord[]>
  readonly saveApiSettings: (record: ApiSettingsRecord) => Promise<void>
  /** Adds calls in the order given; the oldest beyond {@link AUDIT_LIMIT} go. */
  readonly addAudit: (entries: readonly Omit<AuditEntry, 'id'>[]) => Promise<void>
  /** Newest first. */
  readonly listAudit: (limit: number) => Promise<readonly AuditEntry[]>
}

export function apiPart(db: Kysely<Tables>): ApiStore {
  let sinceTrimmed = AUDIT_SLACK
  return {
    apiSettings: async () => {
      const rows = await db.selectFrom('apis').selectAll().execute()
      return rows.map(({ name, enabled, settings }) => ({ name, enabled: enabled === 1, settings }))
    },
    saveApiSettings: async ({ name, enabled, settings }) => {
      const rest = { enabled: Number(enabled), settings }
      await db
        .insertInto('apis')
        .values({ name, ...rest })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
        .execute()
    },
    addAudit: (entries) =>
      db.transaction().execute(async (trx) => {
        for (const entry of entries) await trx.insertInto('audit').values(entry).execute()
        sinceTrimmed += entries.length
        if (sinceTrimmed < AUDIT_SLACK) return
        sinceTrimmed = 0
        await trx
          .deleteFrom('audit')
          .where('id', '<=', sql<number>`(select max(id) - ${AUDIT_LIMIT} from audit)`)
          .execute()
      }),
    listAudit: async (limit) => {
      const rows = await db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit).execute()
      return rows.map((row) => ({ ...row, api: row.api as ApiName }))
    },
  }
}
