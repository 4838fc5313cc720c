import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const GONE_MS = 30_000
const LOOK_AGAIN_MS = 50

/**
 * The processes that carry a mark in their environment: everything that descends from what we started with it, however detached.
 */
export async function processesMarked(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${String(pid)}/environ`, 'latin1').catch(() => '')
      return pid !== process.pid && environment.split('\0').includes(mark)
    }),
  )
  return pids.filter((_, index) => marked[index])
}

/**
 * Ends every process that carries the mark and waits until none is left.
 *
 * @returns the pids that were still there
 */
export async function endMarked(mark: string): Promise<number[]> {
  const left = await processesMarked(mark)
  const since = performance.now()
  for (let now = left; now.length > 0; now = await processesMarked(mark)) {
    if (performance.now() - since > GONE_MS) throw new Error(`Processes do not end: ${now.join(', ')}`)
    for (const pid of now) kill(pid)
    await delay(LOOK_AGAIN_MS)
  }
  return left
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
