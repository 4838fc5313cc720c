/** Paths that the daemon reads later, from another folder. */
import { resolve } from 'node:path'

/** Makes a path independent of the current folder; `~` and `none` keep their meaning. */
export function absolutePath(path: string, cwd: string): string {
  return path === 'none' || path === '~' || path.startsWith('~/') ? path : resolve(cwd, path)
}

/** The same for an agent, which may also be a variable of the environment, a Windows pipe, or Pageant. */
export function agentPath(agent: string, cwd: string): string {
  const isWord = agent === 'SSH_AUTH_SOCK' || agent === 'pageant' || agent.startsWith('$')
  return isWord || /^[/\\]{2}[.?][/\\]pipe[/\\]/.test(agent) ? agent : absolutePath(agent, cwd)
}
