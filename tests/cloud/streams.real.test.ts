/** Event streams: what ends one, and what a change costs. Invitations that are raced for. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEvents } from './_events'
import { databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const good = { name: 'db', type: 'local', localId: 'one' }

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let owner: Person
  let member: Person
  let team: string
  beforeEach(async () => {
    world = await startCloud(database)
    owner = await world.quickPerson('owner')
    member = await world.quickPerson('member')
    team = await makeTeam(world, owner, { user: member })
  })
  afterEach(() => world.close())

  const open = async (person: Person, query = `?namespace=${team}`): ReturnType<typeof openEvents> => {
    const events = await openEvents(world.server, person.token, query)
    expect(await events.next()).toBe(0)
    return events
  }

  it('ends the streams of a member who is removed, and no other', async () => {
    const [theirs, mine] = [await open(member), await open(owner)]
    await world.call('DELETE', `/teams/${team}/members/${member.id}`, { token: owner.token })
    await theirs.ended()
    await world.call('POST', `/port-forwards?namespace=${team}`, { token: owner.token, body: good })
    expect(await mine.next()).toBe(1)
    await mine.close()
  })

  it('ends streams with their token, their team and the server', async () => {
    const own = await open(member, '')
    await world.call('POST', '/auth/logout', { token: member.token })
    await own.ended()
    const shared = await open(owner)
    await world.call('POST', `/teams/${team}/dissolve`, { token: owner.token })
    await shared.ended()
    const last = await open(owner, '')
    await Promise.all([last.ended(), world.server.stop()])
  })

  it('says nothing to a token whose time is over', async () => {
    const events = await open(owner)
    const { store } = world.server.services
    world.clock.offset = 8 * 86_400_000
    const user = await store.users.byId(owner.id)
    if (user === null) throw new Error('The owner is not there.')
    const token = await world.server.services.tokens.issue(user, null)
    await world.call('POST', `/port-forwards?namespace=${team}`, { token, body: good })
    expect(await events.next()).toBeNull()
  })

  it('tells nobody of a sync that changed nothing', async () => {
    const sync = (name: string): ReturnType<CloudWorld['call']> =>
      world.call('POST', '/port-forwards/sync', { token: owner.token, body: [{ ...good, name }] })
    await sync('first')
    const events = await openEvents(world.server, owner.token)
    expect(await events.next()).toBe(1)
    await sync('first')
    await sync('second')
    expect(await events.next()).toBe(2)
    await events.close()
  })

  it('makes one account of the log’s link, however many ask at once', async () => {
    await world.close()
    world = await startCloud(database, { WARREN_CLOUD_REGISTRATION: 'invite' })
    const invitation = world.lines
      .map((line) => (JSON.parse(line) as { link?: string }).link?.split('#')[1])
      .find(Boolean)
    const register = (name: string): ReturnType<CloudWorld['call']> =>
      world.call('POST', '/auth/register', {
        body: { email: `${name}@example.com`, username: name, password: 'secret123', invitation },
      })
    const answers = await Promise.all(['one', 'two', 'three'].map(register))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403])
    expect(await world.server.services.store.users.count()).toBe(1)
  })

  it('makes an account by an invitation to a team, and leaves it open to others when the address is taken', async () => {
    const { body } = await world.call('POST', `/teams/${team}/invite`, { token: owner.token, body: { role: 'user' } })
    const invitation = pick(body, 'token')
    const register = (email: string): ReturnType<CloudWorld['call']> =>
      world.call('POST', '/auth/register', { body: { email, username: 'new', password: 'secret123', invitation } })
    expect((await register(member.email)).status).toBe(409)
    const joined = await register('new@example.com')
    expect(joined.status).toBe(201)
    const teams = await world.call('GET', '/teams/my', { token: pick(joined.body, 'token') })
    expect(teams.body).toMatchObject([{ id: team, role: 'user' }])
    expect((await register('late@example.com')).status).toBe(403)
  })

  it('keeps answers out of caches and browsers of other origins out', async () => {
    const headers = { origin: 'https://elsewhere.example' }
    const answer = await world.call('GET', '/port-forwards', { token: owner.token, headers })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const asked = await world.call('OPTIONS', '/port-forwards', { headers })
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('has a page where an invitation leads, that runs nothing but itself', async () => {
    const page = await world.call('GET', '/invite')
    expect(page.status).toBe(200)
    expect(page.body).toContain('Make an account')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'sha256-")
  })

  it('refuses NUL wherever a text goes, and ids that are none', async () => {
    const nul = { email: 'a\0@example.com', password: 'x' }
    expect((await world.call('POST', '/auth/login', { body: nul })).status).toBe(400)
    expect((await world.call('POST', '/auth/refresh', { body: { refreshToken: 'a\0.b' } })).status).toBe(400)
    const withdrawn = await world.call('DELETE', `/teams/${team}/invites/%00`, { token: owner.token })
    expect(withdrawn.status).toBe(404)
  })
})
