import { app } from 'electron'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * What `electron FOLDER` runs: it makes the app in FOLDER the current app and loads it.
 *
 * A packaged Electron carries none, so the npm copy of Electron gets this one. It is an ES module with an await at its top
 * so that `ready` comes after the app's own modules were loaded, as it does with Electron's own.
 */
const { preload, folder } = readArguments(process.argv.slice(1))
const require = createRequire(import.meta.url)
for (const file of preload) require(resolve(file))
if (folder === undefined) {
  console.error('Give the folder of the app: electron FOLDER')
  app.exit(2)
} else {
  await load(resolve(folder))
}

/** @param {string[]} args */
function readArguments(args) {
  const preload = []
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index]
    if (arg === '-r' || arg === '--require') preload.push(args[(index += 1)])
    else if (!arg.startsWith('-')) return { preload, folder: arg }
  }
  return { preload, folder: undefined }
}

/** @param {string} path */
async function load(path) {
  Object.defineProperty(process, 'defaultApp', { value: true, configurable: false, enumerable: true })
  const about = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  if (about.version) app.setVersion(about.version)
  app.setName(about.productName ?? about.name)
  if (process.platform === 'linux') app.setDesktopName(about.desktopName ?? `${app.getName()}.desktop`)
  app.setAppPath(path)
  const dataFolder = app.commandLine.getSwitchValue('user-data-dir')
  app.setPath('userData', dataFolder || join(app.getPath('appData'), app.getName()))
  await import(pathToFileURL(require.resolve(join(path, about.main ?? 'index.js'))).href)
}
