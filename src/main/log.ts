/** The app's own log: standard error, and a file that is kept small. Never carries a secret or an address. */
import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'
import { WarrenError } from '@shared/errors'

const MAX_BYTES = 1024 * 1024

let file: string | null = null

export function setupLog(): void {
  process.on('unhandledRejection', (reason) => {
    log('error', 'A task failed without being watched', reason)
  })
  // The app is a view: what goes wrong in it must not take the tray and the window away.
  process.on('uncaughtException', (error) => {
    log('error', 'Something failed unexpectedly', error)
  })
  try {
    const folder = join(app.getPath('userData'), 'logs')
    // Electron made the folder above. A recursive mkdir never returns below /proc.
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    file = join(folder, 'app.log')
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`)
  } catch (error) {
    file = null
    log('warn', 'The log file cannot be written', error)
  }
}

export function log(level: 'info' | 'warn' | 'error', message: string, cause?: unknown): void {
  const line = `${new Date().toISOString()} ${level} ${message}${cause === undefined ? '' : `: ${describe(cause)}`}\n`
  if (level !== 'info') process.stderr.write(line)
  if (file === null) return
  try {
    appendFileSync(file, line, { mode: 0o600 })
  } catch {
    // A full disk must not stop the app; standard error has the line.
    file = null
  }
}

function describe(cause: unknown): string {
  // An error of ours says all in its sentence; where it came from matters for the others.
  if (cause instanceof WarrenError) return `${cause.code}: ${cause.message}`
  if (cause instanceof Error) return cause.stack ?? cause.message
  return typeof cause === 'string' ? cause : (JSON.stringify(cause) ?? String(cause))
}
