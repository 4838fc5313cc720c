/** A cloud server on a socket, on SQLite and on PostgreSQL, and callers of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/cloud/config'
import { startServer, type CloudServer, type ServerOptions } from '../../src/cloud/server'
import { startPostgres, type Postgres } from '../support/postgres'

export const databases = ['sqlite', 'postgresql'] as const
export type Database = (typeof databases)[number]

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any // eslint-disable-line @typescript-eslint/no-explicit-any -- answers are what the test looks into
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
  readonly clock: { offset: number }
  readonly close: () => Promise<void>
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
  limits: ServerOptions['limits'] = { loginsPerMinute: 10_000, accountsPerHour: 10_000 },
): Promise<CloudWorld> {
  const data = mkdtempSync(join(tmpdir(), 'warren-cloud-'))
  const url = database === 'sqlite' ? {} : { DATABASE_URL: await (await (postgres ??= startPostgres())).makeDatabase() }
  const given = { WARREN_CLOUD_DATA: data, WARREN_CLOUD_REGISTRATION: 'open', PORT: '0', ...url, ...env }
  const lines: string[] = []
  const clock = { offset: 0 }
  const server = await startServer(readConfig(given, data), {
    log: (level, message, fields) => lines.push(JSON.stringify({ level, message, ...fields })),
    now: () => Date.now() + clock.offset,
    limits,
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
      return { id: body.user.id, email, token: body.token, refreshToken: body.refreshToken }
    },
    close: async () => {
      await server.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** A team of `owner`, and the others with the role that they are named with. */
export async function makeTeam(
  { call }: CloudWorld,
  owner: Person,
  members: Readonly<Partial<Record<'owner' | 'developer' | 'user', Person>>> = {},
): Promise<string> {
  const { body: team } = await call('POST', '/teams/create', { token: owner.token, body: { name: 'ops' } })
  for (const [role, person] of Object.entries(members)) {
    const { body: invitation } = await call('POST', `/teams/${team.id}/invite`, { token: owner.token, body: { role } })
    await call('POST', '/teams/join', { token: person.token, body: { token: invitation.token } })
  }
  return team.id as string
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
