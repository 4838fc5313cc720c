/**
 * The document's examples, pasted into a shell as they stand; only token and ids are put in. They go to the real `npm run cloud`, whose
 * answers must be the document's, but for differences that are explained here. Writes docs/cloud-document.md.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { startPostgres, type Postgres } from '../support/postgres'
import { expectPage, tableOf } from './_generated-page'
import { npmRunCloud, type RunningCloud } from './_npm-run-cloud'
import { databases, pick, type Database } from './_world'

const run = promisify(execFile)
const folder = join(import.meta.dirname, 'document')

type Json = Readonly<Record<string, unknown>>

interface Example {
  readonly name: string
  readonly answer: string
  readonly status: number
  /** Why a member of the answer is another one than the document shows. Each must be needed. */
  readonly why?: Readonly<Record<string, string>>
}

const ASKED_ACTIVE = 'the document shows a stopped one below all four requests; this one asks for active ones'
const active = { status: ASKED_ACTIVE, lastUsed: ASKED_ACTIVE, tunnelId: ASKED_ACTIVE, connectionId: ASKED_ACTIVE }

/** In the order of the document. */
const examples: readonly Example[] = [
  { name: 'list-mine', answer: 'list', status: 200 },
  { name: 'list-team', answer: 'list', status: 200 },
  { name: 'list-active', answer: 'list', status: 200, why: active },
  { name: 'list-team-active', answer: 'list', status: 200, why: active },
  { name: 'start', answer: 'start', status: 200 },
  { name: 'stop', answer: 'stop', status: 200 },
  { name: 'status', answer: 'status', status: 200 },
  { name: 'create-local', answer: 'create', status: 201 },
  { name: 'create-remote', answer: 'create', status: 201 },
  { name: 'create-dynamic', answer: 'create', status: 201 },
  {
    name: 'create-manual',
    answer: 'create',
    status: 201,
    why: { password: 'came in clear, and is not kept: `warren-secrets-not-kept: password` says so' },
  },
  { name: 'read', answer: 'read', status: 200 },
  { name: 'change-all', answer: 'change', status: 200 },
  { name: 'change-some', answer: 'change', status: 200 },
  { name: 'delete', answer: 'delete', status: 200 },
  { name: 'sync-many', answer: 'sync', status: 201 },
  {
    name: 'sync-one',
    answer: 'sync',
    status: 201,
    why: { syncedCount: 'the document shows the answer for two below both requests; this one sends one' },
  },
]

interface Told {
  readonly status: number
  readonly body: unknown
}

let postgres: Promise<Postgres> | undefined
afterAll(async () => {
  await (await postgres)?.stop()
})

it('answers every example of the document as the document shows, on both databases', async () => {
  const told = await Promise.all(databases.map(answersOn))
  const [lite, full] = told.map(sections)
  expect(full).toEqual(lite)
  await expectPage('cloud-document.md', [...INTRO, overview(), ...(lite ?? [])].join('\n\n'))
})

const INTRO = [
  '# The document’s examples, and what they are answered',
  'Every example by curl of the document of the `/port-forwards` API, pasted into a shell as it stands against `npm run cloud`: only the token and ids are put in, and curl is told by its settings at which port the server listens. The test `tests/cloud/document.real.test.ts` runs them on SQLite and on PostgreSQL, compares, and writes this page (`vitest -u`); a difference that is not explained here fails it.',
  'Where the document shows one answer below several requests, it is held against each with the values that the request sends, and `null` for what it does not send. `‹id›` and `‹time›` stand for a UUID and a time in ISO 8601 with milliseconds. The document names no status; those of its server are 201 for `POST` on a collection and 200 else.',
]

/** All of them at a glance. What stands here was compared before. */
function overview(): string {
  const rows = examples.map(({ name, answer, status, why = {} }) => {
    const others = [...new Set(Object.values(why))].map((reason) => `${fieldsWith(why, reason)}: ${reason}`)
    return [
      `[${name}](#${name}-${status})`,
      answer,
      String(status),
      others.length === 0 ? 'the same' : others.join('; '),
    ]
  })
  return tableOf(['example', 'answer of the document', 'status', 'answered'], rows)
}

function fieldsWith(why: Readonly<Record<string, string>>, reason: string): string {
  const fields = Object.keys(why).filter((field) => why[field] === reason)
  return fields.map((field) => `\`${field}\``).join(', ')
}

async function answersOn(database: Database): Promise<ReadonlyMap<string, Told>> {
  const env: Record<string, string> = {}
  if (database === 'postgresql') env['DATABASE_URL'] = await (await (postgres ??= startPostgres())).makeDatabase()
  const cloud = await npmRunCloud(env)
  const home = mkdtempSync(join(tmpdir(), 'warren-curl-'))
  const settings = [
    ...['silent', 'show-error', 'noproxy = "*"', 'write-out = "\\n%{http_code}"'],
    `connect-to = "localhost:3000:127.0.0.1:${cloud.port}"`,
  ]
  writeFileSync(join(home, '.curlrc'), settings.join('\n'))
  try {
    return await inOrder(cloud, home)
  } finally {
    rmSync(home, { recursive: true, force: true })
    expect(await cloud.stop()).toContain('"message":"stopped"')
  }
}

