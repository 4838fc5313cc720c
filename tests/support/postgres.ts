/** A PostgreSQL of the test's own: a cluster in a temporary folder, on a loopback port. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { freePort } from './free-port'

const DEBIAN = '/usr/lib/postgresql'

export interface Postgres {
  /** Of a database that nobody else uses. */
  readonly makeDatabase: () => Promise<string>
  readonly stop: () => Promise<void>
}

export interface PostgresOptions {
  /** Keeps what it acknowledged over a loss of power, as Debian sets it up. Tests want it fast. */
  readonly durable?: boolean
}

export async function startPostgres({ durable = false }: PostgresOptions = {}): Promise<Postgres> {
  const bin = binaries()
  const folder = mkdtempSync(join(tmpdir(), 'warren-pg-'))
  const owner = unprivileged()
  chmodSync(folder, 0o700)
  if (owner !== null) chownSync(folder, owner.uid, owner.gid)
  const as = owner ?? {}
  const data = join(folder, 'data')
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'warren', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...as, encoding: 'utf8', cwd: folder },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
  const settings = ['max_connections=200', ...(durable ? [] : fast)]
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, ...settings.flatMap((one) => ['-c', one])],
    { ...as, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  await ready(server)
  const urlOf = (database: string): string => `postgres://warren@127.0.0.1:${port}/${database}`
  return {
    makeDatabase: async () => {
      const name = `test_${randomUUID().replaceAll('-', '')}`
      const client = new pg.Client({ connectionString: urlOf('postgres') })
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      return urlOf(name)
    },
    stop: async () => {
      const ended = once(server, 'exit')
      // Immediate: nothing of it is wanted any more.
      server.kill('SIGQUIT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// --- internal ---

function binaries(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one)) : []
  const found = versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')))
  if (found === undefined) throw new Error('PostgreSQL is missing: install the Debian package postgresql.')
  return found
}

/** PostgreSQL does not run as root. */
function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

async function ready(server: ChildProcess): Promise<void> {
  if (server.stderr === null) throw new Error('The log is not there.')
  const lines = createInterface({ input: server.stderr })
  const said: string[] = []
  const gone = once(server, 'exit').then(() => {
    throw new Error(`PostgreSQL ended: ${said.join('\n')}`)
  })
  const up = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      said.push(line)
      if (line.includes('ready to accept connections')) resolve()
    })
  })
  gone.catch(() => undefined)
  await Promise.race([up, gone])
}
