/** What SQLite and the file system say, as coded errors. */
import { statfsSync } from 'node:fs'
import { WarrenError } from '@shared/errors'

/** Turns a failure of the store into `store.full`, `store.unwritable`, `store.damaged` or leaves it. */
export function storeFault(error: unknown, home: string): unknown {
  if (error instanceof WarrenError || !(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return full(home, error)
  if (code.startsWith('SQLITE_IOERR')) return isFull(home) ? full(home, error) : unwritable(home, error)
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new WarrenError('store.damaged', `The data file in ${home} is damaged.`, {
      fix: 'Restart the daemon: it sets the file aside and takes the newest backup.',
      cause: error,
    })
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code) || error.message.includes('Unable to open connection')) {
    return isFull(home) ? full(home, error) : unwritable(home, error)
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOENT', 'ELOOP', 'EFBIG'].includes(code)) {
    return unwritable(home, error)
  }
  return error
}

function full(home: string, cause: Error): WarrenError {
  return new WarrenError('store.full', `The disk that holds ${home} is full; the change was not saved.`, {
    fix: 'Free some space and try again; what was saved before is safe.',
    cause,
  })
}

export function unwritable(home: string, cause: Error): WarrenError {
  return new WarrenError('store.unwritable', `The data folder ${home} cannot be written: ${reasonOf(cause)}`, {
    fix: `Make ${home} writable for you, or choose another folder with WARREN_HOME.`,
    field: home,
    cause,
  })
}

/** libsql prints its own error type around the path. */
function reasonOf(cause: Error): string {
  const path = /Unable to open connection to local database (.+): \d+/.exec(cause.message)?.[1]
  return path === undefined ? cause.message : `${path} cannot be opened`
}

function isFull(home: string): boolean {
  try {
    return statfsSync(home).bavail === 0
  } catch {
    return false
  }
}
