/** What is measured: the system's ssh, the daemon as users run it, and the servers behind them. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Sshd } from '../support/sshd'

const run = promisify(execFile)
const CLI = fileURLToPath(new URL('../../out/node/warren.mjs', import.meta.url))
const START_TIMEOUT_MS = 15_000
const POLL_MS = 25

export interface Peer {
  readonly stop: () => Promise<void>
}

/** A port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface SystemSshOptions {
  /** As `-L` takes it. */
  readonly forward?: string
  /** The port of `-D`. */
  readonly dynamic?: number
  /** Instead of the server's own: a proxy in front of it. */
  readonly port?: number
  readonly cipher?: string
  readonly jump?: Sshd
}

/** `ssh -N` with the user's defaults but for the key and, when given, the cipher. */
export async function startSystemSsh(sshd: Sshd, options: SystemSshOptions): Promise<Peer> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-ssh-'))
  const config = join(dir, 'config')
  const { cipher, jump, forward, dynamic } = options
  const host = (name: string, at: Sshd, port: number): readonly string[] => [
    `Host ${name}`,
    ...[`HostName ${at.host}`, `Port ${port}`, `User ${at.username}`, `IdentityFile ${at.clientKey}`],
    ...['IdentitiesOnly yes', 'StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'LogLevel ERROR'],
    ...(cipher === undefined ? [] : [`Ciphers ${cipher}`]),
  ]
  const lines = [
    ...(jump === undefined ? [] : host('jump', jump, jump.port)),
    ...host('server', sshd, options.port ?? sshd.port),
    ...(jump === undefined ? [] : ['ProxyJump jump']),
  ]
  writeFileSync(config, lines.join('\n'))
  const args = ['-N', '-F', config]
  if (forward !== undefined) args.push('-L', forward)
  if (dynamic !== undefined) args.push('-D', String(dynamic))
  const child = spawn('ssh', [...args, 'server'], { stdio: 'inherit' })
  await listening(dynamic ?? Number(forward?.split(':')[0]))
  return {
    stop: async () => {
      await endChild(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface Warren extends Peer {
  readonly home: string
  /** Runs the command line and returns what it printed on standard output. */
  readonly warren: (...args: readonly string[]) => Promise<string>
}

/** The built command line with a data folder of its own; its daemon starts with the first command. */
export function startWarren(): Warren {
  const home = mkdtempSync(join(tmpdir(), 'warren-bench-'))
  const env = { ...process.env, WARREN_HOME: home }
  const warren = async (...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, [CLI, ...args], { env })).stdout
  return {
    home,
    warren,
    stop: async () => {
      await warren('daemon', 'stop')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

export async function startIperfServer(): Promise<Peer & { readonly port: number }> {
  const port = await freePort()
  const child = spawn('iperf3', ['-s', '-B', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  await listening(port)
  return { port, stop: () => endChild(child) }
}

/** nginx with a short page: an origin that is not the bottleneck. */
export function startOrigin(): Promise<Peer & { readonly port: number }> {
  return startNginx('return 200 "hello from behind the server\\n";')
}

/** nginx with the files of a folder. */
export function startFileOrigin(folder: string): Promise<Peer & { readonly port: number }> {
  return startNginx(`root ${folder}; sendfile on;`)
}

// --- internal ---

/** One worker, run as whoever runs the benchmark. */
async function startNginx(location: string): Promise<Peer & { readonly port: number }> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'warren-origin-'))
  const config = join(dir, 'nginx.conf')
  writeFileSync(
    config,
    [
      'worker_processes 1; daemon off; master_process off;',
      `pid ${dir}/pid; error_log ${dir}/error.log;`,
      'events { worker_connections 4096; }',
      'http {',
      '  access_log off; keepalive_requests 100000000;',
      `  client_body_temp_path ${dir}/a; proxy_temp_path ${dir}/b; fastcgi_temp_path ${dir}/c; uwsgi_temp_path ${dir}/d; scgi_temp_path ${dir}/e;`,
      `  server { listen 127.0.0.1:${port} backlog=4096; location / { ${location} } }`,
      '}',
    ].join('\n'),
  )
  const child = spawn('nginx', ['-p', dir, '-c', config], { stdio: 'ignore' })
  await listening(port)
  return {
    port,
    stop: async () => {
      await endChild(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Resolves when somebody takes connections there. */
export async function listening(port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await accepts(port))) {
    if (Date.now() > deadline) throw new Error(`Nothing listens on port ${port}.`)
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS)
    })
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Ends a process of ours and waits until it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
