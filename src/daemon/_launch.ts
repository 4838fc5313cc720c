/** Starts a daemon that outlives its starter. */
import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs'
import { delimiter, dirname, join, parse } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { fromFault, isErrorCode, WarrenError, type Fault } from '@shared/errors'
import type { Places } from './places'
// Not by the store's index: a client has no use for SQLite.
import { ensureDataFolder, makeFolder } from './store/folders'

/** The file descriptor on which a daemon says one line: ready, or why not. */
export const READY_FD = 3
export const READY_FD_VARIABLE = 'WARREN_READY_FD'
const SCRIPT = 'warren-daemon.mjs'
const PRIVATE_FILE = 0o600

export interface LaunchOptions {
  readonly places: Places
  readonly env: NodeJS.ProcessEnv
  readonly nodeBinary?: string | undefined
  readonly daemonScript?: string | undefined
}

export interface Launched {
  /** Settles when the daemon listens; rejects with the fault it reported, or `daemon.unreachable`. */
  readonly ready: Promise<void>
  /** Lets the starter end while the daemon starts. */
  readonly detach: () => void
}

/** Spawns the daemon detached, in `/`, with its output in the daemon log. */
export function launchDaemon(options: LaunchOptions): Launched {
  const script = options.daemonScript ?? findDaemonScript()
  const node = options.nodeBinary ?? findNode(options.env)
  const output = openOutput(options.places)
  const child = spawn(node, [script], {
    cwd: parse(process.execPath).root,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', output, output, 'pipe'],
    env: {
      ...options.env,
      WARREN_HOME: options.places.home,
      [READY_FD_VARIABLE]: String(READY_FD),
      ...(process.versions['electron'] !== undefined && node === process.execPath ? { ELECTRON_RUN_AS_NODE: '1' } : {}),
    },
  })
  if (typeof output === 'number') closeSync(output)
  child.unref()
  const line = child.stdio[READY_FD] as Readable
  return { ready: whenReady(child, line, options.places), detach: () => line.destroy() }
}

function whenReady(child: ChildProcess, pipe: Readable, places: Places): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    pipe.setEncoding('utf8')
    pipe.on('data', (part: string) => {
      text += part
      if (text.includes('\n')) pipe.destroy()
    })
    pipe.on('error', () => undefined)
    pipe.on('close', () => {
      const fault = parseReady(text)
      if (fault === null) resolve()
      else reject(fault === undefined ? endedEarly(places) : fromFault(fault))
    })
    child.on('error', (error) => {
      reject(
        new WarrenError('daemon.unreachable', `The daemon cannot be started: ${error.message}`, {
          fix: 'Set WARREN_NODE to the path of a Node 20 or newer.',
          cause: error,
        }),
      )
      pipe.destroy()
    })
  })
}

/** `null`: ready; a fault: why not; `undefined`: it ended without a word. */
function parseReady(text: string): Fault | null | undefined {
  try {
    const said: unknown = JSON.parse(text)
    if (typeof said !== 'object' || said === null) return undefined
    if ('ready' in said) return null
    if ('fault' in said && isErrorCode((said.fault as Fault).code)) return said.fault as Fault
    return undefined
  } catch {
    return undefined
  }
}

function endedEarly(places: Places): WarrenError {
  return new WarrenError('daemon.unreachable', 'The daemon ended while it started.', {
    fix: `Its last words are in ${places.daemonLog}.`,
  })
}

function openOutput(places: Places): number | 'ignore' {
  try {
    // First, so that nothing is left in a folder that the daemon refuses.
    ensureDataFolder(places.home)
    makeFolder(places.logs)
    return openSync(join(places.logs, 'daemon-output.log'), 'w', PRIVATE_FILE)
  } catch {
    // A folder that cannot be written is the daemon's to report, with a code.
    return 'ignore'
  }
}

/**
 * The daemon's bundle, seen from wherever this file was bundled into: `out/node/`, `out/main/`, a chunk of either, or the source.
 * In a packaged app the bundle lies beside the archive, because a plain Node cannot read into it.
 */
export function findDaemonScript(): string {
  let folder = dirname(fileURLToPath(import.meta.url)).replace(/app\.asar(?=[\\/]|$)/, 'app.asar.unpacked')
  const tried: string[] = []
  for (let up = 0; up < 5; up += 1) {
    for (const candidate of [join(folder, SCRIPT), join(folder, 'node', SCRIPT), join(folder, 'out', 'node', SCRIPT)]) {
      tried.push(candidate)
      if (existsSync(candidate)) return candidate
    }
    folder = dirname(folder)
  }
  throw new WarrenError('daemon.unreachable', `The daemon's program ${SCRIPT} is missing.`, {
    fix: 'Run `npm run build`.',
    cause: `Looked for ${tried.join(', ')}`,
  })
}

/**
 * The Node to run the daemon with: `WARREN_NODE`, this process when it is a plain Node, the one of a packaged app's resources,
 * the one that runs npm, one on the PATH, and Electron as Node when there is no other (its sandboxed heap moves bytes slower).
 */
export function findNode(env: NodeJS.ProcessEnv): string {
  if (env['WARREN_NODE'] !== undefined && env['WARREN_NODE'] !== '') return env['WARREN_NODE']
  if (process.versions['electron'] === undefined) return process.execPath
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const resources = 'resourcesPath' in process && typeof process.resourcesPath === 'string' ? process.resourcesPath : ''
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = [
    join(resources, 'node', name),
    env['npm_node_execpath'] ?? '',
    ...folders.map((folder) => join(folder, name)),
  ]
  return candidates.find((path) => path !== '' && isExecutable(path)) ?? process.execPath
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
