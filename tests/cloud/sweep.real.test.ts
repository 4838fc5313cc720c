/** Every field of every route with what it is not, every id and every query: refused in one form or taken, and never a fault of the server. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { paths } from '../../src/cloud/openapi'
import { databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const MEGABYTE = 1024 * 1024
/** `null` and what is missing come on their own. */
const odd: readonly unknown[] = [
  ...['', ' ', 'x', '0', '\0', '\ud800', '../..', "' or 1=1 --", '{"$gt":""}', 'x'.repeat(MEGABYTE)],
  ...[0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER, true, false, [], [null], [[]], {}, { length: -1 }],
]
/** For routes that hash what is a password: each that gets so far takes its time. */
const costly: readonly unknown[] = ['', '\0', 'x'.repeat(MEGABYTE), 0, true, [], {}]
const oddIds = [
  ...['x', '0', '-1', 'null', 'undefined', '%00', '%2e%2e', '%E0%A4%A', '%', 'é', '*', ' ', 'a'.repeat(4000)],
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

  it('bears every field of every body as what it is not', async () => {
    for (const [route, body] of Object.entries(bodies)) {
      const [method = '', path = ''] = route.split(' ')
      await atOnce(variants(body, path.startsWith('/auth') ? costly : odd), (raw) => ask(method, put(path), raw))
    }
    expect(world.lines.filter((line) => line.includes('a request failed'))).toEqual([])
  }, 180_000)

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

/** Each field of a body, also of the first element of a list in it, missing and as what it is not. */
function* variants(body: unknown, others: readonly unknown[]): Generator<string> {
  if (Array.isArray(body)) {
    for (const inner of variants(body[0], others)) yield `[${inner}]`
    return
  }
  const fields = body as Readonly<Record<string, unknown>>
  yield JSON.stringify({ ...fields, unknown: 1 })
  yield JSON.stringify({ ...fields, ['x'.repeat(MEGABYTE)]: 1 })
  for (const name of Object.keys(fields)) {
    const { [name]: value, ...rest } = fields
    yield JSON.stringify(rest)
    for (const other of [null, ...others]) yield JSON.stringify({ ...rest, [name]: other })
    const isOfObjects = Array.isArray(value) && typeof value[0] === 'object'
    if (isOfObjects)
      for (const inner of variants(value, others)) yield `${JSON.stringify(rest).slice(0, -1)},"${name}":${inner}}`
  }
}

function bodyFor(method: string): string | undefined {
  return method === 'get' || method === 'delete' ? undefined : '{}'
}
