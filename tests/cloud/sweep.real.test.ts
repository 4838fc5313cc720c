/**
 * Every field of every route with what it is not, every id and every query: refused in one form or taken, and never a fault of the server.
 *
 * On SQLite each field gets every value, and another type than its own is refused. The checks are the same on PostgreSQL, so each field
 * gets there what can pass them and reach the database.
 */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { paths } from '../../src/cloud/openapi'
import { column, databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const MEGABYTE = 1024 * 1024
/** `null` and what is missing come on their own. */
const odd: readonly unknown[] = [
  ...['', ' ', 'x', '0', '\0', '\ud800', '../..', "' or 1=1 --", '{"$gt":""}', 'x'.repeat(MEGABYTE)],
  ...[0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER, true, false, [], [null], [[]], {}, { length: -1 }],
]
/** For routes that hash what is a password: each that gets so far takes its time. */
const costly: readonly unknown[] = ['', '\0', 'x'.repeat(MEGABYTE), 0, true, [], {}]
const oddIds = [
  ...[
    'x',
    '0',
    '-1',
    'null',
    'undefined',
    '%00',
    '%2e%2e',
    '%E0%A4%A',
    '%',
    'é',
    '*',
    ' ',
    'a'.repeat(4000),
    'a'.repeat(20_000),
  ],
  '00000000-0000-0000-0000-000000000000',
]
const forward = {
  ...{ localId: 'l', name: 'db', type: 'local', localHost: 'h', localPort: 1, remoteHost: 'h', remotePort: 1 },
  ...{
    bindAddress: 'h',
    bindPort: 1,
    serverId: 's',
    serverAddress: 'a',
    username: 'u',
    authType: 'key',
    password: 'p',
  },
  ...{ keyPath: 'k', keyContent: 'k', passphrase: 'p', tags: ['t'], description: 'd' },
}
const copy = { userId: 'u', keyVersion: 1, wrapped: 'w' }
/** A body that each route would take, or refuse for what it names only. */
const bodies: Readonly<Record<string, unknown>> = {
  'post /auth/register': { email: 'x@example.com', username: 'name', password: 'secret', invitation: 'x', device: 'd' },
  'post /auth/login': { email: 'x@example.com', password: 'secret', device: 'd' },
  'post /auth/refresh': { refreshToken: 'x.y' },
  'post /auth/password': { oldPassword: 'x', newPassword: 'secret' },
  'post /port-forwards': forward,
  'post /port-forwards/sync': [{ ...forward, ifVersion: 1 }],
  'patch /port-forwards/:id': forward,
  'post /port-forwards/:id/start': { deviceId: 'd', deviceName: 'n', tunnelId: 't', connectionId: 'c' },
  'post /port-forwards/:id/stop': { deviceId: 'd' },
  'put /keys/me': { publicKey: 'p', sealedPrivateKey: 's', replaces: 0 },
  'post /teams/create': { name: 'n' },
  'post /teams/join': { token: 't' },
  'post /teams/:id/invite': { role: 'user', days: 1 },
  'put /teams/:id/members/:memberId/role': { role: 'user' },
  'patch /teams/:id/members/:memberId/role': { role: 'user' },
  'post /teams/:id/keys': { generation: 1, copies: [copy] },
  'put /teams/:id/keys/copies': { copies: [{ ...copy, generation: 1 }] },
}
const queries = ['namespace', 'status', 'since', 'limit', 'before']

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let me: Person
  let ids: Readonly<Record<string, string>>
  beforeEach(async () => {
    world = await startCloud(database)
    me = await world.quickPerson('ada')
    const team = await makeTeam(world, me)
    const made = await world.call('POST', '/port-forwards', { token: me.token, body: { name: 'db', type: 'local' } })
    ids = { '/port-forwards': pick(made.body, 'id'), '/teams': team }
  })
  afterEach(() => world.close())

  const put = (path: string): string =>
    path
      .replace(':id', ids[`/${path.split('/')[1] ?? ''}`] ?? '')
      .replace(':memberId', me.id)
      .replace(/:\w+/, '1')

  /** Fails for a fault of the server, and for a refusal that is not in the one form. */
  const ask = async (method: string, path: string, raw?: string): Promise<number> => {
    const content = raw === undefined ? {} : { raw }
    const { status, body } = await world.call(method.toUpperCase(), path, { token: me.token, ...content })
    const what = `${method} ${path.slice(0, 100)} ${raw?.slice(0, 200) ?? ''}`
    expect(status, what).toBeLessThan(500)
    if (status >= 400) expect(body, what).toMatchObject({ statusCode: status })
    // A refusal must not be a megabyte because the body was one.
    if (status >= 400) expect(JSON.stringify(body).length, what).toBeLessThan(4096)
    return status
  }

  it('knows a good body of every route that takes one', () => {
    const taking = paths.filter(({ body }) => body !== undefined).map(({ method, path }) => `${method} ${path}`)
    expect(Object.keys(bodies).sort()).toEqual(taking.sort())
  })

  const isAll = database === 'sqlite'

  it('bears every field of every body as what it is not', async () => {
    for (const [route, body] of Object.entries(bodies)) {
      const [method = '', path = ''] = route.split(' ')
      if (Array.isArray(body)) continue
      const others = path.startsWith('/auth') ? costly : odd
      await atOnce(variants(body, { others, isAll }), async ({ fields, isWrong }) => {
        const raw = JSON.stringify(fields)
        const status = await ask(method, put(path), raw)
        if (isWrong) expect(status, `${route} ${raw.slice(0, 200)}`).toBeGreaterThanOrEqual(400)
      })
    }
    expect(world.lines.filter((line) => line.includes('a request failed'))).toEqual([])
  })

  it('bears every field of every element of a sync as what it is not', async () => {
    const [element] = bodies['post /port-forwards/sync'] as readonly unknown[]
    // Those of a field are one request; the next ones are written over what the ones before made.
    for (const some of perField(variants(element, { others: odd, isAll }))) {
      const elements = some.map(({ fields, name }, at) =>
        name === 'localId' ? fields : { ...fields, localId: `l${at}` },
      )
      const what = some[0]?.name ?? 'the element'
      const { status, body } = await world.call('POST', '/port-forwards/sync', { token: me.token, body: elements })
      expect(status, what).toBe(201)
      const results = column((body as { readonly results: unknown }).results, 'result')
      expect(results, what).toHaveLength(elements.length)
      for (const [at, { isWrong }] of some.entries()) {
        if (isWrong) expect(results[at], `${what} ${JSON.stringify(elements[at]).slice(0, 200)}`).toBe('rejected')
      }
      expect(JSON.stringify(body).length, what).toBeLessThan(4096 * elements.length)
    }
    expect(world.lines.filter((line) => line.includes('a request failed'))).toEqual([])
  })

  it('refuses what no body of a route can be', async () => {
    for (const [route, body] of Object.entries(bodies)) {
      const [method = '', path = ''] = route.split(' ')
      const isList = Array.isArray(body)
      const wrong = ['5', '"x"', 'true', '{', '\u0000', '[[]]', isList ? '{}' : '[]', '{"nobody":"knows it"}']
      for (const raw of wrong) {
        const status = await ask(method, put(path), raw)
        // A sync refuses each element on its own.
        expect(status, `${route} ${raw}`).toBe(isList && raw.startsWith('[') ? 201 : 400)
      }
    }
  })

  it('bears every id and query as what it is not', async () => {
    for (const { method, path } of paths) {
      if (path.endsWith('/events')) continue
      const odder = path.includes(':') ? oddIds.map((id) => path.replaceAll(/:\w+/g, id)) : []
      await atOnce(odder, (one) => ask(method, one, bodyFor(method)))
      if (method !== 'get') continue
      const values = [...oddIds, '1&namespace=2', '1e3', '99999999999999999999']
      const asked = queries.flatMap((name) => values.map((value) => `${put(path)}?${name}=${value}`))
      await atOnce(asked, (one) => ask(method, one))
    }
    expect(world.lines.filter((line) => line.includes('a request failed'))).toEqual([])
  })

  it('heeds no header that is none', async () => {
    const path = `/port-forwards/${ids['/port-forwards'] ?? ''}`
    for (const tag of ['x', '""', 'W/"1"', '"1', ',,,', '"'.repeat(5000), `"${path.slice(15, 23)}-1e1"`]) {
      const headers = { 'if-match': tag }
      const { status } = await world.call('PATCH', path, { token: me.token, body: { name: 'n' }, headers })
      expect(status, tag).toBe(412)
    }
    for (const authorization of ['', 'Bearer', 'Bearer  ', `bearer ${me.token} ${me.token}`, `Token ${me.token}`]) {
      expect((await world.call('GET', path, { headers: { authorization } })).status, authorization).toBe(401)
    }
  })
})

