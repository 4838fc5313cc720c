/** A log file that stays small and is open only while it is written. */
import { appendFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './store/folders'

const FLUSH_MS = 500
const PRIVATE_FILE = 0o600
/** Lines that wait for a disk that does not take them; older ones are dropped. */
const MAX_PENDING = 2000

export interface RotatingLog {
  readonly write: (line: string) => void
  readonly flush: () => void
}

export interface RotatingLogOptions {
  readonly file: string
  /** When the file reaches this size it becomes `.1` (and the old `.1` goes). */
  readonly maxBytes: number
}

/** Lines are gathered for half a second, so that a busy log costs one write. A log that cannot be written is let go silently. */
export function createRotatingLog(options: RotatingLogOptions): RotatingLog {
  let pending: string[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (pending.length === 0) return
    const text = `${pending.join('\n')}\n`
    pending = []
    try {
      makeFolder(dirname(options.file))
      rotate(options)
      appendFileSync(options.file, text, { mode: PRIVATE_FILE })
    } catch {
      // The store reports a full or unwritable disk with a code; a lost log line must not stop a forward.
    }
  }
  return {
    write: (line) => {
      pending.push(line)
      if (pending.length > MAX_PENDING) pending.shift()
      if (timer === undefined) {
        timer = setTimeout(flush, FLUSH_MS)
        timer.unref()
      }
    },
    flush,
  }
}

function rotate({ file, maxBytes }: RotatingLogOptions): void {
  try {
    if (statSync(file).size >= maxBytes) renameSync(file, `${file}.1`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
