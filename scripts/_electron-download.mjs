import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { run, tail } from './_run.mjs'
import { readStamp } from './_stamp.mjs'

const RELEASES = 'https://github.com/electron/electron/releases/download'
const REACH_MS = 15_000
const DOWNLOAD_MS = 10 * 60 * 1000
const REMEMBER_MS = 24 * 60 * 60 * 1000
const MEMORY = 'electron-download-failed.json'

/**
 * Lets the `electron` package fetch its binary.
 *
 * A host that cannot be reached is found out first, with a short wait, as the package itself would wait much longer.
 * That check is left out where a mirror or a proxy is configured: the package then asks somebody else.
 *
 * @param {string} folder
 * @param {string} version
 * @returns {Promise<string | null>} why it failed, or null
 */
export async function downloadElectron(folder, version) {
  const roundabout = Object.keys(process.env).some((name) => /electron_mirror$|^https?_proxy$/i.test(name))
  if (!roundabout) {
    const problem = await reachProblem(`${RELEASES}/v${version}/SHASUMS256.txt`)
    if (problem !== null) return problem
  }
  const installer = createRequire(join(folder, 'package.json')).resolve('electron/install.js')
  const { code, output, timedOut } = await run(process.execPath, [installer], { cwd: folder, timeout: DOWNLOAD_MS })
  if (code === 0) return null
  return timedOut ? 'the download took more than 10 minutes' : `the download failed: ${tail(output, 1)}`
}

/** @param {string} url */
async function reachProblem(url) {
  const { host } = new URL(url)
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(REACH_MS) })
    return answer.ok ? null : `${host} answers ${answer.status}`
  } catch (error) {
    const cause = /** @type {{ cause?: { code?: string } }} */ (error).cause?.code
    return `${host} cannot be reached (${cause ?? /** @type {Error} */ (error).name})`
  }
}

/**
 * Why the last download failed, when that was within a day and for the same version: another try would only wait again.
 *
 * @param {string} cache
 * @param {string} version
 * @param {number} [now] ms
 */
export async function rememberedFailure(cache, version, now = Date.now()) {
  const memory = await readStamp(join(cache, MEMORY))
  if (memory?.['version'] !== version || typeof memory['at'] !== 'number' || typeof memory['why'] !== 'string')
    return null
  const age = now - memory['at']
  return age >= 0 && age < REMEMBER_MS ? memory['why'] : null
}

/**
 * @param {string} cache
 * @param {string} version
 * @param {string} why
 */
export async function rememberFailure(cache, version, why) {
  await mkdir(cache, { recursive: true })
  await writeFile(join(cache, MEMORY), JSON.stringify({ version, why, at: Date.now() }))
}
