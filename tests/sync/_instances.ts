/** Processes of the cloud server on one PostgreSQL behind a balancer; each may be killed and comes back on its port. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port'
import { startPostgres } from '../support/postgres'
import { startRoundRobin, type RoundRobin } from '../support/round-robin'

const bundle = join(import.meta.dirname, '../../out/node/warren-cloud.mjs')
const READY_MS = 60_000

export interface Instances {
  /** Of the balancer. */
  readonly url: string
  readonly balancer: RoundRobin
  readonly count: number
  readonly isUp: (index: number) => boolean
  /** With SIGKILL. */
  readonly kill: (index: number) => Promise<void>
  /** Resolves when it answers. */
  readonly start: (index: number) => Promise<void>
  readonly close: () => Promise<void>
}

export async function startInstances(count: number, env: Readonly<Record<string, string>> = {}): Promise<Instances> {
  if (!existsSync(bundle)) throw new Error(`${bundle} is missing: npm run build:node`)
  const postgres = await startPostgres()
  const data = mkdtempSync(join(tmpdir(), 'warren-cloud-'))
  const database = await postgres.makeDatabase()
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()))
  const running = new Map<number, ChildProcess>()
  const balancer = await startRoundRobin(ports)

  const kill = async (index: number): Promise<void> => {
    const child = running.get(index)
    if (child === undefined) return
    running.delete(index)
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const start = async (index: number): Promise<void> => {
    if (running.has(index)) return
    const port = ports[index] ?? 0
    const child = spawn(process.execPath, [bundle], {
      env: {
        ...{ PATH: process.env['PATH'] ?? '', HOME: data, WARREN_CLOUD_DATA: data, DATABASE_URL: database },
        ...{ PORT: String(port), WARREN_CLOUD_REGISTRATION: 'open', ...env },
      },
      stdio: 'ignore',
    })
    running.set(index, child)
    await answers(`http://127.0.0.1:${port}/readyz`, child)
  }
  // One after the other at first: the database is empty.
  for (let index = 0; index < count; index += 1) await start(index)
  return {
    ...{ url: `http://127.0.0.1:${balancer.port}`, balancer, count, kill, start },
    isUp: (index) => running.has(index),
    close: async () => {
      await balancer.close()
      await Promise.all([...running.keys()].map(kill))
      await postgres.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

// --- internal ---

async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + READY_MS
  while (Date.now() < until) {
    // Killed again before it was up.
    if (child.exitCode !== null || child.signalCode !== null) return
    const response = await fetch(url).catch(() => null)
    if (response?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${url} does not answer`)
}
