/** What goes beyond the document: accounts and tokens, cursors, ETags, events, devices, keys. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { paths } from '../../src/cloud/openapi'
import { createApp } from '../../src/cloud/app'
import { openEvents } from './_events'
import { column, databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const good = { name: 'db', type: 'local' }

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  afterEach(() => world.close())

  describe('with accounts', () => {
    beforeEach(async () => {
      world = await startCloud(database, {}, { limits: { loginsPerMinute: 10, accountsPerHour: 100 } })
    })
    const login = (email: string, password: string): ReturnType<CloudWorld['call']> =>
      world.call('POST', '/auth/login', { body: { email, password } })

    it('answers a login with what both kinds of client read', async () => {
      const { email, id } = await world.person('ada')
      const { status, body } = await login('ADA@example.com', 'secret123')
      expect(status).toBe(200)
      expect(body).toMatchObject({ user: { id, email, username: 'ada-name' } })
      expect(pick(body, 'token')).toBe(pick(body, 'access_token'))
      const twice = { email, username: 'again', password: 'secret123' }
      expect(await world.call('POST', '/auth/register', { body: twice })).toMatchObject({
        status: 409,
        body: { message: 'Email already exists', error: 'Conflict', statusCode: 409 },
      })
    })

    it('locks an account after ten wrong passwords, and an address after too many tries', async () => {
      const { email, id } = await world.person('ada')
      const bad = { status: 401, body: { message: 'Invalid credentials', error: 'Unauthorized', statusCode: 401 } }
      // Each login hashes a password, which is to take long: eight of the ten are noted without one.
      const { users } = world.server.services.store
      for (let tries = 0; tries < 8; tries += 1) await users.failedLogin(id)
      expect(await login(email, 'wrong')).toMatchObject(bad)
      expect(await users.byEmail(email)).toMatchObject({ failedLogins: 9, lockedUntil: null })
      expect(await login(email, 'wrong')).toMatchObject(bad)
      expect(await login(email, 'secret123')).toMatchObject(bad)
      world.clock.offset = 16 * 60_000
      expect((await login(email, 'secret123')).status).toBe(200)
      const statuses: number[] = []
      for (let tries = 0; tries < 8; tries += 1) statuses.push((await login('nobody@example.com', 'x')).status)
      expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429])
    })

    it('gives a new token for a refresh token, and voids a device whose old one comes back', async () => {
      const { refreshToken } = await world.person('ada')
      const refresh = (token: string): ReturnType<CloudWorld['call']> =>
        world.call('POST', '/auth/refresh', { body: { refreshToken: token } })
      const first = await refresh(refreshToken)
      expect(first.status).toBe(200)
      const next = pick(first.body, 'refreshToken')
      expect((await world.call('GET', '/auth/validate', { token: pick(first.body, 'token') })).status).toBe(200)
      world.clock.offset = 2 * 60_000
      expect((await refresh(refreshToken)).status).toBe(401)
      expect((await refresh(next)).status).toBe(401)
      expect((await world.call('GET', '/auth/validate', { token: pick(first.body, 'token') })).status).toBe(401)
      expect((await refresh('x.y')).status).toBe(401)
    })

    it('voids the token at logout and every other one at a change of the password', async () => {
      const one = await world.person('ada')
      const two = pick((await login(one.email, 'secret123')).body, 'token')
      expect((await world.call('POST', '/auth/logout', { token: one.token })).status).toBe(200)
      expect((await world.call('GET', '/auth/validate', { token: one.token })).status).toBe(401)
      expect((await world.call('GET', '/auth/validate', { token: two })).status).toBe(200)
      const change = (oldPassword: string): ReturnType<CloudWorld['call']> =>
        world.call('POST', '/auth/password', { token: two, body: { oldPassword, newPassword: 'another456' } })
      expect((await change('wrong')).status).toBe(403)
      const changed = await change('secret123')
      expect(changed.status).toBe(200)
      expect((await world.call('GET', '/auth/validate', { token: two })).status).toBe(401)
      expect((await world.call('GET', '/auth/validate', { token: pick(changed.body, 'token') })).status).toBe(200)
      expect((await login(one.email, 'secret123')).status).toBe(401)
    })
  })

  it('makes the first account by the link in the log, once', async () => {
    world = await startCloud(database, { WARREN_CLOUD_REGISTRATION: 'invite' })
    const link = world.lines
      .map((line) => JSON.parse(line) as { link?: string })
      .find((line) => line.link !== undefined)
    const invitation = link?.link?.split('#')[1]
    const register = (email: string, token?: string): ReturnType<CloudWorld['call']> =>
      world.call('POST', '/auth/register', {
        body: { email, username: 'name', password: 'secret123', ...(token === undefined ? {} : { invitation: token }) },
      })
    expect((await register('a@example.com')).status).toBe(403)
    expect((await register('a@example.com', 'wrong')).status).toBe(403)
    expect((await register('a@example.com', invitation)).status).toBe(201)
    expect((await register('b@example.com', invitation)).status).toBe(403)
  })

  describe('with one person', () => {
    let me: Person
    beforeEach(async () => {
      world = await startCloud(database)
      me = await world.quickPerson('ada')
    })
    const call = (method: string, path: string, body?: unknown, headers = {}): ReturnType<CloudWorld['call']> =>
      world.call(method, `/port-forwards${path}`, { token: me.token, body, headers })
    const since = async (cursor: number): Promise<{ changed: unknown; deleted: unknown; cursor: number }> =>
      (await call('GET', `?since=${cursor}`)).body as { changed: unknown; deleted: unknown; cursor: number }

    it('tells what changed since a cursor, deletions too', async () => {
      const one = pick((await call('POST', '', good)).body, 'id')
      const two = pick((await call('POST', '', good)).body, 'id')
      const list = await call('GET', '')
      const cursor = Number(list.headers.get('warren-cursor'))
      expect(await since(cursor)).toEqual({ changed: [], deleted: [], cursor, more: false })
      await call('PATCH', `/${one}`, { name: 'new' })
      await call('DELETE', `/${two}`)
      const delta = await since(cursor)
      expect(column(delta.changed, 'id')).toEqual([one])
      expect(delta.deleted).toEqual([two])
      expect((await since(delta.cursor)).changed).toEqual([])
      expect(column((await since(0)).changed, 'name')).toEqual(['new'])
    })

    it('refuses a change of a version that is not the newest', async () => {
      const made = await call('POST', '', good)
      const id = pick(made.body, 'id')
      const etag = made.headers.get('etag') ?? ''
      const changed = await call('PATCH', `/${id}`, { name: 'one' }, { 'if-match': etag })
      expect(changed.status).toBe(200)
      const late = await call('PATCH', `/${id}`, { name: 'two' }, { 'if-match': etag })
      expect(late).toMatchObject({ status: 412, body: { error: 'Precondition Failed', current: changed.body } })
      expect(late.headers.get('etag')).toBe(changed.headers.get('etag'))
      expect((await call('DELETE', `/${id}`, undefined, { 'if-match': etag })).status).toBe(412)
      expect((await call('DELETE', `/${id}`, undefined, { 'if-match': '*' })).status).toBe(200)
    })

    it('says that a list changed while somebody listens', async () => {
      const events = await openEvents(world.server, me.token)
      expect(await events.next()).toBe(0)
      await call('POST', '', good)
      expect(await events.next()).toBe(1)
      await events.close()
    })

    it('never doubles a forward that two machines sync at once', async () => {
      const elements = Array.from({ length: 50 }, (_, at) => ({ ...good, localId: `local-${at}` }))
      await Promise.all(Array.from({ length: 6 }, () => call('POST', '/sync', elements)))
      expect(column((await call('GET', '')).body, 'localId').sort()).toEqual(
        elements.map(({ localId }) => localId).sort(),
      )
    })

    it('asks for a new list when the cursor is ahead of it, as after a restored database', async () => {
      await call('POST', '', good)
      expect((await call('GET', '?since=1')).status).toBe(200)
      expect((await call('GET', '?since=2')).status).toBe(410)
    })

    it('writes an element of a sync only over the version that it names', async () => {
      const sync = async (elements: readonly object[]): Promise<unknown> =>
        ((await call('POST', '/sync', elements)).body as { results: unknown }).results
      const one = { ...good, localId: 'one' }
      const [first] = (await sync([{ ...one, ifVersion: 0 }])) as [{ id: string }]
      expect(first).toMatchObject({ result: 'created', version: 1 })
      expect(await sync([{ ...one, name: 'again', ifVersion: 0 }])).toMatchObject([
        { result: 'conflict', id: first.id, version: 1, message: [] },
      ])
      expect(await sync([{ ...one, name: 'new', ifVersion: 1 }])).toMatchObject([{ result: 'updated', version: 2 }])
      expect(
        await sync([
          { ...one, name: 'late', ifVersion: 1 },
          { ...good, localId: 'gone', ifVersion: 3 },
          { ...good, localId: 'x', ifVersion: 'y' },
        ]),
      ).toMatchObject([
        { result: 'conflict', version: 2 },
        { result: 'conflict', id: null, version: null },
        { result: 'rejected', message: ['ifVersion must be a whole number that is not less than 0'] },
      ])
      expect(column((await call('GET', '')).body, 'name')).toEqual(['new'])
    })

    it('keeps sealed text as it is and gives it back', async () => {
      const password = 'warren-sealed:1:AAAA'
      const { body } = await call('POST', '', { ...good, password })
      expect(body).toMatchObject({ password })
    })

    it('describes every route that it has, and has every route that it describes', async () => {
      const routes = new Set(
        createApp(world.server.services)
          .routes.filter(
            ({ method, path }) => method !== 'ALL' && !['/openapi.json', '/docs', '/invite'].includes(path),
          )
          .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/(.)\/$/, '$1')}`),
      )
      expect([...routes].sort()).toEqual(paths.map(({ method, path }) => `${method} ${path}`).sort())
      const { body } = await world.call('GET', '/openapi.json')
      expect(body).toMatchObject({ openapi: '3.1.0' })
    })
  })

  describe('with a team', () => {
    let owner: Person
    let other: Person
    let team: string
    beforeEach(async () => {
      world = await startCloud(database)
      owner = await world.quickPerson('owner')
      other = await world.quickPerson('other')
      team = await makeTeam(world, owner, { user: other })
    })
    const as = (person: Person, method: string, path: string, body?: unknown): ReturnType<CloudWorld['call']> =>
      world.call(method, path, { token: person.token, body })

    it('lists every device that runs a forward, and stays active until the last one stops', async () => {
      const id = pick((await as(owner, 'POST', `/port-forwards?namespace=${team}`, good)).body, 'id')
      await as(owner, 'POST', `/port-forwards/${id}/start`, { deviceId: 'a', deviceName: 'laptop', tunnelId: 't1' })
      await as(other, 'POST', `/port-forwards/${id}/start`, { deviceId: 'b', deviceName: 'desk' })
      const { body } = await as(other, 'GET', `/port-forwards/${id}/status`)
      expect(column((body as { runs: unknown }).runs, 'deviceName').sort()).toEqual(['desk', 'laptop'])
      const stopped = await as(other, 'POST', `/port-forwards/${id}/stop`, { deviceId: 'b' })
      expect(stopped.body).toMatchObject({ status: 'active', tunnelId: 't1' })
      const last = await as(owner, 'POST', `/port-forwards/${id}/stop`, { deviceId: 'a' })
      expect(last.body).toMatchObject({ status: 'inactive', tunnelId: null })
    })

    it('ends what a member’s devices run when the membership ends', async () => {
      const [alone, both] = [
        pick((await as(owner, 'POST', `/port-forwards?namespace=${team}`, good)).body, 'id'),
        pick((await as(owner, 'POST', `/port-forwards?namespace=${team}`, good)).body, 'id'),
      ]
      await as(owner, 'POST', `/port-forwards/${both}/start`, { deviceId: 'a', tunnelId: 't1' })
      for (const id of [alone, both]) await as(other, 'POST', `/port-forwards/${id}/start`, { deviceId: 'b' })
      const events = await openEvents(world.server, owner.token, `?namespace=${team}`)
      const cursor = (await events.next()) ?? 0
      await as(owner, 'DELETE', `/teams/${team}/members/${other.id}`)
      expect(await events.next()).toBe(cursor + 2)
      await events.close()
      const status = async (id: string): Promise<unknown> =>
        (await as(owner, 'GET', `/port-forwards/${id}/status`)).body
      expect(await status(alone)).toMatchObject({ status: 'inactive', tunnelId: null, runs: [] })
      expect(await status(both)).toMatchObject({ status: 'active', tunnelId: 't1', runs: [{ deviceId: 'a' }] })
      const { body } = await as(owner, 'GET', `/port-forwards?namespace=${team}&since=${cursor}`)
      expect(column((body as { changed: unknown }).changed, 'id').sort()).toEqual([alone, both].sort())
    })

    it('tells owners who changed what, without values', async () => {
      const id = pick((await as(owner, 'POST', `/port-forwards?namespace=${team}`, good)).body, 'id')
      await as(owner, 'PATCH', `/port-forwards/${id}`, { description: 'planted-text' })
      await as(owner, 'DELETE', `/port-forwards/${id}`)
      const { body } = await as(owner, 'GET', `/teams/${team}/audit`)
      const forwards = ['forward.delete', 'forward.change', 'forward.create']
      expect(column(body, 'action')).toEqual([...forwards, 'member.join', 'member.invite', 'team.create'])
      expect(JSON.stringify(body)).not.toContain('planted-text')
    })

    it('names what a sync wrote where it is a few, and counts what is more', async () => {
      const sync = async (count: number, remotePort = 80): Promise<readonly string[]> => {
        const elements = Array.from({ length: count }, (_, index) => {
          return { name: `f${index}`, type: 'local', localId: `l${index}`, remotePort }
        })
        const { body } = await as(owner, 'POST', `/port-forwards/sync?namespace=${team}`, elements)
        return column((body as { readonly results: unknown }).results, 'id') as string[]
      }
      const [first = '', second = ''] = await sync(2)
      await sync(1, 81)
      // What is the same is not written.
      await sync(1, 81)
      await sync(5, 82)
      await sync(6, 83)
      const { body } = await as(owner, 'GET', `/teams/${team}/audit?limit=4`)
      expect(column(body, 'action')).toEqual(Array.from({ length: 4 }, () => 'forward.sync'))
      const counts = ['6 port forwards', '5 port forwards', '1 port forward', '2 port forwards']
      expect(column(body, 'subject')).toEqual(counts)
      const [six, five, one, two] = column(body, 'detail')
      expect([six, one, two]).toEqual(['', `f0 (${first})`, `f0 (${first}), f1 (${second})`])
      expect(five).toMatch(/^f0 \([^)]+\), f1 .*, f4 \([^)]+\)$/)
    })
  })
})