async function atOnce<T>(all: Iterable<T>, work: (one: T) => Promise<unknown>): Promise<void> {
  const waiting = all[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

interface Variant {
  readonly fields: Readonly<Record<string, unknown>>
  /** Of the field that is another one; `null`: there is one too many. */
  readonly name: string | null
  /** It has another type, which is always refused. */
  readonly isWrong: boolean
}

/** Each field of a body, also of the first element of a list in it, missing and as what it is not. */
function* variants(
  body: unknown,
  { others, isAll }: { readonly others: readonly unknown[]; readonly isAll: boolean },
): Generator<Variant> {
  const fields = body as Readonly<Record<string, unknown>>
  for (const name of ['unknown', 'x'.repeat(MEGABYTE)]) {
    if (isAll) yield { fields: { ...fields, [name]: 1 }, name: null, isWrong: true }
  }
  for (const [name, value] of Object.entries(fields)) {
    const { [name]: _left, ...rest } = fields
    yield { fields: rest, name, isWrong: false }
    yield { fields: { ...rest, [name]: null }, name, isWrong: false }
    for (const other of others) {
      const isWrong = kindOf(other) !== kindOf(value)
      if (isAll || !isWrong) yield { fields: { ...rest, [name]: other }, name, isWrong }
    }
    if (!Array.isArray(value) || kindOf(value[0]) !== 'object') continue
    for (const { fields: inner, isWrong } of variants(value[0], { others, isAll }))
      yield { fields: { ...rest, [name]: [inner] }, name, isWrong }
  }
}

function perField(all: Iterable<Variant>): Iterable<readonly Variant[]> {
  const some = new Map<string | null, Variant[]>()
  for (const one of all) some.set(one.name, [...(some.get(one.name) ?? []), one])
  return some.values()
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value
}

function bodyFor(method: string): string | undefined {
  return method === 'get' || method === 'delete' ? undefined : '{}'
}
