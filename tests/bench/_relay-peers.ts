/** What relays: HAProxy, nginx's stream module, socat, and Warren's daemon as users run it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DaemonClient } from '@daemon/client'
import type { RelayDraft } from '@shared/relays'
import { connectBuilt, endBuilt, temporaryHome } from '../support/daemon'
import { endChild, listening, type Peer } from './_peers'
import { processTree, rssBytes } from './_processes'

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so'
const LOWEST_PORT = 10_000
const HIGHEST_PORT = 32_000
const START_TIMEOUT_MS = 60_000

/** From a port here to a port here. */
export interface Way {
  readonly listen: number
  readonly target: number
}

export interface RelayPeer extends Peer {
  /** Resident memory of all its processes, bytes. */
  readonly rss: () => number
}

/** One thread, splicing where the kernel can (option splice-auto). Two descriptors each, and a pipe for some: more does not fit. */
export async function startHaproxy(ways: readonly Way[], connections = 6000): Promise<RelayPeer> {
  const config = [
    ...['global', '  nbthread 1', `  maxconn ${connections}`],
    ...['defaults', '  mode tcp', '  timeout connect 5s', '  timeout client 600s', '  timeout server 600s'],
    '  option splice-auto',
    ...ways.flatMap(({ listen, target }) => [
      `listen to-${target}`,
      `  bind 127.0.0.1:${listen} backlog 4096`,
      `  server only 127.0.0.1:${target}`,
    ]),
  ]
  return startWithConfig(config, ways, (file) => ['haproxy', ['-f', file]])
}

export async function startNginxStream(ways: readonly Way[]): Promise<RelayPeer> {
  const config = [
    `load_module ${STREAM_MODULE};`,
    'worker_processes 1; daemon off; master_process off; error_log stderr crit;',
    'events { worker_connections 19000; }',
    'stream {',
    ...ways.map(
      ({ listen, target }) =>
        `server { listen 127.0.0.1:${listen} backlog=4096; proxy_pass 127.0.0.1:${target}; proxy_timeout 600s; tcp_nodelay on; }`,
    ),
    '}',
  ]
  return startWithConfig(config, ways, (file, dir) => ['nginx', ['-p', dir, '-c', file, '-g', `pid ${dir}/pid;`]])
}

/** A process for each source, each ending after two quiet seconds. With `control`, TCP on the same port too: iperf3 talks there. */
export async function startSocat({ listen, target }: Way, { control }: { control: boolean }): Promise<RelayPeer> {
  const udp = spawn(
    'socat',
    ['-T', '2', `UDP4-LISTEN:${listen},fork,bind=127.0.0.1`, `UDP4:127.0.0.1:${target}`],
    // Its own group: those that it forks go with it. What it says of refused writes is no news.
    { stdio: 'ignore', detached: true },
  )
  const tcp = control
    ? spawn('socat', [`TCP4-LISTEN:${listen},fork,reuseaddr,bind=127.0.0.1`, `TCP4:127.0.0.1:${target}`], {
        ...{ stdio: 'ignore', detached: true },
      })
    : null
  if (tcp === null) await udpBound(listen)
  else await listening(listen)
  const children = [udp, ...(tcp === null ? [] : [tcp])]
  return {
    rss: () => rssOf(children),
    stop: async () => {
      for (const child of children) await endGroup(child)
    },
  }
}

export interface WarrenRelays extends RelayPeer {
  readonly client: DaemonClient
  /** Adds and starts them, and waits until they run. */
  readonly run: (drafts: readonly RelayDraft[]) => Promise<readonly string[]>
}

export async function startWarrenRelays(): Promise<WarrenRelays> {
  const { home, remove } = temporaryHome()
  const client = await connectBuilt(home)
  const { pid } = await client.call('daemon.status', {})
  return {
    client,
    run: async (drafts) => {
      const ids: string[] = []
      for (const draft of drafts) ids.push((await client.call('relays.add', draft)).spec.id)
      await client.call('relays.start', { ids })
      for (const { snapshot } of await client.call('relays.wait', { ids, timeoutMs: START_TIMEOUT_MS })) {
        if (snapshot.state !== 'running')
          throw new Error(`${snapshot.name} is ${snapshot.state}: ${String(snapshot.reason?.message)}`)
      }
      return ids
    },
    rss: () => rssBytes(pid),
    stop: async () => {
      client.close()
      await endBuilt(home)
      remove()
    },
  }
}

export function draftOf({ listen, target }: Way, protocol: 'tcp' | 'udp'): RelayDraft {
  return {
    name: `${protocol} ${listen}`,
    protocol,
    listenPort: listen,
    targets: [{ host: '127.0.0.1', port: target }],
  }
}

export interface Holder extends Peer {
  readonly port: number
  /** Descriptors that it has open. */
  readonly files: () => number
}

/** Keeps TCP clients and echoes datagrams, as a process of its own: descriptors are counted for each. */
export async function startHolder(): Promise<Holder> {
  const script = fileURLToPath(new URL('./_hold.mjs', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const files = (): number => readdirSync(`/proc/${child.pid ?? 'self'}/fd`).length
  return { port: Number(line), files, stop: () => endChild(child) }
}

/** Some free ports, each once; below those that the system gives to clients, which come and go by the thousand here. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT))
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

// --- internal ---

async function startWithConfig(
  config: readonly string[],
  ways: readonly Way[],
  command: (file: string, dir: string) => readonly [string, readonly string[]],
): Promise<RelayPeer> {
  const dir = mkdtempSync(join(tmpdir(), 'warren-relay-'))
  const file = join(dir, 'config')
  writeFileSync(file, `${config.join('\n')}\n`)
  const [program, args] = command(file, dir)
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  for (const { listen } of ways) await listening(listen)
  return {
    rss: () => rssOf([child]),
    stop: async () => {
      await endChild(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function rssOf(children: readonly ChildProcess[]): number {
  return children
    .flatMap(({ pid }) => (pid === undefined ? [] : processTree(pid)))
    .reduce((sum, pid) => sum + rssBytes(pid), 0)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => {
      server.close(() => resolve(true))
    })
  })
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return
  const gone = once(child, 'exit')
  process.kill(-child.pid, 'SIGTERM')
  await gone
}

/** Until the kernel lists the port (proc(5), /proc/net/udp). */
async function udpBound(port: number): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  while (!readFileSync('/proc/net/udp', 'utf8').includes(hex)) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}
