/** Folders that nobody else may look into. */
import { chmodSync, lstatSync, mkdirSync, statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { WarrenError } from '@shared/errors'
import { storeFault } from './_faults'

const PRIVATE = 0o700
const OTHERS_MAY_WRITE = 0o022
const OTHERS_MAY_ANYTHING = 0o077
const STICKY = 0o1000

/**
 * Makes a 0700 folder and the ones above it; says whether it was missing. Throws what the system says.
 *
 * Not Node's `recursive`: that never returns where a folder that exists answers ENOENT, as `/proc` does.
 */
export function makeFolder(folder: string): boolean {
  if (isFolder(folder)) return false
  const above = dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    mkdirSync(folder, { mode: PRIVATE })
    return true
  } catch (error) {
    // Somebody else made it at the same time.
    if (isFolder(folder)) return false
    throw error
  }
}

/**
 * Makes sure that the data folder exists and that nobody else may write to it. A missing one is made 0700.
 *
 * Throws `store.unwritable` naming the folder. A folder that everybody shares (`/tmp`) is refused rather than taken over.
 */
export function ensureDataFolder(folder: string): void {
  const made = makePrivate(folder)
  if (process.platform === 'win32') return
  const stats = statSync(folder)
  checkOwner(folder, stats)
  if ((stats.mode & STICKY) !== 0) throw refused(folder, 'is shared with others')
  if (!made && (stats.mode & OTHERS_MAY_WRITE) !== 0) tighten(folder, stats.mode & ~OTHERS_MAY_WRITE & 0o777)
}

/** Makes sure that a folder exists, is ours, is no link, and is closed to everybody else. */
export function ensurePrivateFolder(folder: string): void {
  makePrivate(folder)
  if (process.platform === 'win32') return
  const stats = lstatSync(folder)
  if (!stats.isDirectory()) throw refused(folder, 'is not a folder')
  checkOwner(folder, stats)
  if ((stats.mode & OTHERS_MAY_ANYTHING) !== 0) tighten(folder, PRIVATE)
}

function makePrivate(folder: string): boolean {
  try {
    return makeFolder(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'EEXIST' || code === 'ENOTDIR'
      ? refused(folder, 'is not a folder, or lies below a file')
      : storeFault(error, folder)
  }
}

/**
 * Refuses a socket that somebody else put where ours belongs: secrets would go to them. Nothing there is no trouble.
 *
 * Throws `store.unwritable` naming the folder or the socket.
 */
export function refuseForeignSocket(folder: string, socket: string): void {
  for (const path of [folder, socket]) {
    let stats: Stats
    try {
      stats = lstatSync(path)
    } catch {
      // Nothing to talk to; why not is the daemon's to say.
      return
    }
    if (path === folder && !stats.isDirectory()) throw refused(folder, 'is not a folder')
    checkOwner(path, stats)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function checkOwner(folder: string, stats: Stats): void {
  const me = process.getuid?.()
  if (me !== undefined && stats.uid !== me) throw refused(folder, `belongs to somebody else (user id ${stats.uid})`)
}

function tighten(folder: string, mode: number): void {
  try {
    chmodSync(folder, mode)
  } catch (error) {
    throw storeFault(error, folder)
  }
  if ((statSync(folder).mode & 0o777) !== mode) throw refused(folder, 'is open to others and stays so')
}

function refused(folder: string, why: string): WarrenError {
  return new WarrenError('store.unwritable', `The folder ${folder} ${why}.`, {
    fix: 'Choose a folder of your own with WARREN_HOME.',
    field: folder,
  })
}
