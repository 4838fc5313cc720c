import { homedir, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * The cache folder of this user.
 *
 * What is fetched once per machine and not once per clone lives here: `XDG_CACHE_HOME` or `~/.cache` on Linux,
 * `~/Library/Caches` on macOS, `LOCALAPPDATA` on Windows, always with `warren` below it.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @param {NodeJS.Platform} [system]
 */
export function cacheFolder(env = process.env, system = platform()) {
  const home = env['HOME'] || homedir()
  if (system === 'win32') return join(env['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local'), 'warren', 'Cache')
  if (system === 'darwin') return join(home, 'Library', 'Caches', 'warren')
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'warren')
}
