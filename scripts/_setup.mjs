import { ensureBuild } from './_build.mjs'
import { ensureElectron } from './_electron-ensure.mjs'
import { withLock } from './_lock.mjs'
import { nodeProblem } from './_node-version.mjs'
import { ensurePackages } from './_packages.mjs'
import { cacheFolder, root } from './_places.mjs'
import { SetupError, say, seconds } from './_say.mjs'
import { ensureSystem } from './_system.mjs'

/**
 * Brings a clone from whatever it is to ready: npm packages, Electron, system libraries, the built app.
 *
 * Each step looks first and does nothing when there is nothing to do. May be run again after it was killed anywhere.
 *
 * @param {{ set: 'start' | 'test', build?: boolean }} options `set` names the system packages; `build` defaults to true
 * @returns {Promise<import('./_electron.mjs').ElectronRuntime>} the Electron to run
 */
export async function setUp({ set, build = true }) {
  const since = performance.now()
  const problem = nodeProblem(process.version)
  if (problem !== null) throw new SetupError('setup.node-too-old', problem)

  return withLock(root, cacheFolder(), async () => {
    const packages = await ensurePackages(root)
    const system = await ensureSystem(set)
    const electron = await ensureElectron(root, cacheFolder())
    const built = build && (await ensureBuild(root))
    const { version, source } = electron.runtime
    const changed = packages || system || electron.changed || built
    const what = changed ? 'ready' : 'nothing to do'
    say('set-up', `${what}, ${seconds(since)}. Electron ${version} (${source}): ${electron.why}`)
    return electron.runtime
  })
}
