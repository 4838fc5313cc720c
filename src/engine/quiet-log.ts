/** A log that a storm of clients cannot flood: of each kind one line in a while, with the number of those left out. */
import type { LogEntry } from '@shared/snapshots'

/** How long further lines of the same code are only counted. */
export const QUIET_MS = 5000
/** More codes than exist would mean somebody else chose them. */
const MAX_CODES = 100

type Log = (entry: Pick<LogEntry, 'level' | 'message' | 'code'>) => void

/** `now` in milliseconds of any clock that does not go back. */
export function quietLog(log: Log, now: () => number = () => performance.now()): Log {
  const kinds = new Map<string, { until: number; left: number }>()
  return (entry) => {
    if (entry.level !== 'warn' || entry.code === null) {
      log(entry)
      return
    }
    const kind = kinds.get(entry.code)
    const at = now()
    if (kind !== undefined && at < kind.until) {
      kind.left += 1
      return
    }
    if (kinds.size >= MAX_CODES) kinds.clear()
    kinds.set(entry.code, { until: at + QUIET_MS, left: 0 })
    const more = kind === undefined || kind.left === 0 ? '' : ` (${kind.left} more like it were not logged.)`
    log(more === '' ? entry : { ...entry, message: `${entry.message}${more}` })
  }
}
