/** Real proxies for tests: squid and dante, on free ports of loopback, with logins of their own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 50
const SQUID_USER = 'proxy'
/** Of nobody: the login exists only for the dante of the test. */
const FREE_UID = 64_001

export interface ProxyLogin {
  readonly user: string
  readonly password: string
}

export interface Proxy {
  readonly port: number
  readonly log: () => string
  readonly stop: () => Promise<void>
}

/** squid with `basic_ncsa_auth`; `login` is `null` for one that lets everybody in. CONNECT goes to `ports` only, when given. */
export async function startSquid({
  login,
  ports = null,
}: {
  login: ProxyLogin | null
  ports?: readonly number[] | null
}): Promise<Proxy> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-squid-'))
  const port = await freePort()
  const passwords = join(dir, 'passwords')
  const config = join(dir, 'squid.conf')
  if (login !== null) writeFileSync(passwords, `${login.user}:${hash('-apr1', login.password)}\n`, { mode: 0o644 })
  writeFileSync(
    config,
    [
      `http_port 127.0.0.1:${port}`,
      ...(login === null
        ? []
        : [
            `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${passwords}`,
            'auth_param basic children 1',
            'acl known proxy_auth REQUIRED',
            'http_access deny !known',
          ]),
      ...(ports === null ? [] : [`acl some port ${ports.join(' ')}`, 'http_access deny !some']),
      'http_access allow all',
      'cache deny all',
      'pinger_enable off',
      'shutdown_lifetime 0 seconds',
      `cache_log ${join(dir, 'cache.log')}`,
      `access_log stdio:${join(dir, 'access.log')}`,
      'logfile_rotate 0',
      'pid_filename none',
      `coredump_dir ${dir}`,
      `visible_hostname localhost`,
      '',
    ].join('\n'),
  )
  giveTo(SQUID_USER, [dir, config, ...(login === null ? [] : [passwords])])
  // Its shared memory goes by the name of the service, so that two of them do not meet.
  const name = `warren${randomBytes(6).toString('hex')}`
  const child = spawn('/usr/sbin/squid', ['-N', '-n', name, '-f', config], { stdio: 'ignore' })
  const log = (): string => read(join(dir, 'cache.log')) + read(join(dir, 'access.log'))
  return await started({ child, port, dir, log })
}

/** dante, whose logins are those of the system: it sees a password file that no other program sees (a mount of its own). */
export async function startDante({ login }: { login: ProxyLogin | null }): Promise<Proxy> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-dante-'))
  const port = await freePort()
  const logFile = join(dir, 'log')
  const method = login === null ? 'none' : 'username'
  writeFileSync(
    join(dir, 'danted.conf'),
    [
      `logoutput: ${logFile}`,
      `internal: 127.0.0.1 port = ${port}`,
      'external: 127.0.0.1',
      'clientmethod: none',
      `socksmethod: ${method}`,
      'user.privileged: root',
      'user.unprivileged: nobody',
      'client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }',
      `socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 socksmethod: ${method} }`,
      '',
    ].join('\n'),
  )
  const command = `exec danted -f ${join(dir, 'danted.conf')} -p ${join(dir, 'pid')}`
  const passwd = join(dir, 'passwd')
  const shadow = join(dir, 'shadow')
  if (login !== null) {
    const { user, password } = login
    const line = `${user}:x:${FREE_UID}:65534::/nonexistent:/usr/sbin/nologin\n`
    writeFileSync(passwd, readFileSync('/etc/passwd', 'utf8') + line, { mode: 0o644 })
    writeFileSync(
      shadow,
      `${readFileSync('/etc/shadow', 'utf8')}${user}:${hash('-6', password)}:19000:0:99999:7:::\n`,
      {
        mode: 0o600,
      },
    )
  }
  const mounts = `mount --bind ${passwd} /etc/passwd && mount --bind ${shadow} /etc/shadow && ${command}`
  const child =
    login === null
      ? spawn('sh', ['-c', command], { stdio: 'ignore' })
      : spawn('unshare', ['--mount', 'sh', '-c', mounts], { stdio: 'ignore' })
  return await started({ child, port, dir, log: () => read(logFile) })
}

// --- internal ---

interface Starting {
  readonly child: ChildProcess
  readonly port: number
  readonly dir: string
  readonly log: () => string
}

async function started({ child, port, dir, log }: Starting): Promise<Proxy> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await accepts(port))) {
    const isOver = child.exitCode !== null || child.signalCode !== null
    if (isOver || Date.now() > deadline) throw new Error(`The proxy does not listen on ${port}: ${log()}`)
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS)
    })
  }
  return {
    port,
    log,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** For the password files of Apache and of the system. */
function hash(kind: '-apr1' | '-6', password: string): string {
  return execFileSync('openssl', ['passwd', kind, '-stdin'], { input: password, encoding: 'utf8' }).trim()
}

function giveTo(user: string, paths: readonly string[]): void {
  if (userInfo().uid !== 0) return
  const id = (kind: '-u' | '-g'): number => Number(execFileSync('id', [kind, user], { encoding: 'utf8' }))
  for (const path of paths) chownSync(path, id('-u'), id('-g'))
  chmodSync(paths[0] ?? '', 0o700)
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
