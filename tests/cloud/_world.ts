/** A cloud server on a socket, on SQLite and on PostgreSQL, and callers of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/cloud/config'
import type { Role } from '../../src/cloud/store'
import { startServer, type CloudServer, type ServerOptions } from '../../src/cloud/server'
import { startPostgres, type Postgres } from '../support/postgres'

export const databases = ['sqlite', 'postgresql'] as const
export type Database = (typeof databases)[number]

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

export interface CallOptions {
  readonly token?: string | undefined
  readonly body?: unknown
  /** In place of a JSON body. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Person {
  readonly id: string
  readonly email: string
  readonly token: string
  readonly refreshToken: string
}

export interface CloudWorld {
  readonly server: CloudServer
  readonly lines: string[]
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Answer>
  /** Makes an account and logs it in. */
  readonly person: (name: string) => Promise<Person>
  /** The same without a password to hash, for tests that are not about logins. */
  readonly quickPerson: (name: string) => Promise<Person>
  readonly clock: { offset: number }
  readonly close: () => Promise<void>
}

/** A text inside an answer, by its path (`user.id`). */
export function pick(body: unknown, path: string): string {
  const found = path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], body)
  if (typeof found !== 'string') throw new Error(`${path} is not a text in ${JSON.stringify(body)}`)
  return found
}

/** One member of every element of a list. */
export function column(body: unknown, key: string): unknown[] {
  if (!Array.isArray(body)) throw new Error(`not a list: ${JSON.stringify(body)}`)
  return body.map((element: unknown) => (element as Record<string, unknown>)[key])
}

let postgres: Promise<Postgres> | null = null

/** For `afterAll`: one PostgreSQL serves a whole file. */
export async function stopPostgres(): Promise<void> {
  const running = postgres
  postgres = null
  await (await running)?.stop()
}

export async function startCloud(
  database: Database,
  env: Readonly<Record<string, string>> = {},
  options: Pick<ServerOptions, 'limits' | 'times'> = {},
): Promise<CloudWorld> {
  const data = mkdtempSync(join(tmpdir(), 'warren-cloud-'))
  const url = database === 'sqlite' ? {} : { DATABASE_URL: await (await (postgres ??= startPostgres())).makeDatabase() }
  const given = { WARREN_CLOUD_DATA: data, WARREN_CLOUD_REGISTRATION: 'open', PORT: '0', ...url, ...env }
  const lines: string[] = []
  const clock = { offset: 0 }
  const server = await startServer(readConfig(given, data), {
    log: (level, message, fields) => lines.push(JSON.stringify({ level, message, ...fields })),
    now: () => Date.now() + clock.offset,
    limits: { loginsPerMinute: 10_000, accountsPerHour: 10_000 },
    // What it costs to guess a password is said by the tests of passwords and paid by those of the built server.
    passwordCost: { N: 2 ** 10, r: 8, p: 1 },
    ...options,
  })
  const call: CloudWorld['call'] = async (method, path, { token, body, raw, headers = {} } = {}) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: parse(text) }
  }
  return {
    ...{ server, lines, call, clock },
    person: async (name) => {
      const email = `${name}@example.com`
      const { body } = await call('POST', '/auth/register', {
        body: { email, username: `${name}-name`, password: 'secret123' },
      })
      return { id: pick(body, 'user.id'), email, token: pick(body, 'token'), refreshToken: pick(body, 'refreshToken') }
    },
    quickPerson: async (name) => {
      const email = `${name}@example.com`
      const { store, tokens } = server.services
      const user = await store.users.add({ email, username: name, passwordHash: null })
      if (user === null) throw new Error(`${email} has an account already`)
      return { id: user.id, email, token: await tokens.issue(user, null), refreshToken: '' }
    },
    close: async () => {
      await server.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** A team of `owner`, and the others with the role that they are named with. */
export async function makeTeam(
  { server }: CloudWorld,
  owner: Person,
  members: Readonly<Partial<Record<'owner' | 'developer' | 'user', Person>>> = {},
): Promise<string> {
  const { teams } = server.services.store
  const team = await teams.create('ops', owner)
  for (const [role, person] of Object.entries(members)) {
    const { token } = await teams.invite({ teamId: team.id, role: role as Role, by: owner, days: 1 })
    await teams.accept(token, person)
  }
  return team.id
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
