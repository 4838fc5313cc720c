/** Where the app keeps its own files, and where its parts lie. */
import { join } from 'node:path'
import { app } from 'electron'

/** The folder of the bundles: `out/` of the project, or the same inside the packaged app. */
const out = join(import.meta.dirname, '..')

export const preloadFile = join(out, 'preload', 'index.cjs')
export const rendererFolder = join(out, 'renderer')

export function resource(name: string): string {
  return app.isPackaged ? join(process.resourcesPath, name) : join(app.getAppPath(), 'resources', name)
}

/**
 * Moves the app's data below `WARREN_HOME`, where the daemon of that profile lives too.
 *
 * Must run before the single-instance lock and before `ready`: both are tied to the data folder.
 */
export function setupPaths(home: string | undefined): void {
  if (home !== undefined && home !== '') app.setPath('userData', join(home, 'app'))
}
