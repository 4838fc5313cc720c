/** What must be refused: wrong fields with the texts of the document's server, hostile bodies, forged tokens. */
import { SignJWT, UnsecuredJWT } from 'jose'
import { request } from 'node:http'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { column, databases, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const good = { name: 'db', type: 'local' }
const MEGABYTE = 1024 * 1024

/** A field, a value that is not for it, and what the document's server says. */
const wrong: readonly (readonly [field: string, value: unknown, texts: readonly string[]])[] = [
  ['name', undefined, ['name must be a string']],
  ['name', null, ['name must be a string']],
  ['name', 5, ['name must be a string']],
  ['type', undefined, ['type must be one of the following values: dynamic, local, remote']],
  ['type', 'udp', ['type must be one of the following values: dynamic, local, remote']],
  [
    'localPort',
    '8080',
    [
      'localPort must not be greater than 65535',
      'localPort must not be less than 0',
      'localPort must be a number conforming to the specified constraints',
    ],
  ],
  ['localPort', 65_536, ['localPort must not be greater than 65535']],
  ['remotePort', -1, ['remotePort must not be less than 0']],
  ['bindPort', 0, ['bindPort must not be less than 1']],
  ['authType', 'keyContent', ['authType must be one of the following values: password, key']],
  ['localHost', {}, ['localHost must be a string']],
  ['description', 'x'.repeat(MEGABYTE), ['description must be shorter than or equal to 65536 characters']],
  ['remoteHost', 'a\0b', ['remoteHost must not contain NUL']],
  ['tags', ['a', 5], ['tags must be an array of at most 32 strings of 1 to 50 characters']],
  ['status', 'active', ['property status should not exist']],
  ['id', 'mine', ['property id should not exist']],
  ['userId', 'somebody', ['property userId should not exist']],
]

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let me: Person
  beforeEach(async () => {
    world = await startCloud(database)
    me = await world.quickPerson('ada')
  })
  afterEach(() => world.close())

  const post = (body: unknown, path = '/port-forwards'): ReturnType<CloudWorld['call']> =>
    world.call('POST', path, { token: me.token, body })

  it('says what is wrong with each field, and takes nothing', async () => {
    for (const [field, value, message] of wrong) {
      const refusal = { status: 400, body: { message, error: 'Bad Request', statusCode: 400 } }
      expect(await post({ ...good, [field]: value }), field).toMatchObject(refusal)
      const [result] = (
        (await post([{ ...good, [field]: value }], '/port-forwards/sync')).body as { results: unknown[] }
      ).results
      expect(result, field).toMatchObject({ result: 'rejected', message, id: null })
    }
    expect((await world.call('GET', '/port-forwards', { token: me.token })).body).toEqual([])
  })

  it('takes null as absent, fractions of ports and the empty name, as the document’s server does', async () => {
    const odd = { name: '', type: 'dynamic', localHost: null, localPort: 80.5, bindPort: null }
    expect(await post(odd)).toMatchObject({ status: 201, body: { name: '', localPort: 80.5, bindPort: null } })
  })

  it('keeps what is odd and yet a text alike, however it is written', async () => {
    const odd = { ...good, name: '\ud800 \u2028 \u{1F40B} \\u0041 "quoted" \'; drop', localPort: 80.25, localId: 'odd' }
    const one = (await post(odd)).body as Record<string, unknown>
    await post([{ ...odd, localId: 'other' }], '/port-forwards/sync')
    const { body } = await world.call('GET', '/port-forwards', { token: me.token })
    const kept = { name: '\ufffd \u2028 \u{1F40B} \\u0041 "quoted" \'; drop', localPort: 80.25, localHost: null }
    expect(body).toMatchObject([kept, kept])
    expect(one).toMatchObject({ localPort: 80.25 })
  })

  it('refuses a change of a field to what it cannot be, and empties it with null', async () => {
    const id = pick((await post({ ...good, localPort: 80 })).body, 'id')
    const patch = (body: unknown): ReturnType<CloudWorld['call']> =>
      world.call('PATCH', `/port-forwards/${id}`, { token: me.token, body })
    expect((await patch({ localPort: 'x' })).status).toBe(400)
    expect((await patch({ id: 'other' })).body).toMatchObject({ message: ['property id should not exist'] })
    expect((await patch({ name: null })).body).toMatchObject({ message: ['name must be a string'] })
    expect((await patch({ localPort: null })).body).toMatchObject({ localPort: null, name: 'db' })
    expect((await patch({})).status).toBe(200)
  })

  it('refuses bodies that are no forward', async () => {
    for (const raw of ['', '{', 'null', '5', '"x"', '[]', '{"__proto__": {"name": "x"}}', '['.repeat(20_000)]) {
      const { status } = await world.call('POST', '/port-forwards', { token: me.token, raw })
      expect(status, raw.slice(0, 20)).toBe(400)
    }
    for (const raw of ['{}', 'null', '"x"']) {
      expect((await world.call('POST', '/port-forwards/sync', { token: me.token, raw })).status).toBe(400)
    }
    const many = await post(
      Array.from({ length: 100_000 }, () => good),
      '/port-forwards/sync',
    )
    expect(many).toMatchObject({ status: 413, body: { message: 'One sync has at most 10000 port forwards' } })
  })

  it('cuts off a body of 50 MB, announced or not', async () => {
    const huge = JSON.stringify({ ...good, description: 'x'.repeat(50 * MEGABYTE) })
    expect(await sendWhole(world, me.token, huge)).toBe(413)
    expect((await world.call('GET', '/healthz')).status).toBe(200)
  })

  it('refuses queries that mean nothing', async () => {
    const get = (query: string): ReturnType<CloudWorld['call']> =>
      world.call('GET', `/port-forwards${query}`, { token: me.token })
    for (const query of ['?status=running', '?since=x', '?since=-1', '?since=1e99', '?since=1.5']) {
      expect((await get(query)).status, query).toBe(400)
    }
    expect((await get('?namespace=team-uuid')).status).toBe(403)
    expect((await get('?namespace=&status=')).status).toBe(200)
  })

  it('knows a token that it did not make', async () => {
    const get = async (token: string): Promise<number> => (await world.call('GET', '/port-forwards', { token })).status
    const claims = { email: me.email, epoch: 0 }
    const base = (): SignJWT =>
      new SignJWT(claims).setSubject(me.id).setJti('1').setExpirationTime('1h').setIssuer('warren-cloud')
    const other = new TextEncoder().encode('another secret that is long enough to be one')
    const forged = await base().setAudience('port-forwards').setProtectedHeader({ alg: 'HS256' }).sign(other)
    const none = new UnsecuredJWT(claims).setSubject(me.id).setJti('1').setExpirationTime('1h').encode()
    const [head, , signature] = me.token.split('.')
    const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'x' })).toString('base64url')
    for (const token of [
      forged,
      none,
      `${head ?? ''}.${payload}.${signature ?? ''}`,
      'x',
      'a.b.c',
      'x'.repeat(100_000 / 8),
    ]) {
      expect(await get(token)).toBe(401)
    }
    const refusal = await world.call('GET', '/port-forwards', { headers: { authorization: `Basic ${me.token}` } })
    expect(refusal).toMatchObject({ status: 401, body: { message: 'Unauthorized', statusCode: 401 } })
    expect(await get(me.token)).toBe(200)
    world.clock.offset = 8 * 86_400_000
    expect(await get(me.token)).toBe(401)
  })

  it('refuses a token that is meant for something else, signed with the same key', async () => {
    const secret = await import('../../src/cloud/server').then(({ signingSecret }) =>
      signingSecret(world.server.services.config, world.server.services.store),
    )
    const key = new TextEncoder().encode(secret)
    const token = await new SignJWT({ epoch: 0 })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(me.id)
      .setJti('1')
      .setExpirationTime('1h')
      .setIssuer('warren-cloud')
      .setAudience('something-else')
      .sign(key)
    expect((await world.call('GET', '/port-forwards', { token })).status).toBe(401)
  })

  it('writes no secret to its log', async () => {
    await post({ ...good, password: 'planted-secret' })
    await world.call('POST', '/auth/login', { body: { email: me.email, password: 'planted-secret' } })
    await world.call('GET', '/port-forwards?namespace=planted-secret', { token: me.token })
    expect(
      column(
        world.lines.map((line) => JSON.parse(line) as unknown),
        'message',
      ),
    ).toContain('answered')
    const log = world.lines.join('\n')
    expect(log).not.toContain('planted-secret')
    expect(log).not.toContain(me.token)
  })
})

/** Sends a body in chunks without its length; resolves with the status. The server may hang up before it has read all. */
function sendWhole(world: CloudWorld, token: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const call = request(`${world.server.url}/port-forwards`, { method: 'POST', headers }, (response) => {
      status = response.statusCode ?? 0
      resolve(status)
      // The rest of the body is of no use any more.
      call.destroy()
    })
    call.on('error', (error) => {
      if (status === 0) reject(error)
    })
    call.end(body)
  })
}
