/** The door to SQLite. */
export { libsqlDialect, type Sqlite } from './libsql-dialect'
