/** Kysely over libsql's synchronous API: the daemon's store and the cloud's default database. */
import type LibsqlDatabase from 'libsql'
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely'

export type Sqlite = InstanceType<typeof LibsqlDatabase>

/** One connection, used by one query or transaction at a time. */
export function libsqlDialect(database: Sqlite): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

function createDriver(database: Sqlite): Driver {
  const connection = createConnection(database)
  let tail: Promise<void> = Promise.resolve()
  let release: () => void = () => undefined
  const run = async (sql: string): Promise<void> => {
    await connection.executeQuery(CompiledQuery.raw(sql))
  }
  return {
    init: () => Promise.resolve(),
    acquireConnection: async () => {
      const before = tail
      const mine = deferred()
      tail = mine.promise
      await before
      release = mine.resolve
      return connection
    },
    releaseConnection: () => {
      release()
      return Promise.resolve()
    },
    beginTransaction: () => run('begin immediate'),
    commitTransaction: () => run('commit'),
    // A full disk makes SQLite roll back by itself; a second rollback would hide the real error.
    rollbackTransaction: () => (database.inTransaction ? run('rollback') : Promise.resolve()),
    destroy: () => {
      database.close()
      return Promise.resolve()
    },
  }
}

function createConnection(database: Sqlite): DatabaseConnection {
  return {
    executeQuery: <R>(query: CompiledQuery): Promise<QueryResult<R>> =>
      settle(() => {
        const statement = database.prepare(query.sql)
        const parameters = query.parameters.map(toSqlValue)
        if (statement.reader) return { rows: statement.all(parameters) as R[] }
        const { changes, lastInsertRowid } = statement.run(parameters)
        return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
      }),
    streamQuery: () => {
      throw new Error('Streaming is not offered: lists are small.')
    },
  }
}

function settle<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work())
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)))
  }
}

type SqlValue = null | number | string | bigint | Uint8Array

/** libsql aborts the whole process on a value of another type, a boolean for one; so none gets through. */
function toSqlValue(value: unknown): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite takes no ${typeof value}`)
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
