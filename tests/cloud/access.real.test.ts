/** Who may do what: role × route × own, team, foreign. Every line of the table is one request. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const callers = ['nobody', 'stranger', 'user', 'developer', 'owner', 'self'] as const
type Caller = (typeof callers)[number]
/** What each caller is answered, in the order of {@link callers}. */
type Row = readonly [method: string, path: string, body: unknown, answers: readonly number[]]

const forward = { name: 'db', type: 'local', localPort: 5432 }
/** `:own` is a forward of `self`, `:team` one of the team; `:t` the team, `:m` a member of it. */
const table: readonly Row[] = [
  ['GET', '/port-forwards', undefined, [401, 200, 200, 200, 200, 200]],
  ['POST', '/port-forwards', forward, [401, 201, 201, 201, 201, 201]],
  ['POST', '/port-forwards/sync', [], [401, 201, 201, 201, 201, 201]],
  ['GET', '/port-forwards/:own', undefined, [401, 404, 404, 404, 404, 200]],
  ['GET', '/port-forwards/:own/status', undefined, [401, 404, 404, 404, 404, 200]],
  ['POST', '/port-forwards/:own/start', undefined, [401, 404, 404, 404, 404, 200]],
  ['POST', '/port-forwards/:own/stop', undefined, [401, 404, 404, 404, 404, 200]],
  ['PATCH', '/port-forwards/:own', { name: 'n' }, [401, 404, 404, 404, 404, 200]],
  ['DELETE', '/port-forwards/:own', undefined, [401, 404, 404, 404, 404, 200]],
  ['GET', '/port-forwards?namespace=:t', undefined, [401, 403, 200, 200, 200, 403]],
  ['GET', '/port-forwards?namespace=:t&since=0', undefined, [401, 403, 200, 200, 200, 403]],
  ['POST', '/port-forwards?namespace=:t', forward, [401, 403, 403, 201, 201, 403]],
  ['POST', '/port-forwards/sync?namespace=:t', [], [401, 403, 403, 201, 201, 403]],
  ['GET', '/port-forwards/:team', undefined, [401, 404, 200, 200, 200, 404]],
  ['GET', '/port-forwards/:team/status', undefined, [401, 404, 200, 200, 200, 404]],
  ['POST', '/port-forwards/:team/start', undefined, [401, 404, 200, 200, 200, 404]],
  ['POST', '/port-forwards/:team/stop', undefined, [401, 404, 200, 200, 200, 404]],
  ['PATCH', '/port-forwards/:team', { name: 'n' }, [401, 404, 403, 200, 200, 404]],
  ['DELETE', '/port-forwards/:team', undefined, [401, 404, 403, 200, 200, 404]],
  ['GET', '/teams/my', undefined, [401, 200, 200, 200, 200, 200]],
  ['POST', '/teams/create', { name: 'mine' }, [401, 201, 201, 201, 201, 201]],
  ['GET', '/teams/:t/members', undefined, [401, 404, 200, 200, 200, 404]],
  ['GET', '/teams/:t/keys', undefined, [401, 404, 200, 200, 200, 404]],
  ['POST', '/teams/:t/invite', {}, [401, 404, 403, 403, 201, 404]],
  ['GET', '/teams/:t/invites', undefined, [401, 404, 403, 403, 200, 404]],
  ['GET', '/teams/:t/audit', undefined, [401, 404, 403, 403, 200, 404]],
  ['PUT', '/teams/:t/members/:m/role', { role: 'owner' }, [401, 404, 403, 403, 200, 404]],
  ['DELETE', '/teams/:t/members/:m', undefined, [401, 404, 403, 403, 200, 404]],
  ['POST', '/teams/:t/leave', undefined, [401, 404, 200, 200, 409, 404]],
  ['POST', '/teams/:t/dissolve', undefined, [401, 404, 403, 403, 200, 404]],
  ['GET', '/keys/me', undefined, [401, 404, 404, 404, 404, 404]],
  ['GET', '/auth/validate', undefined, [401, 200, 200, 200, 200, 200]],
  ['POST', '/auth/logout', undefined, [401, 200, 200, 200, 200, 200]],
]

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let people: Readonly<Record<Exclude<Caller, 'nobody'>, Person>>
  let member: Person
  beforeEach(async () => {
    world = await startCloud(database)
    const names = ['stranger', 'user', 'developer', 'owner', 'self', 'member'] as const
    const [stranger, user, developer, owner, self, one] = await Promise.all(
      names.map((name) => world.quickPerson(name)),
    )
    people = { stranger, user, developer, owner, self } as typeof people
    member = one as Person
  })
  afterEach(() => world.close())

  const make = async (person: Person, query = ''): Promise<string> =>
    pick((await world.call('POST', `/port-forwards${query}`, { token: person.token, body: forward })).body, 'id')

  it('answers every caller of every route as listed', async () => {
    const { owner, user, developer, self } = people
    const { store } = world.server.services
    const wrong: string[] = []
    for (const [method, path, body, answers] of table) {
      for (const [index, caller] of callers.entries()) {
        // Each request meets a fresh team and fresh forwards: the one before may have deleted them.
        const team = path.includes(':t') ? await makeTeam(world, owner, { user, developer }) : ''
        if (path.includes(':m')) {
          const { token } = await store.teams.invite({ teamId: team, role: 'user', by: owner, days: 1 })
          await store.teams.accept(token, member)
        }
        const own = path.includes(':own') ? await make(self) : ''
        const shared = path.includes(':team') ? await make(owner, `?namespace=${team}`) : ''
        const target = path.replace(':own', own).replace(':team', shared).replace(':t', team).replace(':m', member.id)
        const token = caller === 'nobody' ? undefined : await freshToken(people[caller])
        const { status } = await world.call(method, target, { token, body })
        if (status !== answers[index])
          wrong.push(`${method} ${path} by ${caller}: ${status}, not ${answers[index] ?? ''}`)
      }
    }
    expect(wrong).toEqual([])
  })

  /** Of its own: a logout voids it. */
  const freshToken = async ({ email }: Person): Promise<string> => {
    const { store, tokens } = world.server.services
    const user = await store.users.byEmail(email)
    if (user === null) throw new Error(`${email} has no account`)
    return tokens.issue(user, null)
  }

  it('hides what does not exist and what is not a UUID alike', async () => {
    const { token } = people.self
    const gone = { message: 'Port forward not found', error: 'Not Found', statusCode: 404 }
    for (const id of [randomUUID(), 'forward-uuid', '1', "' or 1=1 --", '%00', 'a'.repeat(5000)]) {
      const { status, body } = await world.call('GET', `/port-forwards/${encodeURIComponent(id)}`, { token })
      expect({ status, body }).toEqual({ status: 404, body: gone })
    }
  })

  it('lets a member of a team that was dissolved see nothing of it', async () => {
    const { owner, user } = people
    const team = await makeTeam(world, owner, { user })
    const shared = await make(owner, `?namespace=${team}`)
    await world.call('POST', `/teams/${team}/dissolve`, { token: owner.token })
    expect((await world.call('GET', `/port-forwards/${shared}`, { token: user.token })).status).toBe(404)
    expect((await world.call('GET', `/port-forwards?namespace=${team}`, { token: owner.token })).status).toBe(403)
    expect((await world.call('GET', '/teams/my', { token: user.token })).body).toEqual([])
  })

  it('lets nobody raise their own role, use an invitation twice, or leave a team without an owner', async () => {
    const { owner, user, developer, stranger } = people
    const team = await makeTeam(world, owner, { user, developer })
    const raise = await world.call('PUT', `/teams/${team}/members/${user.id}/role`, {
      token: user.token,
      body: { role: 'owner' },
    })
    expect(raise.status).toBe(403)
    const { body } = await world.call('POST', `/teams/${team}/invite`, { token: owner.token, body: { role: 'user' } })
    const join = (person: Person): Promise<{ status: number }> =>
      world.call('POST', '/teams/join', { token: person.token, body: { token: pick(body, 'token') } })
    expect((await join(user)).status).toBe(409)
    expect((await join(stranger)).status).toBe(201)
    expect((await join(people.self)).status).toBe(410)
    const step = (role: string): Promise<{ status: number }> =>
      world.call('PUT', `/teams/${team}/members/${owner.id}/role`, { token: owner.token, body: { role } })
    expect((await step('user')).status).toBe(409)
    expect((await world.call('DELETE', `/teams/${team}/members/${owner.id}`, { token: owner.token })).status).toBe(409)
  })

  it('refuses an invitation whose time is over', async () => {
    const { owner, stranger } = people
    const team = await makeTeam(world, owner)
    const { body } = await world.call('POST', `/teams/${team}/invite`, { token: owner.token, body: { days: 1 } })
    world.clock.offset = 25 * 3_600_000
    const token = await freshToken(stranger)
    const late = await world.call('POST', '/teams/join', { token, body: { token: pick(body, 'token') } })
    expect(late).toMatchObject({ status: 410, body: { message: 'The invitation has expired' } })
  })
})
