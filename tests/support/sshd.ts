/** Real OpenSSH servers for tests: own keys, own configuration, a free port, nothing shared. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port'

const SSHD = '/usr/sbin/sshd'
/** How long a server may take until it accepts connections. */
const START_TIMEOUT_MS = 60_000
const POLL_MS = 20
/** sshd 9.x refuses to start without it; Debian's service unit makes it. */
const PRIVILEGE_SEPARATION_DIR = '/run/sshd'

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface SshdOptions {
  /** Lines of sshd_config; the first value of a keyword wins, so they come before the defaults. */
  readonly config?: readonly string[]
  readonly hostKeys?: readonly HostKeyType[]
  /** 0: a free one. */
  readonly port?: number
  readonly listenAddress?: string
  /** Put before the command, to run it elsewhere (`ip netns exec NAME`). */
  readonly wrap?: readonly string[]
  /** Another name of the server: PAM takes its service from it. */
  readonly program?: string
}

export interface Sshd {
  readonly host: string
  readonly port: number
  readonly username: string
  /** Folder with the keys; removed by {@link Sshd.stop}. */
  readonly dir: string
  /** Path of a private key that may log in; `.pub` is beside it. */
  readonly clientKey: string
  /** `SHA256:…` of the first host key. */
  readonly hostKeyFingerprint: string
  /** `type base64` of each host key. */
  readonly hostKeys: readonly string[]
  /** A known_hosts line for the first host key. */
  readonly knownHostsLine: string
  readonly pid: () => number
  readonly log: () => string
  /** Resolves when the log matches; rejects after a minute. */
  readonly logged: (pattern: RegExp) => Promise<void>
  /** Adds a public key file or line to authorized_keys. */
  readonly authorize: (publicKey: string) => void
  /** A signal to the listener and to every session process it forked. */
  readonly kill: (signal: NodeJS.Signals) => void
  /** Ends listener and sessions; {@link Sshd.start} begins again on the same port with the same keys. */
  readonly halt: () => Promise<void>
  readonly start: () => Promise<void>
  readonly restart: () => Promise<void>
  /** Replaces the host keys, as a reinstalled server would, and restarts. */
  readonly changeHostKeys: () => Promise<void>
  /** Halts and removes the folder. Idempotent. */
  readonly stop: () => Promise<void>
}

