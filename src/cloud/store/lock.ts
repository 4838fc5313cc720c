/** One server for each SQLite file. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'libsql'
import { ConfigFault, type CloudConfig } from '../config'
import { cannotOpen } from './_faults'

/** A server that was just told to end needs a moment to go. */
const PATIENCE_MS = 2000
const RETRY_MS = 25
const LOCK = 'server.lock'

/**
 * Holds the folder for a server until the returned function is called: a SQLite file in an exclusive transaction, which the system ends
 * with the process, however that dies. The commands that make accounts and teams do not ask for it, so they work beside a server. On
 * PostgreSQL, which several servers may share, it holds nothing.
 *
 * Rejects with {@link ConfigFault} when another server has it and stays, and when the folder cannot be written.
 */
export async function holdFolder({
  databaseUrl,
  data,
}: Pick<CloudConfig, 'databaseUrl' | 'data'>): Promise<() => void> {
  if (databaseUrl !== null) return () => undefined
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const release = tryHold(data)
    if (release !== null) return release
    if (performance.now() > deadline) {
      throw new ConfigFault(
        `Another cloud server runs on ${data}, and a SQLite file has one. Stop it, or set WARREN_CLOUD_DATA to another folder. Several servers share a database of DATABASE_URL.`,
      )
    }
    await sleep(RETRY_MS)
  }
}

// --- internal ---

/** `null`: another server has it. Nothing is ever written into the file. */
function tryHold(folder: string): (() => void) | null {
  const raw = openFile(folder)
  try {
    raw.exec('pragma journal_mode = memory')
    raw.exec('begin exclusive')
  } catch (error) {
    raw.close()
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'SQLITE_BUSY') return null
    if (code === 'SQLITE_NOTADB') throw new ConfigFault(`${join(folder, LOCK)} is no lock. Delete it.`)
    throw cannotOpen(folder, error)
  }
  return () => {
    raw.close()
  }
}

function openFile(folder: string): Database.Database {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, LOCK)
    const raw = new Database(file)
    chmodSync(file, 0o600)
    return raw
  } catch (error) {
    throw cannotOpen(folder, error)
  }
}
