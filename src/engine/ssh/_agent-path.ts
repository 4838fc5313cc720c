/** Which agent a server means (ssh_config IdentityAgent). */
import { isAbsolute, join } from 'node:path'
import type { SshPorts } from './types'

const NO_AGENT = 'none'
const INHERITED = 'SSH_AUTH_SOCK'
const PAGEANT = 'pageant'
/** Where the agent of Windows listens when nothing else is said. */
const WINDOWS_AGENT = String.raw`\\.\pipe\openssh-ssh-agent`

export interface AgentChoice {
  /** Socket, pipe or `pageant`. */
  readonly path: string
  /** Somebody named it: it must be there. */
  readonly isNamed: boolean
}

/** `null` for no agent: told so, or the variable that names it is not set. */
export function chooseAgent(written: string | null, environment: SshPorts['environment']): AgentChoice | null {
  const inherited = environment.agentSocket
  if (written === null) {
    if (inherited !== null) return { path: inherited, isNamed: true }
    return process.platform === 'win32' ? { path: WINDOWS_AGENT, isNamed: false } : null
  }
  if (written === NO_AGENT) return null
  if (written === PAGEANT) return { path: PAGEANT, isNamed: true }
  const variable = written === INHERITED ? INHERITED : /^\$(?:\{(\w+)\}|(\w+))$/.exec(written)?.slice(1).find(Boolean)
  if (variable === undefined) return { path: expandHome(written, environment.homeDir), isNamed: true }
  const path = variable === INHERITED ? inherited : (environment.variable?.(variable) ?? null)
  return path === null || path === '' ? null : { path, isNamed: true }
}

/** `~` and `~/…` are the home folder; relative paths are relative to it. */
export function expandHome(path: string, home: string): string {
  if (path === '~') return home
  if (path.startsWith('~/')) return join(home, path.slice(2))
  return isAbsolute(path) || path.startsWith('\\\\') ? path : join(home, path)
}
