import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, tail } from './_run.mjs'
import { SetupError, say, seconds } from './_say.mjs'
import { contentDigest, readStamp } from './_stamp.mjs'

const STAMP = 'node_modules/.warren-setup.json'

/**
 * Installs the npm packages of the lockfile when they are missing or no longer fit.
 *
 * @param {string} folder
 * @returns {Promise<boolean>} whether anything was done
 */
export async function ensurePackages(folder) {
  // Native parts are compiled for one ABI of Node, so another Node counts as a change.
  const wanted = {
    lock: await contentDigest(folder, ['package-lock.json']),
    abi: `${process.platform}-${process.arch}-${process.versions.modules}`,
  }
  const stamp = await readStamp(join(folder, STAMP))
  if (stamp?.['lock'] === wanted.lock && stamp['abi'] === wanted.abi) return false

  const installed = await readStamp(join(folder, 'node_modules/.package-lock.json'))
  if (installed && !stamp && isInstalled(installed, await readStamp(join(folder, 'package-lock.json')))) {
    await writeFile(join(folder, STAMP), JSON.stringify(wanted))
    return false
  }
  await install(folder, installed ? 'because package-lock.json or Node changed' : 'because node_modules was missing')
  await writeFile(join(folder, STAMP), JSON.stringify(wanted))
  return true
}

/**
 * @param {string} folder
 * @param {string} why
 */
async function install(folder, why) {
  const since = performance.now()
  // Development packages are what builds the app: they come also where NODE_ENV says production.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, output } = await npm(args, { cwd: folder })
  if (code !== 0) {
    throw new SetupError(
      'setup.packages',
      `npm ci failed; its last words were:\n${tail(output)}\nSet-up can be run again.`,
    )
  }
  const lock = /** @type {{ packages: object }} */ (
    JSON.parse(await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'))
  )
  const count = Object.keys(lock.packages).length
  say('packages', `installed ${count} from the lockfile in ${seconds(since)}, ${why}`)
}

/**
 * Whether the packages npm recorded in node_modules are those the lockfile asks for.
 *
 * npm writes its record last, so half an install has none. Optional packages may be absent: they are for other platforms.
 *
 * @param {Record<string, unknown>} installed node_modules/.package-lock.json
 * @param {Record<string, unknown> | null} lock package-lock.json
 */
export function isInstalled(installed, lock) {
  const has = entries(installed)
  const wants = entries(lock)
  const fits = Object.entries(has).every(([path, entry]) => wants[path]?.integrity === entry.integrity)
  const complete = Object.entries(wants).every(([path, entry]) => path === '' || path in has || entry.optional === true)
  return fits && complete && Object.keys(wants).length > 0
}

/**
 * @param {Record<string, unknown> | null} lock
 * @returns {Record<string, { integrity?: string, optional?: boolean }>}
 */
function entries(lock) {
  const packages = lock?.['packages']
  return typeof packages === 'object' && packages !== null ? /** @type {ReturnType<typeof entries>} */ (packages) : {}
}
