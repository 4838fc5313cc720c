import { readdirSync, readFileSync } from 'node:fs'

/** States of proc(5) in which a process has ended: it waits for its parent to collect it, or was just collected. */
const ENDED = new Set(['Z', 'X'])

/**
 * Whether a process still runs.
 *
 * One that ended stays in the table until its parent collects it. For a daemon that is the first process of the machine: in a
 * container it may do so late, or never. Such a process holds nothing any more, neither a port nor a lock.
 */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isLeftOver(pid)
}

/** `false` also where there is no proc(5). */
function isLeftOver(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name before it is in brackets and may have any in it.
    const state = stat.charAt(stat.lastIndexOf(')') + 2)
    // The first thread may be through while others still end, with the files that all of them share.
    return ENDED.has(state) && readdirSync(`/proc/${pid}/task`).length === 1
  } catch {
    return false
  }
}
