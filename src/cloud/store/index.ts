/** The cloud's store: SQLite by default, PostgreSQL for several instances; the same code on both. */
import { sql, type Kysely } from 'kysely'
import type { CloudConfig } from '../config'
import { createActivity, type Activity } from './activity'
import { createAudit, type Audit } from './audit'
import { createChanges, type Changes } from './changes'
import { createForwards, type Forwards } from './forwards'
import { createKeys, markStale, type Keys } from './keys'
import { openDatabase, type OpenedDatabase } from './open'
import type { Tables } from './tables'
import { createTeams, type Teams } from './teams'
import { createUsers, type Users } from './users'

export { scopeOf, type Delta, type Forwards, type Owner, type SyncWrite } from './forwards'
export { migrate, openDatabase } from './open'
export { roles, type Member, type Membership, type Role } from './teams'
export type { Change } from './changes'
export type { ForwardRow, UserRow } from './tables'

export interface CloudStore {
  readonly users: Users
  readonly teams: Teams
  readonly forwards: Forwards
  readonly activity: Activity
  readonly keys: Keys
  readonly audit: Audit
  readonly changes: Changes
  /** The members lost one: the team's key is to be made anew. */
  readonly markKeyStale: (teamId: string) => Promise<void>
  /** Answers the value that is there, or writes the given one: the first of several instances decides. */
  readonly settle: (key: string, value: string) => Promise<string>
  readonly setting: (key: string) => Promise<string | null>
  readonly pool: OpenedDatabase['pool']
  /** Rejects while the database does not answer. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface StoreOptions {
  readonly now: () => number
  readonly log: (message: string) => void
}

export async function openStore(
  config: Pick<CloudConfig, 'databaseUrl' | 'data' | 'refreshSeconds'>,
  { now, log }: StoreOptions,
): Promise<CloudStore> {
  const { db, pool, close } = await openDatabase(config)
  const changes = await createChanges(pool, log)
  return {
    users: createUsers(db, { now, refreshMs: config.refreshSeconds * 1000 }),
    teams: createTeams(db, now),
    forwards: createForwards(db, changes, now),
    activity: createActivity(db),
    keys: createKeys(db, now),
    audit: createAudit(db, now),
    changes,
    markKeyStale: (teamId) => markStale(db, teamId),
    settle: (key, value) => settle(db, key, value),
    setting: async (key) => {
      const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
      return row?.value ?? null
    },
    pool,
    ping: async () => {
      await sql`select 1`.execute(db)
    },
    close: async () => {
      await changes.close()
      await close()
    },
  }
}

// --- internal ---

async function settle(db: Kysely<Tables>, key: string, value: string): Promise<string> {
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirstOrThrow()
  return row.value
}
