/** The cloud as a process of its own, with an account and a hundred forwards, and a bare server on the same libraries beside it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const BUNDLE = join(root, 'out/node/warren-cloud.mjs')
const HELLO = join(import.meta.dirname, '_hello-hono.mjs')
const run = promisify(execFile)

export interface Served {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
}

export interface ServedCloud extends Served {
  readonly token: string
  readonly call: (method: string, path: string, body?: unknown) => Promise<unknown>
}

export async function serveHello(): Promise<Served> {
  const child = spawn(process.execPath, [HELLO], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number(await lineOf(child, /^(\d+)$/))
  return { name: 'hello', pid: child.pid ?? 0, port, stop: () => ended(child) }
}

/** `url`: of a PostgreSQL; without one it is a SQLite file. */
export async function serveCloud(name: string, url?: string): Promise<ServedCloud> {
  const data = mkdtempSync(join(tmpdir(), 'warren-cloud-'))
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: data, WARREN_CLOUD_DATA: data, PORT: '0' }
  if (url !== undefined) env['DATABASE_URL'] = url
  const added = run(process.execPath, [BUNDLE, 'user', 'add', 'ada@example.com', '--password-stdin'], { env })
  added.child.stdin?.end('secret123')
  await added
  const { stdout } = await run(process.execPath, [BUNDLE, 'user', 'token', 'ada@example.com'], { env })
  const token = stdout.trim()
  // Where people run it the log goes to a file or the journal.
  const child = spawn(process.execPath, [BUNDLE], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const port = Number(await lineOf(child, /"url":"http:\/\/127\.0\.0\.1:(\d+)"/))
  child.stderr?.resume()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return {
    ...{ name, pid: child.pid ?? 0, port, token },
    call: async (method, path, body) => {
      const content = body === undefined ? {} : { body: JSON.stringify(body) }
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...content })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as unknown
    },
    stop: async () => {
      await ended(child)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export interface Load {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** wrk over 16 kept connections. */
export async function loadOf(
  port: number,
  { path, token, method = 'GET', seconds }: { path: string; token?: string; method?: string; seconds: number },
): Promise<Load> {
  const script = join(mkdtempSync(join(tmpdir(), 'warren-wrk-')), 'load.lua')
  writeFileSync(script, `wrk.method = "${method}"\n`)
  const args = ['-t1', '-c16', `-d${seconds}s`, '--latency', '-s', script]
  if (token !== undefined) args.push('-H', `Authorization: Bearer ${token}`)
  const { stdout } = await run('wrk', [...args, `http://127.0.0.1:${port}${path}`])
  rmSync(join(script, '..'), { recursive: true })
  if (stdout.includes('Non-2xx')) throw new Error(`Answers failed:\n${stdout}`)
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50: millisecondsIn(stdout, '50'),
    p99: millisecondsIn(stdout, '99'),
  }
}

// --- internal ---

function millisecondsIn(said: string, percentile: string): number {
  const [, figure, unit] = new RegExp(`${percentile}%\\s+([\\d.]+)(us|ms|s)`).exec(said) ?? []
  const scale = { us: 0.001, ms: 1, s: 1000 }[unit ?? '']
  if (scale === undefined) throw new Error(`wrk printed no latency:\n${said}`)
  return Number(figure) * scale
}

async function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  const from = child.stdout ?? child.stderr
  if (from === null) throw new Error('It has no output.')
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error('It ended at the start.'))
    })
    createInterface({ input: from }).on('line', (line) => {
      const found = pattern.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
