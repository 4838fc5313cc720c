import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, root } from './_places.mjs'
import { NPM_COPY, npmCopyFolder } from './_electron-npm-copy.mjs'

/**
 * An Electron that can be run.
 *
 * @typedef {object} ElectronRuntime
 * @property {string} folder what `ELECTRON_OVERRIDE_DIST_PATH` wants
 * @property {string} executable
 * @property {string} version
 * @property {'download' | 'npm copy' | 'given'} source
 */

/**
 * Finds the Electron set-up left behind, or null when there is none.
 *
 * One named by `ELECTRON_OVERRIDE_DIST_PATH` comes first, then Electron's own download, then the npm copy.
 *
 * @param {{ folder?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {ElectronRuntime | null}
 */
export function findElectron(options = {}) {
  const env = options.env ?? process.env
  const given = env['ELECTRON_OVERRIDE_DIST_PATH']
  if (given)
    return {
      folder: given,
      executable: join(given, executableName()),
      version: versionIn(given) ?? 'unknown',
      source: 'given',
    }

  const dist = join(options.folder ?? root, 'node_modules/electron/dist')
  const version = versionIn(dist)
  if (version !== null && version === wantedElectron(options.folder) && existsSync(join(dist, executableName()))) {
    return { folder: dist, executable: join(dist, executableName()), version, source: 'download' }
  }

  const copy = npmCopyFolder(cacheFolder(env))
  if (!existsSync(join(copy, 'complete.json'))) return null
  return { folder: copy, executable: join(copy, 'electron'), version: NPM_COPY.electron, source: 'npm copy' }
}

/**
 * The version of Electron package.json pins, as npm installed it.
 *
 * @param {string} [folder]
 */
export function wantedElectron(folder = root) {
  const about = /** @type {{ version: string }} */ (
    JSON.parse(readFileSync(join(folder, 'node_modules/electron/package.json'), 'utf8'))
  )
  return about.version
}

/** @param {string} dist */
function versionIn(dist) {
  try {
    return readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '')
  } catch {
    return null
  }
}

function executableName() {
  if (process.platform === 'win32') return 'electron.exe'
  return process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron'
}
