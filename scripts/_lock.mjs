import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SetupError, say } from './_say.mjs'

const RETRY_MS = 200
const GIVE_UP_MS = 20 * 60 * 1000

/**
 * Runs `work` while no other set-up of the same clone runs.
 *
 * Two `npm ci` in one folder destroy each other, and so do two builds. A lock whose process is gone is taken over.
 *
 * @template T
 * @param {string} folder the clone
 * @param {string} cache where lock files live
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, cache, work) {
  await mkdir(cache, { recursive: true }).catch((/** @type {NodeJS.ErrnoException} */ cause) => {
    throw new SetupError(
      'setup.cache-unwritable',
      `The cache folder ${cache} cannot be made (${cause.code}). Make it writable or set XDG_CACHE_HOME to a folder that is.`,
      cause,
    )
  })
  const file = join(cache, `set-up-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}.lock`)
  await take(file)
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** @param {string} file */
async function take(file) {
  const since = performance.now()
  let told = false
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    if (holder && !isAlive(holder)) {
      await rm(file, { force: true })
      continue
    }
    if (performance.now() - since > GIVE_UP_MS) {
      throw new SetupError(
        'setup.locked',
        `Another set-up (pid ${holder}) holds ${file}. Remove the file if that is not so.`,
      )
    }
    if (!told && holder) {
      say('set-up', `waits for another one of the same folder, pid ${holder}`)
      told = true
    }
    await delay(RETRY_MS)
  }
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
