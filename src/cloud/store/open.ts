/** Opens the database that the configuration names and brings it up to date. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CamelCasePlugin, Kysely, Migrator, PostgresDialect } from 'kysely'
import Database from 'libsql'
import pg from 'pg'
import { libsqlDialect } from '@sqlite'
import type { CloudConfig } from '../config'
import { migrationProvider } from './migrations'
import type { Tables } from './tables'

const { Pool, types } = pg
/** PostgreSQL's int8: revisions and counts stay far below what a number holds exactly. */
const INT8 = 20
const POOL_SIZE = 10
const CONNECT_TIMEOUT_MS = 10_000

export interface OpenedDatabase {
  readonly db: Kysely<Tables>
  /** The pool, for LISTEN and for shared rate limits; `null` on SQLite. */
  readonly pool: pg.Pool | null
  readonly close: () => Promise<void>
}

/** Rejects with the database's own error; nothing is left open then. */
export async function openDatabase(config: Pick<CloudConfig, 'databaseUrl' | 'data'>): Promise<OpenedDatabase> {
  const opened = config.databaseUrl === null ? openFile(config.data) : openPostgres(config.databaseUrl)
  try {
    await migrate(opened.db)
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** Several instances may start at once: the migrator locks on PostgreSQL, and a file has one server only. */
export async function migrate(db: Kysely<Tables>): Promise<readonly string[]> {
  const { error, results = [] } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest()
  if (error !== undefined) throw error instanceof Error ? error : new Error('The migration failed.', { cause: error })
  return results.map(({ migrationName }) => migrationName)
}

// --- internal ---

function openFile(folder: string): OpenedDatabase {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'cloud.sqlite')
  const raw = new Database(file)
  chmodSync(file, 0o600)
  raw.exec(
    'pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on; pragma busy_timeout = 5000',
  )
  const db = new Kysely<Tables>({ dialect: libsqlDialect(raw), plugins: [new CamelCasePlugin()] })
  return { db, pool: null, close: () => db.destroy() }
}

function openPostgres(url: string): OpenedDatabase {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
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
