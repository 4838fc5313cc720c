/** Where everything is kept. */
import { createHash } from 'node:crypto'
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'

/** All paths of one data folder. `WARREN_HOME` moves every one of them. */
export interface Places {
  /** The data folder. */
  readonly home: string
  /** A Unix socket, or the name of a pipe on Windows. */
  readonly socket: string
  /** The 0700 folder of the socket; `null` on Windows. */
  readonly socketFolder: string | null
  readonly database: string
  readonly backups: string
  /** Held in an exclusive SQLite transaction while a daemon lives: the system frees it with the process. */
  readonly lock: string
  /** Pid of the daemon that holds the lock: for the message only, never trusted as the lock. */
  readonly pidFile: string
  readonly secrets: string
  readonly logs: string
  readonly daemonLog: string
  readonly demo: string
}

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the closing zero. */
const MAX_SOCKET_PATH_BYTES = 103

/** Finds the data folder: `home`, else `WARREN_HOME`, else the platform's place for a person's data. */
export function resolvePlaces(env: NodeJS.ProcessEnv, home?: string): Places {
  const chosen = home ?? nonEmpty(env['WARREN_HOME']) ?? defaultHome(env)
  const root = resolve(chosen)
  const { socket, socketFolder } = socketPlace(root)
  const logs = join(root, 'logs')
  return {
    home: root,
    socket,
    socketFolder,
    database: join(root, 'warren.db'),
    backups: join(root, 'backups'),
    lock: join(root, 'warren.lock'),
    pidFile: join(root, 'daemon.pid'),
    secrets: join(root, 'secrets.json'),
    logs,
    daemonLog: join(logs, 'daemon.log'),
    demo: join(root, 'demo'),
  }
}

function defaultHome(env: NodeJS.ProcessEnv): string {
  const person = nonEmpty(env['HOME']) ?? homedir()
  switch (process.platform) {
    case 'win32':
      return join(nonEmpty(env['LOCALAPPDATA']) ?? join(person, 'AppData', 'Local'), 'Warren')
    case 'darwin':
      return join(person, 'Library', 'Application Support', 'Warren')
    default:
      return join(nonEmpty(env['XDG_DATA_HOME']) ?? join(person, '.local', 'share'), 'warren')
  }
}

/**
 * The socket depends on the data folder alone, so that a client with another environment (cron, a plain login) finds the same
 * daemon. A data folder with a long path has its socket in a private folder of `/tmp`.
 */
function socketPlace(root: string): Pick<Places, 'socket' | 'socketFolder'> {
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 16)
  if (process.platform === 'win32') {
    return { socket: `\\\\.\\pipe\\warren-${userInfo().username}-${hash}`, socketFolder: null }
  }
  const near = join(root, 'run', 'daemon.sock')
  if (Buffer.byteLength(near) <= MAX_SOCKET_PATH_BYTES) return { socket: near, socketFolder: join(root, 'run') }
  const folder = `/tmp/warren-${userInfo().uid}`
  return { socket: join(folder, `${hash}.sock`), socketFolder: folder }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}
