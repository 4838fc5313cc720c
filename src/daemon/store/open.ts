/** Opens the data file: checks it, brings it up to date, or says why not. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import Database from 'libsql'
import { CamelCasePlugin, Kysely } from 'kysely'
import { WarrenError, type Fault } from '@shared/errors'
import type { Places } from '../places'
import { backUp, checkSound, listBackups, restoreNewest, setAside } from './_backups'
import { libsqlDialect, type Sqlite } from '@sqlite'
import { storeFault } from './_faults'
import { ensureDataFolder } from './folders'
import { APPLICATION_ID, migrations, NEWEST_VERSION } from './_migrations'
import type { Tables } from './_tables'

const USER_VERSION_OFFSET = 60

export interface OpenedDatabase {
  readonly db: Kysely<Tables>
  readonly raw: Sqlite
  /** What a person must know: `store.damaged` with where the old file went. */
  readonly warnings: readonly Fault[]
}

/**
 * Opens or makes the data file. The caller holds the folder's lock.
 *
 * Throws `store.newer` (nothing is touched then), `store.full` or `store.unwritable`. A damaged file is set aside and reported in
 * `warnings`; the newest sound backup takes its place.
 */
export function openDatabase(places: Places): OpenedDatabase {
  ensureDataFolder(places.home)
  refuseNewer(places)
  const warnings: Fault[] = []
  try {
    const raw = openChecked(places) ?? replaceDamaged(places, warnings)
    migrate(raw, places)
    raw.exec('pragma foreign_keys = on')
    const db = new Kysely<Tables>({ dialect: libsqlDialect(raw), plugins: [new CamelCasePlugin()] })
    return { db, raw, warnings }
  } catch (error) {
    throw storeFault(error, places.home)
  }
}

/** Returns `null` when the file is damaged. */
function openChecked(places: Places): Sqlite | null {
  if (wasEmptied(places)) return null
  let raw: Sqlite | null = null
  try {
    raw = new Database(places.database)
    if (!checkSound(raw) || !isOurs(raw)) {
      raw.close()
      return null
    }
    raw.exec('pragma journal_mode = wal')
    raw.exec('pragma synchronous = full')
    return raw
  } catch (error) {
    raw?.close()
    const fault = storeFault(error, places.home)
    if (fault instanceof WarrenError && fault.code === 'store.damaged') return null
    throw error
  }
}

/** A data file without a byte, though backups show that there was something. */
function wasEmptied(places: Places): boolean {
  return existsSync(places.database) && statSync(places.database).size === 0 && listBackups(places).length > 0
}

function isOurs(raw: Sqlite): boolean {
  const id = pragmaNumber(raw, 'application_id')
  return id === APPLICATION_ID || (id === 0 && pragmaNumber(raw, 'user_version') === 0)
}

function replaceDamaged(places: Places, warnings: Fault[]): Sqlite {
  const aside = setAside(places)
  const backup = restoreNewest(places)
  const message =
    backup === null
      ? `The data file was damaged and is kept as ${aside}; there was no backup, so Warren starts empty.`
      : `The data file was damaged and is kept as ${aside}; the backup ${backup} took its place.`
  warnings.push(
    new WarrenError('store.damaged', message, {
      fix: 'Look whether servers and forwards are missing; the damaged file can be given to a recovery tool.',
      field: aside,
    }).toFault(),
  )
  refuseNewer(places)
  const raw = openChecked(places)
  if (raw === null) throw new WarrenError('store.damaged', `A new data file in ${places.home} is damaged at once.`)
  return raw
}

/** Each step in its own transaction, after a backup of what there is. */
function migrate(raw: Sqlite, places: Places): void {
  const from = pragmaNumber(raw, 'user_version')
  if (from > NEWEST_VERSION) {
    raw.close()
    throw newer(places, from)
  }
  for (const migration of migrations.filter(({ version }) => version > from)) {
    if (from > 0) backUp(raw, places, 'migration')
    raw.exec('begin immediate')
    try {
      raw.exec(migration.sql)
      raw.exec(`pragma user_version = ${migration.version}`)
      raw.exec(`pragma application_id = ${APPLICATION_ID}`)
      raw.exec('commit')
    } catch (error) {
      if (raw.inTransaction) raw.exec('rollback')
      throw error
    }
  }
}

/** Reads the version from the file's header, without SQLite, so that a newer file is not touched at all. */
function refuseNewer(places: Places): void {
  let version: number
  try {
    const file = openSync(places.database, 'r')
    const header = Buffer.alloc(USER_VERSION_OFFSET + 4)
    const length = readSync(file, header, 0, header.length, 0)
    closeSync(file)
    if (length < header.length || !header.toString('latin1').startsWith('SQLite format 3\0')) return
    version = header.readUInt32BE(USER_VERSION_OFFSET)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw storeFault(error, places.home)
  }
  // A damaged header may say anything; no release ever has such a number.
  if (version > NEWEST_VERSION && version < 1_000_000) throw newer(places, version)
}

function newer(places: Places, version: number): WarrenError {
  return new WarrenError(
    'store.newer',
    `The data in ${places.home} has version ${version}; this Warren knows up to ${NEWEST_VERSION}.`,
    { fix: 'Use the newer Warren, or another folder with WARREN_HOME. Nothing was changed.', field: places.database },
  )
}

function pragmaNumber(raw: Sqlite, name: 'user_version' | 'application_id'): number {
  const [row] = raw.prepare(`pragma ${name}`).all() as Record<string, number>[]
  return row?.[name] ?? 0
}