/** Starts `/usr/sbin/sshd` on loopback; resolves when it accepts connections. Stop it in `afterAll`. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-sshd-'))
  chmodSync(dir, 0o700)
  const host = options.listenAddress ?? '127.0.0.1'
  const types = options.hostKeys ?? ['ed25519']
  const clientKey = join(dir, 'client')
  const authorizedKeys = join(dir, 'authorized_keys')
  const logFile = join(dir, 'sshd.log')
  makeKey(clientKey, 'ed25519')
  writeFileSync(authorizedKeys, readFileSync(`${clientKey}.pub`), { mode: 0o600 })
  for (const type of types) makeKey(join(dir, `host_${type}`), type)
  // Drawn when all else is there: what is free now may be somebody's a second later.
  const port = options.port ?? (await freePort(host))
  writeFileSync(
    join(dir, 'sshd_config'),
    [
      ...(options.config ?? []),
      `Port ${port}`,
      `ListenAddress ${host}`,
      ...types.map((type) => `HostKey ${join(dir, `host_${type}`)}`),
      `AuthorizedKeysFile ${authorizedKeys}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'AllowStreamLocalForwarding yes',
      'StreamLocalBindUnlink yes',
      'MaxSessions 100',
      'MaxStartups 200',
      'LogLevel VERBOSE',
      '',
    ].join('\n'),
  )
  if (userInfo().uid === 0) mkdirSync(PRIVILEGE_SEPARATION_DIR, { recursive: true, mode: 0o755 })

  let child: ChildProcess | null = null
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const publicKeys = (): string[] =>
    types.map((type) =>
      readFileSync(join(dir, `host_${type}.pub`), 'utf8')
        .split(' ')
        .slice(0, 2)
        .join(' '),
    )

  const start = async (): Promise<void> => {
    const command = [...(options.wrap ?? []), options.program ?? SSHD]
    const parameters = [...command.slice(1), '-D', '-f', join(dir, 'sshd_config'), '-E', logFile]
    const started = spawn(command[0] ?? SSHD, parameters, {
      stdio: 'ignore',
    })
    child = started
    const deadline = Date.now() + START_TIMEOUT_MS
    while (!(await accepts(host, port))) {
      if (started.exitCode !== null) throw new Error(`sshd ended with ${started.exitCode}: ${log()}`)
      if (Date.now() > deadline) throw new Error(`sshd does not listen on ${host}:${port}: ${log()}`)
      await pause(POLL_MS)
    }
  }
  const signalAll = (signal: NodeJS.Signals): void => {
    const pid = child?.pid
    if (pid === undefined || child?.exitCode !== null) return
    signalTree(pid, signal)
  }
  const halt = async (): Promise<void> => {
    const ending = child
    if (ending === null) return
    if (ending.exitCode === null && ending.signalCode === null) {
      const exited = once(ending, 'exit')
      signalAll('SIGKILL')
      await exited
    }
    child = null
  }

  await start()
  return {
    host,
    port,
    username: userInfo().username,
    dir,
    clientKey,
    get hostKeyFingerprint() {
      return fingerprint(join(dir, `host_${types[0] ?? 'ed25519'}.pub`))
    },
    get hostKeys() {
      return publicKeys()
    },
    get knownHostsLine() {
      return `[${host}]:${port} ${publicKeys()[0] ?? ''}`
    },
    pid: () => child?.pid ?? 0,
    log,
    logged: async (pattern) => {
      const deadline = Date.now() + START_TIMEOUT_MS
      while (!pattern.test(log())) {
        if (Date.now() > deadline) throw new Error(`sshd never logged ${String(pattern)}: ${log()}`)
        await pause(POLL_MS)
      }
    },
    authorize: (publicKey) => {
      const line = existsSync(publicKey) ? readFileSync(publicKey, 'utf8') : publicKey
      writeFileSync(authorizedKeys, `${readFileSync(authorizedKeys, 'utf8').trimEnd()}\n${line.trimEnd()}\n`)
    },
    kill: signalAll,
    halt,
    start,
    restart: async () => {
      await halt()
      await start()
    },
    changeHostKeys: async () => {
      await halt()
      for (const type of types) makeKey(join(dir, `host_${type}`), type)
      await start()
    },
    stop: async () => {
      await halt()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Makes a key pair with ssh-keygen, replacing one that is there. */
export function makeKey(path: string, type: HostKeyType, options: { passphrase?: string; pem?: boolean } = {}): void {
  rmSync(path, { force: true })
  rmSync(`${path}.pub`, { force: true })
  const size = type === 'rsa' ? ['-b', '2048'] : []
  const format = options.pem === true ? ['-m', 'PEM'] : []
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...size,
    ...format,
    '-N',
    options.passphrase ?? '',
    '-C',
    'test',
    '-f',
    path,
  ])
}

/** `SHA256:…` of a public or private key file, as ssh-keygen says it. */
export function fingerprint(path: string): string {
  return execFileSync('ssh-keygen', ['-l', '-f', path], { encoding: 'utf8' }).split(' ')[1] ?? ''
}

// --- internal ---

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    socket.once('error', () => resolve(false))
    // It may go without a word: whoever took the connection ended first.
    socket.once('close', () => resolve(false))
    socket.once('data', () => {
      resolve(true)
      socket.destroy()
    })
  })
}

/** A process that is to end or to stop is stopped before its children are listed: it must not fork another one meanwhile. */
function signalTree(pid: number, signal: NodeJS.Signals): void {
  if (signal === 'SIGKILL' || signal === 'SIGSTOP') signalOne(pid, 'SIGSTOP')
  for (const child of childrenOf(pid)) signalTree(child, signal)
  signalOne(pid, signal)
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended before the signal.
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    // The process is gone, or the system has no /proc.
    return []
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
