/** Opens the database that the configuration names and brings it up to date. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CamelCasePlugin, Kysely, Migrator, PostgresDialect, sql } from 'kysely'
import Database from 'libsql'
import pg from 'pg'
import { libsqlDialect } from '@sqlite'
import type { CloudConfig } from '../config'
import { cannotOpen, cannotReach } from './_faults'
import { migrationProvider } from './migrations'
import type { Tables } from './tables'

const { Pool, types } = pg
/** PostgreSQL's int8: revisions and counts stay far below what a number holds exactly. */
const INT8 = 20
const POOL_SIZE = 10
const CONNECT_TIMEOUT_MS = 10_000
/** Any number that no other program of the database takes; `WARR` in ASCII. */
const MIGRATION_LOCK = 0x57_41_52_52

export interface OpenedDatabase {
  readonly db: Kysely<Tables>
  /** The pool, for LISTEN and for shared rate limits; `null` on SQLite. */
  readonly pool: pg.Pool | null
  readonly close: () => Promise<void>
}

/** Rejects with a sentence that says what to do; nothing is left open then. */
export async function openDatabase(config: Pick<CloudConfig, 'databaseUrl' | 'data'>): Promise<OpenedDatabase> {
  if (config.databaseUrl === null) return migrated(openFile(config.data), (error) => cannotOpen(config.data, error))
  const url = config.databaseUrl
  return migrated(openPostgres(url), (error) => cannotReach(url, error))
}

// --- internal ---

/**
 * Several instances may start at once on an empty database, and `create table if not exists` of two of them can fail: all that a migration
 * does, its own tables too, comes behind one lock of PostgreSQL. It is held by the connection, so it ends with a process that dies.
 */
async function migrate({ db, pool }: OpenedDatabase): Promise<void> {
  if (pool === null) {
    await toLatest(db)
    return
  }
  await db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`.execute(connection)
    try {
      await toLatest(connection)
    } finally {
      await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`.execute(connection)
    }
  })
}

/** Of one transaction on PostgreSQL: all steps or none. */
async function toLatest(db: Kysely<Tables>): Promise<void> {
  const { error } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest()
  if (error !== undefined) throw error instanceof Error ? error : new Error('The migration failed.', { cause: error })
}

async function migrated(opened: OpenedDatabase, fault: (error: unknown) => Error): Promise<OpenedDatabase> {
  try {
    await migrate(opened)
    return opened
  } catch (error) {
    await opened.close()
    throw fault(error)
  }
}

function openFile(folder: string): OpenedDatabase {
  const raw = openRaw(folder)
  const db = new Kysely<Tables>({ dialect: libsqlDialect(raw), plugins: [new CamelCasePlugin()] })
  return { db, pool: null, close: () => db.destroy() }
}

/** An answer that was given must survive the loss of power: every commit is synced to the disk. */
function openRaw(folder: string): Database.Database {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, 'cloud.sqlite')
    const raw = new Database(file)
    chmodSync(file, 0o600)
    raw.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 5000',
    )
    return raw
  } catch (error) {
    throw cannotOpen(folder, error)
  }
}

function openPostgres(url: string): OpenedDatabase {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
        oid === INT8 ? Number : (types.getTypeParser(oid, format) as unknown),
    },
  })
  // A connection that the server ends while it is idle is replaced at the next query.
  pool.on('error', () => undefined)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
  return { db, pool, close: () => db.destroy() }
}
