/** One daemon per data folder. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'libsql'
import { WarrenError } from '@shared/errors'
import type { Places } from '../places'
import { storeFault } from './_faults'
import { ensureDataFolder } from './folders'

/** A daemon that just said goodbye needs a moment to go. */
const PATIENCE_MS = 2000
const RETRY_MS = 25

export interface StoreLock {
  readonly release: () => void
}

/**
 * Takes the folder's lock: a SQLite file held in an exclusive transaction, so the system frees it when the process dies.
 *
 * Rejects with `store.unwritable` when the folder cannot be ours, and with `store.locked`, naming the pid that holds it: at once when that daemon answers, else when it stays for a while.
 */
export async function takeLock(places: Places): Promise<StoreLock> {
  ensureDataFolder(places.home)
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const lock = tryLock(places)
    if (lock !== null) return lock
    if (Date.now() > deadline || (await isServed(places))) throw locked(places)
    await sleep(RETRY_MS)
  }
}

function tryLock(places: Places): StoreLock | null {
  let database: InstanceType<typeof Database>
  try {
    database = new Database(places.lock)
  } catch (error) {
    throw storeFault(error, places.home)
  }
  try {
    database.exec('pragma journal_mode = memory')
    database.exec('begin exclusive')
    writeFileSync(places.pidFile, `${process.pid}\n`, { mode: 0o600 })
  } catch (error) {
    database.close()
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return null
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_NOTADB') {
      // Nothing is kept in the lock file, so a damaged one can simply be made anew.
      rmSync(places.lock, { force: true })
      return null
    }
    throw storeFault(error, places.home)
  }
  return {
    release: () => {
      rmSync(places.pidFile, { force: true })
      database.close()
    },
  }
}

/** Whether the holder takes connections: then it is not about to leave, and waiting for its lock would only outlast it. */
function isServed(places: Places): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(places.socket)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

function locked(places: Places): WarrenError {
  const pid = readPid(places)
  const holder = pid === null ? 'Another Warren' : `Another Warren (pid ${pid})`
  return new WarrenError('store.locked', `${holder} uses ${places.home}.`, {
    fix: 'End it with `warren daemon stop`, or choose another folder with WARREN_HOME.',
    field: places.home,
  })
}

function readPid(places: Places): number | null {
  try {
    const pid = Number(readFileSync(places.pidFile, 'utf8').trim())
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}
