/** Daemons for tests: one inside the test process with a fake engine, and the built bundle as its own process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import {
  connectDaemon,
  findDaemonScript,
  resolvePlaces,
  stopDaemon,
  type DaemonClient,
  type Places,
} from '@daemon/client'
import type { Clock } from '@engine'
import type { ForwardState } from '@shared/snapshots'
import type { ForwardDraft, ServerDraft } from '@shared/specs'
import { startDaemon, type Daemon } from '../../src/daemon/index'
import { createFakeEngine, type FakeEngine } from './fake-engine'

export interface TestDaemon {
  readonly daemon: Daemon
  readonly engine: FakeEngine
  readonly places: Places
  readonly log: string[]
  readonly connect: () => Promise<DaemonClient>
}

export interface TestDaemonOptions {
  readonly home: string
  readonly startState?: ForwardState
  readonly clock?: Clock
  readonly idleExitMs?: number
}

export function temporaryHome(): { readonly home: string; readonly remove: () => void } {
  const home = mkdtempSync(join(tmpdir(), 'warren-test-'))
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) }
}

/** A real daemon with a real store and socket, and an engine that does what the test says. */
export async function startTestDaemon(options: TestDaemonOptions): Promise<TestDaemon> {
  const places = resolvePlaces({}, options.home)
  const log: string[] = []
  let engine: FakeEngine | undefined
  const daemon = await startDaemon({
    places,
    env: { HOME: options.home },
    createEngine: (ports) => {
      engine = createFakeEngine(ports, options.startState)
      return engine
    },
    localPorts: { holderOf: () => Promise.resolve(null), nextFree: (_host, port) => Promise.resolve(port + 1) },
    nativeCrypto: false,
    log: (message) => log.push(message),
    clock: options.clock,
    idleExitMs: options.idleExitMs,
  })
  if (engine === undefined) throw new Error('the daemon made no engine')
  return {
    daemon,
    engine,
    places,
    log,
    connect: () => connectDaemon({ home: options.home, client: 'test', start: false, env: {} }),
  }
}

/** Connects when the daemon has seen every client before leave. */
export async function connectAlone({ connect }: TestDaemon): Promise<DaemonClient> {
  const client = await connect()
  await expect.poll(async () => (await client.call('daemon.status', {})).clients).toBe(1)
  return client
}

export function serverDraft(name = 'bastion', more: Partial<ServerDraft> = {}): ServerDraft {
  return { name, host: '192.0.2.1', ...more }
}

export function localDraft(serverId: string, name = 'db', more: Partial<ForwardDraft> = {}): ForwardDraft {
  return { name, type: 'local', localPort: 15_432, remoteHost: 'db.internal', remotePort: 5432, serverId, ...more }
}

/** Resolves with the first payload that `accept` takes; the wait is for the event alone. */
export function nextEvent<N extends Parameters<DaemonClient['on']>[0]>(
  client: DaemonClient,
  name: N,
  accept: (payload: Parameters<Parameters<typeof client.on<N>>[1]>[0]) => boolean = () => true,
): Promise<Parameters<Parameters<typeof client.on<N>>[1]>[0]> {
  return new Promise((resolve, reject) => {
    const stop = client.on(name, (payload) => {
      if (!accept(payload)) return
      stop()
      resolve(payload)
    })
    void client.closed.then(() => reject(new Error(`the connection ended before ${name}`)))
  })
}

/** The built daemon: `WARREN_TEST_DAEMON`, else the one that `npm run build` made. */
export function daemonScript(): string {
  return process.env['WARREN_TEST_DAEMON'] ?? findDaemonScript()
}

/** Connects to the built daemon of a folder and starts it when none answers. */
export function connectBuilt(home: string, env: NodeJS.ProcessEnv = {}): Promise<DaemonClient> {
  return connectDaemon({
    ...{ home, client: 'test', start: true, daemonScript: daemonScript() },
    env: { PATH: process.env['PATH'], HOME: home, ...env },
  })
}

/**
 * Ends the daemon of a folder, if one runs, by its own request.
 *
 * Of clients that come at once each launches one. Those that find the folder taken end by themselves, but one that is late finds it free
 * again: it would write into a folder that is being removed.
 */
export async function endBuilt(home: string): Promise<void> {
  do await stopDaemon({ home, client: 'test', env: {} })
  while (isLaunched(home) && (await sleep(LAUNCHED_POLL_MS, true)))
}

// --- internal ---

const LAUNCHED_POLL_MS = 20

/** Whether there is a process of the built daemon for this folder, whatever it is about to do. Linux only. */
function isLaunched(home: string): boolean {
  const read = (pid: string, name: string): readonly string[] => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0')
    } catch {
      // It ended, or is somebody else's.
      return []
    }
  }
  return (
    process.platform === 'linux' &&
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && read(name, 'environ').includes(`WARREN_HOME=${home}`))
      .some((pid) => read(pid, 'cmdline').some((word) => word.includes('warren-daemon')))
  )
}
