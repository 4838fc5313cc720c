/** The cloud's store: SQLite by default, PostgreSQL for several instances; the same code on both. */
import { sql, type Kysely } from 'kysely'
import type { CloudConfig } from '../config'
import { purgeTombstones } from './_tombstones'
import { createActivity, type Activity } from './activity'
import { createAudit, type Audit } from './audit'
import { createChanges, type Changes } from './changes'
import { createForwards, type Forwards } from './forwards'
import { createKeys, type Keys } from './keys'
import { openDatabase, type OpenedDatabase } from './open'
import { createRegistration, type Registration } from './registration'
import type { Tables } from './tables'
import { createTeams, type Teams } from './teams'
import { createUsers, type Users } from './users'

export { scopeOf, type Owner } from './_scope'
export type { SyncWrite } from './_sync'
export { TOMBSTONE_MS } from './_tombstones'
export { LEASE_MS, runSessionOf } from './activity'
export type { Actor } from './audit'
export type { Delta, Forwards } from './forwards'
export { holdFolder } from './lock'
export { openDatabase } from './open'
export { roles, type Member, type Membership, type Role } from './teams'
export { endings } from './changes'
export type { KeyOutcome, TeamKeyState } from './keys'
export type { ForwardRow, UserKeyRow, UserRow } from './tables'

export interface CloudStore {
  readonly registration: Registration
  readonly users: Users
  readonly teams: Teams
  readonly forwards: Forwards
  readonly activity: Activity
  readonly keys: Keys
  readonly audit: Audit
  readonly changes: Changes
  /** Answers the value that is there, or writes the given one: the first of several instances decides. */
  readonly settle: (key: string, value: string) => Promise<string>
  readonly pool: OpenedDatabase['pool']
  /** Forgets tokens, counted attempts and deletions whose time is over. */
  readonly purge: () => Promise<void>
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
  const changes = await createChanges(pool, log).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const forwards = createForwards(db, changes, now)
  const users = createUsers(db, { now, refreshMs: config.refreshSeconds * 1000, changes })
  return {
    registration: createRegistration(db, changes, now),
    users,
    teams: createTeams(db, changes, now),
    forwards,
    activity: createActivity(db, forwards, now),
    keys: createKeys(db, changes, now),
    audit: createAudit(db),
    changes,
    settle: (key, value) => settle(db, key, value),
    pool,
    purge: async () => {
      await users.purge()
      await purgeTombstones(db, now())
      if (pool !== null) await sql`delete from rate_limits where expire < ${now()}`.execute(db)
    },
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
