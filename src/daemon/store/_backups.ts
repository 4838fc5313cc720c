/** Copies of the data file: one before every migration and one now and then, for the day the file is damaged. */
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import type { Places } from '../places'
import type { Sqlite } from '@sqlite'
import { makeFolder } from './folders'

const KEEP_ROUTINE = 5
const KEEP_MIGRATION = 3
const NAME = /^warren-(routine|migration)-[\w-]+\.db$/

export type BackupKind = 'routine' | 'migration'

/** Writes a consistent copy (`VACUUM INTO`, so the WAL is in it) and forgets the oldest of its kind. */
export function backUp(database: Sqlite, places: Places, kind: BackupKind): string {
  makeFolder(places.backups)
  // A routine copy replaces the one of the same day, so that five of them reach back five days.
  const time = kind === 'routine' ? fileTime().slice(0, 'YYYY-MM-DD'.length) : fileTime()
  const file = join(places.backups, `warren-${kind}-${time}.db`)
  const unfinished = `${file}.part`
  try {
    rmSync(unfinished, { force: true })
    database.exec(`vacuum into '${unfinished.replaceAll("'", "''")}'`)
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  const old = listBackups(places).filter((path) => path.includes(`warren-${kind}-`))
  for (const path of old.slice(kind === 'routine' ? KEEP_ROUTINE : KEEP_MIGRATION)) rmSync(path, { force: true })
  return file
}

/** Newest first. */
export function listBackups(places: Places): readonly string[] {
  if (!existsSync(places.backups)) return []
  return readdirSync(places.backups)
    .filter((name) => NAME.test(name))
    .map((name) => join(places.backups, name))
    .map((path) => ({ path, time: statSync(path).mtimeMs }))
    .sort((a, b) => b.time - a.time || b.path.localeCompare(a.path))
    .map(({ path }) => path)
}

/** Moves the damaged file and its journal out of the way; returns where to. */
export function setAside(places: Places): string {
  const aside = `${places.database}.damaged-${fileTime()}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(places.database + suffix)) renameSync(places.database + suffix, aside + suffix)
  }
  return aside
}

/** Puts the newest sound backup in the place of the data file; returns its path, or `null` when there is none. */
export function restoreNewest(places: Places): string | null {
  const sound = listBackups(places).find((path) => isSound(path))
  if (sound === undefined) return null
  const unfinished = `${places.database}.part`
  copyFileSync(sound, unfinished)
  renameSync(unfinished, places.database)
  return sound
}

/** Whether SQLite finds the file in order. Throws only for what is not about the file's content. */
export function isSound(path: string): boolean {
  let database: Sqlite | null = null
  try {
    database = new Database(path)
    return checkSound(database)
  } catch {
    return false
  } finally {
    database?.close()
  }
}

export function checkSound(database: Sqlite): boolean {
  const rows = database.prepare('pragma quick_check(1)').all() as { quick_check: string }[]
  return rows.length === 1 && rows[0]?.quick_check === 'ok'
}

export function fileTime(): string {
  return new Date().toISOString().replaceAll(':', '-').replace('.', '-')
}
