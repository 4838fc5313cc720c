/** Several servers on one PostgreSQL: they keep no state of their own, and what changes at one reaches the clients of all. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { readConfig } from '../../src/cloud/config'
import { startServer, type CloudServer } from '../../src/cloud/server'
import { startPostgres, type Postgres } from '../support/postgres'
import { openEvents } from './_events'
import { column } from './_world'

let postgres: Postgres
let data: string
let url: string
let servers: readonly CloudServer[]
let lines: string[]
beforeAll(async () => {
  postgres = await startPostgres()
  data = mkdtempSync(join(tmpdir(), 'warren-cloud-'))
})
afterAll(async () => {
  await postgres.stop()
  rmSync(data, { recursive: true, force: true })
})
beforeEach(async () => {
  url = await postgres.makeDatabase()
  lines = []
  const given = { DATABASE_URL: url, PORT: '0', WARREN_CLOUD_REGISTRATION: 'open' }
  const log = (_level: string, message: string): void => void lines.push(message)
  // All at once: the tables and the signing key are made by one of them.
  servers = await Promise.all([1, 2, 3].map(() => startServer(readConfig(given, data), { log })))
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()))
})

const at = (index: number): CloudServer => {
  const server = servers[index]
  if (server === undefined) throw new Error('There is no such server.')
  return server
}
const makePerson = async (server: CloudServer = at(0)): Promise<string> => {
  const { store, tokens } = server.services
  const user = await store.users.add({ email: 'ada@example.com', username: 'ada', passwordHash: null })
  if (user === null) throw new Error('The account is there already.')
  return tokens.issue(user, null)
}
const call = async (server: CloudServer, token: string, [method, path, body]: [string, string, unknown?]) => {
  const response = await fetch(`${server.url}/port-forwards${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as unknown }
}

it('starts on an empty database however many start at once, again and again', async () => {
  const log = (): void => undefined
  for (let round = 0; round < 5; round += 1) {
    const empty = { DATABASE_URL: await postgres.makeDatabase(), PORT: '0', WARREN_CLOUD_REGISTRATION: 'open' }
    const started = await Promise.all(Array.from({ length: 8 }, () => startServer(readConfig(empty, data), { log })))
    const token = await makePerson(started[0])
    for (const server of started) expect((await call(server, token, ['GET', ''])).status).toBe(200)
    await Promise.all(started.map((server) => server.stop()))
  }
})

it('refuses what is too large to be read at each of them, in the one form', async () => {
  for (const { url: where } of servers) {
    const answer = await fetch(`${where}/teams/${'x'.repeat(20_000)}`)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toMatchObject({ statusCode: 431, error: 'Request Header Fields Too Large' })
    expect(answer.status).toBe(431)
  }
})

it('forgets attempts that do not count any more, and keeps those that do', async () => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("insert into rate_limits values ('login:old', 30, 1)")
  await Promise.all(
    [0, 1, 2].map((index) =>
      fetch(`${at(index).url}/auth/login`, { method: 'POST', body: '{"email":"x@example.com","password":"x"}' }),
    ),
  )
  await at(1).services.store.purge()
  const { rows } = await client.query<{ key: string; points: number }>('select key, points from rate_limits')
  await client.end()
  // Counted together, whichever instance was asked.
  expect(rows).toEqual([{ key: 'login:127.0.0.1', points: 3 }])
})

it('takes one person’s syncs at all of them at once, and doubles nothing', async () => {
  const token = await makePerson()
  const elements = Array.from({ length: 40 }, (_, index) => ({
    name: `f${index}`,
    type: 'local',
    localId: `l${index}`,
  }))
  const answers = await Promise.all(
    [0, 1, 2, 0, 1, 2].map((index) => call(at(index), token, ['POST', '/sync', elements])),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
  for (const server of servers) {
    const { body } = await call(server, token, ['GET', ''])
    expect(column(body, 'localId').sort()).toEqual(elements.map(({ localId }) => localId).sort())
  }
})

it('tells the clients of every instance, also when one of them ends', async () => {
  const token = await makePerson()
  const streams = await Promise.all(servers.map((server) => openEvents(server, token)))
  for (const stream of streams) expect(await stream.next()).toBe(0)
  await call(at(0), token, ['POST', '', { name: 'a', type: 'local' }])
  for (const stream of streams) expect(await stream.next()).toBe(1)
  await at(0).stop()
  await streams[0]?.ended()
  await call(at(1), token, ['POST', '', { name: 'b', type: 'local' }])
  for (const stream of streams.slice(1)) {
    expect(await stream.next()).toBe(2)
    await stream.close()
  }
})

it('ends a stream at one instance when the token is voided at another', async () => {
  const token = await makePerson()
  const stream = await openEvents(at(2), token)
  expect(await stream.next()).toBe(0)
  await fetch(`${at(0).url}/auth/logout`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  await stream.ended()
})

it('listens again when the database broke its connections, and tells what it missed', async () => {
  const token = await makePerson()
  const streams = await Promise.all(servers.map((server) => openEvents(server, token)))
  for (const stream of streams) expect(await stream.next()).toBe(0)
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  // By a hand that announces nothing: nobody can hear of it. Before the break, for it must be there when they listen again.
  await admin.query('update scopes set rev = rev + 1')
  await admin.query("insert into scopes (scope, rev) select 'personal:' || id, 7 from users")
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %' and pid <> pg_backend_pid()",
  )
  for (const stream of streams) {
    expect(await stream.next()).toBe(7)
    await stream.close()
  }
  await admin.end()
  expect(lines.filter((line) => line.startsWith('listening for changes broke'))).toHaveLength(3)
})