/** The one order in which each example meets what its answer shows. */
async function inOrder(cloud: RunningCloud, home: string): Promise<ReadonlyMap<string, Told>> {
  const told = new Map<string, Told>()
  const ids = { team: '', forward: '' }
  const paste = async (name: string): Promise<Told> => {
    const text = commands
      .get(name)
      ?.replace('YOUR_JWT_TOKEN', cloud.token)
      .replace('forward-uuid', ids.forward)
      .replace('team-uuid', ids.team)
    if (text === undefined) throw new Error(`There is no example ${name}.`)
    const { stdout } = await run('bash', ['-c', text], { env: { PATH: process.env['PATH'], CURL_HOME: home } })
    const end = stdout.lastIndexOf('\n')
    const answer = { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) as unknown }
    told.set(name, answer)
    return answer
  }
  const post = async (path: string, body: unknown): Promise<string> => {
    const headers = { authorization: `Bearer ${cloud.token}`, 'content-type': 'application/json' }
    const answer = await fetch(cloud.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return pick(await answer.json(), 'id')
  }
  const create = async (): Promise<void> => {
    ids.forward = pick((await paste('create-local')).body, 'id')
  }
  ids.team = await post('/teams/create', { name: 'ops' })
  const ofTeam = await post(`/port-forwards?namespace=${ids.team}`, sentBy('create-local'))
  await create()
  for (const name of ['read', 'list-mine', 'list-team', 'change-all', 'change-some', 'delete']) await paste(name)
  await create()
  for (const name of ['start', 'status', 'list-active', 'stop']) await paste(name)
  await post(`/port-forwards/${ofTeam}/start`, {})
  await paste('list-team-active')
  for (const name of ['create-remote', 'create-dynamic', 'create-manual', 'sync-many', 'sync-one']) await paste(name)
  return told
}

const commands: ReadonlyMap<string, string> = new Map(
  readFileSync(join(folder, 'examples.sh'), 'utf8')
    .split(/^# /m)
    .slice(2)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trim()] as const),
)
const shown = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as Readonly<Record<string, unknown>>

/** The body of an example. */
function sentBy(name: string): unknown {
  const [, body] = /-d '([^']*)'/.exec(commands.get(name) ?? '') ?? []
  return body === undefined ? {} : JSON.parse(body)
}

function sections(told: ReadonlyMap<string, Told>): readonly string[] {
  return examples.map((example) => {
    const { status, body } = told.get(example.name) ?? { status: 0, body: null }
    expect(status, example.name).toBe(example.status)
    const rows = compare(example, body)
    const because = rows.flatMap(([field = '', , , why = '']) => (why === '' ? [] : [field]))
    expect(because, example.name).toEqual(Object.keys(example.why ?? {}).map((field) => `\`${field}\``))
    const request = `\`\`\`sh\n${commands.get(example.name) ?? ''}\n\`\`\``
    const table = tableOf(['', 'document', 'answer', 'why it differs'], rows)
    return `## ${example.name}: ${status}\n\n${request}\n\n${table}${beyond(example, body)}`
  })
}

/** One row for each member of the document's answer, and for what the request sent. Fails where they differ without a reason. */
function compare(example: Example, body: unknown): readonly (readonly string[])[] {
  const expected = expectedOf(example)
  const answer = onlyOne(body)
  const documented = onlyOne(shown[example.answer])
  // Its members come first, and in its order.
  const names = Object.keys(documented)
  expect(Object.keys(answer).slice(0, names.length), example.name).toEqual(names)
  return Object.keys(expected).map((name) => {
    const [theirs, ours] = [plain(expected[name]), plain(answer[name])]
    const why = theirs === ours ? '' : example.why?.[name]
    expect(why, `${example.name}: ${name} is ${ours}, not ${theirs}`).toBeDefined()
    return [`\`${name}\``, `\`${theirs}\``, `\`${ours}\``, why ?? '']
  })
}

function expectedOf({ name, answer }: Example): Json {
  const documented = onlyOne(shown[answer])
  const sent = sentBy(name)
  if (Array.isArray(sent)) return documented
  const isNew = answer === 'create'
  const unsent = isNew ? Object.fromEntries(writable.map((field) => [field, null])) : {}
  return { ...documented, ...unsent, ...(sent as Json) }
}

/** What a request may send of the members of the document's answer. */
const writable = [
  ...['localId', 'name', 'type', 'localHost', 'localPort', 'remoteHost', 'remotePort', 'bindAddress', 'bindPort'],
  'serverId',
]

function beyond(example: Example, body: unknown): string {
  const expected = expectedOf(example)
  const more = Object.keys(onlyOne(body)).filter((name) => !Object.hasOwn(expected, name))
  return more.length === 0 ? '' : `\n\nBeyond the document: ${more.map((name) => `\`${name}\``).join(', ')}.`
}

/** The only element of a list, or the answer itself. */
function onlyOne(body: unknown): Json {
  if (!Array.isArray(body)) return body as Json
  expect(body).toHaveLength(1)
  return body[0] as Json
}

function plain(value: unknown): string {
  if (value === 'uuid' || value === 'tunnel-uuid' || value === 'connection-uuid' || isUuid(value)) return '‹id›'
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return '‹time›'
  return JSON.stringify(value)
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
}
