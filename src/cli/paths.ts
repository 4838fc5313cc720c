/** Paths that the daemon reads later, from another folder. */
import { resolve } from 'node:path'

/** Makes a path independent of the current folder; `~` and `none` keep their meaning. */
export function absolutePath(path: string, cwd: string): string {
  return path === 'none' || path === '~' || path.startsWith('~/') ? path : resolve(cwd, path)
}
