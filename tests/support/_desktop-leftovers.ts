import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const GONE_MS = 30_000
const LOOK_AGAIN_MS = 50

/** What descends from something that was started, however detached. */
export interface Belonging {
  /** In the environment of its processes. Those of Chromium do not show it: they write their titles over it. */
  readonly mark?: string
  /** Its process groups. */
  readonly groups: readonly number[]
}

/** Ends every process that belongs to it and waits until none is left that could still write. */
export async function endAll(belonging: Belonging): Promise<void> {
  const since = performance.now()
  // One that is killed has no environment any more while its other threads still end: it is known by its number.
  const known = new Map<number, string>()
  for (;;) {
    const now = (await processes()).filter(({ pid }) => pid !== process.pid)
    const belongs = await Promise.all(
      now.map(async ({ pid, start, group }) => {
        return known.get(pid) === start || belonging.groups.includes(group) || (await isMarked(pid, belonging.mark))
      }),
    )
    const left = now.filter((_, index) => belongs[index])
    if (left.length === 0) return
    if (performance.now() - since > GONE_MS) {
      throw new Error(`Processes do not end: ${left.map(({ pid }) => pid).join(', ')}`)
    }
    for (const { pid, start } of left) {
      known.set(pid, start)
      kill(pid)
    }
    await delay(LOOK_AGAIN_MS)
  }
}

// --- internal ---

interface Process {
  readonly pid: number
  readonly group: number
  /** With the number it is this process and no later one. */
  readonly start: string
}

/** Those that run. */
async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const read = await Promise.all(
    pids.map(async (pid) => parseStat(pid, await readFile(`/proc/${String(pid)}/stat`, 'latin1').catch(() => ''))),
  )
  return read.filter((each) => each !== null)
}

/** proc_pid_stat(5); `null` where it is gone, or was and waits for its parent to hear of it. */
function parseStat(pid: number, text: string): Process | null {
  // The name before it may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state = 'X', , group = '0'] = fields
  const [threads = '0', , start = ''] = fields.slice(17)
  const isOver = state === 'X' || (state === 'Z' && Number(threads) <= 1)
  return text === '' || isOver ? null : { pid, group: Number(group), start }
}

async function isMarked(pid: number, mark: string | undefined): Promise<boolean> {
  if (mark === undefined) return false
  const environment = await readFile(`/proc/${String(pid)}/environ`, 'latin1').catch(() => '')
  return environment.split('\0').includes(mark)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
