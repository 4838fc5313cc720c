/** Keys that members pass to each other through a server that can open none of them: generations, newcomers, removals, resets. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEvents } from './_events'
import { column, databases, makeTeam, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

interface State {
  readonly generation: number
  readonly rekeyDue: boolean
  readonly lost: boolean
  readonly mine: readonly { readonly generation: number; readonly wrapped: string; readonly createdBy: string }[]
  readonly members: readonly { readonly userId: string; readonly keyVersion: number | null }[]
  readonly missing: readonly string[]
}

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let owner: Person
  let developer: Person
  let user: Person
  let stranger: Person
  let team: string
  beforeEach(async () => {
    world = await startCloud(database)
    const names = ['owner', 'developer', 'user', 'stranger'] as const
    const people = await Promise.all(names.map((name) => world.quickPerson(name)))
    ;[owner, developer, user, stranger] = people as [Person, Person, Person, Person]
    team = await makeTeam(world, owner, { developer, user })
  })
  afterEach(() => world.close())

  const as = ({ token }: Person, method: string, path: string, body?: unknown): ReturnType<CloudWorld['call']> =>
    world.call(method, path, { token, body })
  const publish = (person: Person, replaces = 0, text = ''): ReturnType<CloudWorld['call']> =>
    as(person, 'PUT', '/keys/me', { publicKey: `pub-${person.id}${text}`, sealedPrivateKey: `sealed${text}`, replaces })
  const state = async (person: Person): Promise<State> => (await as(person, 'GET', `/teams/${team}/keys`)).body as State
  const copyOf = ({ id }: Person, keyVersion = 1): object => ({ userId: id, keyVersion, wrapped: `for-${id}` })
  const next = (person: Person, generation: number, copies: readonly object[]): ReturnType<CloudWorld['call']> =>
    as(person, 'POST', `/teams/${team}/keys`, { generation, copies })
  const hand = (person: Person, copies: readonly object[]): ReturnType<CloudWorld['call']> =>
    as(person, 'PUT', `/teams/${team}/keys/copies`, { copies })

  it('keeps one key pair of a person: of two machines that publish at once, one', async () => {
    expect((await as(owner, 'GET', '/keys/me')).status).toBe(404)
    const both = await Promise.all([publish(owner, 0, '-one'), publish(owner, 0, '-two')])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    const { body } = await as(owner, 'GET', '/keys/me')
    expect(body).toEqual(both.find(({ status }) => status === 200)?.body)
    expect(body).toMatchObject({ version: 1, keyVersion: 1 })
    const { publicKey } = body as { publicKey: string }
    const again = { publicKey, sealedPrivateKey: 'sealed-anew', replaces: 1 }
    expect((await as(owner, 'PUT', '/keys/me', again)).body).toMatchObject({ version: 2, keyVersion: 1 })
    expect((await as(owner, 'PUT', '/keys/me', again)).status).toBe(409)
    expect((await publish(owner, 2, '-reset')).body).toMatchObject({ version: 3, keyVersion: 3 })
    expect((await as(stranger, 'GET', '/keys/me')).status).toBe(404)
  })

  it('makes a generation once, for members with the keys that they have, by who holds the one before', async () => {
    for (const person of [owner, developer, user, stranger]) await publish(person)
    expect(await state(owner)).toMatchObject({ generation: 0, rekeyDue: false, lost: false, mine: [] })
    expect((await next(user, 1, [copyOf(user)])).status).toBe(403)
    expect((await next(owner, 2, [copyOf(owner)])).status).toBe(409)
    expect((await next(owner, 1, [copyOf(user)])).body).toMatchObject({ message: ['copies have none for yourself'] })
    expect((await next(owner, 1, [copyOf(owner), copyOf(stranger)])).status).toBe(409)
    expect((await next(owner, 1, [copyOf(owner), copyOf(user, 2)])).status).toBe(409)
    expect((await next(owner, 1, [copyOf(owner), copyOf(owner)])).status).toBe(400)
    const both = await Promise.all([
      next(owner, 1, [copyOf(owner), copyOf(user)]),
      next(developer, 1, [copyOf(developer), copyOf(user)]),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
    const [winner, loser] = both[0].status === 201 ? [owner, developer] : [developer, owner]
    expect(await state(winner)).toMatchObject({ generation: 1, missing: [loser.id] })
    expect((await state(user)).mine).toMatchObject([{ generation: 1, wrapped: `for-${user.id}`, createdBy: winner.id }])
    expect((await next(loser, 2, [copyOf(loser)])).status).toBe(403)
    expect((await next(winner, 2, [copyOf(winner)])).status).toBe(201)
  })

  it('lets whoever holds a key hand it on, older ones too, and nobody else', async () => {
    for (const person of [owner, user]) await publish(person)
    await next(owner, 1, [copyOf(owner), copyOf(user)])
    await next(owner, 2, [copyOf(owner), copyOf(user)])
    await publish(developer)
    expect((await state(owner)).missing).toEqual([developer.id])
    expect((await hand(developer, [{ ...copyOf(developer), generation: 1 }])).status).toBe(403)
    expect((await hand(user, [{ ...copyOf(developer), generation: 3 }])).status).toBe(409)
    expect((await hand(user, [{ ...copyOf(developer, 5), generation: 2 }])).status).toBe(409)
    const given = await hand(
      user,
      [1, 2].map((generation) => ({ ...copyOf(developer), generation })),
    )
    expect(given).toMatchObject({ status: 200, body: { missing: [] } })
    expect((await state(developer)).mine).toMatchObject([{ generation: 2, createdBy: user.id }, { generation: 1 }])
    // What is there stays: nobody takes a working copy away.
    await hand(owner, [{ ...copyOf(developer), wrapped: 'other', generation: 2 }])
    expect((await state(developer)).mine[0]?.wrapped).toBe(`for-${developer.id}`)
    expect((await as(developer, 'DELETE', `/teams/${team}/keys/copies/2`)).body).toMatchObject({
      mine: [{ generation: 1 }],
      missing: [developer.id],
    })
    expect((await as(developer, 'DELETE', `/teams/${team}/keys/copies/2`)).status).toBe(404)
    expect((await as(developer, 'DELETE', `/teams/${team}/keys/copies/x`)).status).toBe(404)
    expect((await hand(owner, [{ ...copyOf(developer), generation: 2 }])).body).toMatchObject({ missing: [] })
  })

  it('asks for the next key when somebody who could know it left, and takes their copies away', async () => {
    for (const person of [owner, developer, user]) await publish(person)
    await next(owner, 1, [copyOf(owner), copyOf(developer), copyOf(user)])
    await as(owner, 'DELETE', `/teams/${team}/members/${user.id}`)
    expect(await state(developer)).toMatchObject({ generation: 1, rekeyDue: true })
    expect((await as(developer, 'GET', '/teams/my')).body).toMatchObject([
      { id: team, keyGeneration: 1, rekeyDue: true },
    ])
    expect((await as(user, 'GET', `/teams/${team}/keys`)).status).toBe(404)
    expect((await next(owner, 2, [copyOf(owner), copyOf(user)])).status).toBe(409)
    expect((await next(developer, 2, [copyOf(developer), copyOf(owner)])).status).toBe(201)
    expect(await state(owner)).toMatchObject({ generation: 2, rekeyDue: false, missing: [] })
    // Who comes back has nothing until somebody hands it on.
    const { token } = await world.server.services.store.teams.invite({ teamId: team, role: 'user', by: owner, days: 1 })
    await as(user, 'POST', '/teams/join', { token })
    expect(await state(user)).toMatchObject({ mine: [], missing: [user.id] })
    await as(developer, 'POST', `/teams/${team}/leave`)
    expect(await state(owner)).toMatchObject({ rekeyDue: true })
  })

  it('needs no new key when somebody left who never had one to open it with', async () => {
    await publish(owner)
    await next(owner, 1, [copyOf(owner)])
    await as(user, 'POST', `/teams/${team}/leave`)
    expect(await state(owner)).toMatchObject({ rekeyDue: false })
  })

  it('drops the copies of who lost their key, says so to the team, and starts anew when nobody holds it', async () => {
    for (const person of [owner, user]) await publish(person)
    await next(owner, 1, [copyOf(owner), copyOf(user)])
    await as(owner, 'PUT', '/keys/me', { publicKey: `pub-${owner.id}`, sealedPrivateKey: 'new-code', replaces: 1 })
    expect((await state(owner)).mine).toHaveLength(1)
    await publish(user, 1, '-reset')
    expect(await state(user)).toMatchObject({ mine: [], missing: [user.id], lost: false })
    expect((await hand(owner, [{ ...copyOf(user, 1), generation: 1 }])).status).toBe(409)
    await publish(owner, 2, '-reset')
    expect(await state(owner)).toMatchObject({ generation: 1, lost: true, mine: [] })
    await publish(developer)
    expect((await next(developer, 2, [copyOf(developer), copyOf(owner, 3), copyOf(user, 2)])).status).toBe(201)
    expect(await state(owner)).toMatchObject({ generation: 2, lost: false, missing: [] })
    const { body } = await as(owner, 'GET', `/teams/${team}/audit`)
    const keys = (body as readonly { action: string; actor: string; detail: string }[]).filter(
      ({ action, detail }) => action === 'member.key' && detail === 'another public key',
    )
    expect(column(keys, 'actor')).toEqual([owner.email, user.email])
    expect(JSON.stringify(body)).not.toMatch(/pub-|for-|sealed-|new-code/)
  })

  it('tells members at once that memberships, roles and keys are others', async () => {
    const events = await openEvents(world.server, owner.token, `?namespace=${team}`)
    const mine = await openEvents(world.server, developer.token)
    expect([await events.next(), await mine.next()]).toEqual([0, 0])
    await publish(developer)
    expect([await events.news(), await mine.news()]).toEqual(['team', 'teams'])
    await as(owner, 'PUT', `/teams/${team}/members/${developer.id}/role`, { role: 'owner' })
    expect([await events.news(), await mine.news()]).toEqual(['team', 'teams'])
    await as(owner, 'DELETE', `/teams/${team}/members/${developer.id}`)
    expect([await events.news(), await mine.news()]).toEqual(['team', 'teams'])
    await events.close()
    await mine.close()
  })

  it('refuses keys that are none', async () => {
    const good = { publicKey: 'p', sealedPrivateKey: 's', replaces: 0 }
    const wrong = [
      ...[{}, { ...good, publicKey: '' }, { ...good, publicKey: 'a b' }, { ...good, publicKey: 'é' }],
      ...[
        { ...good, publicKey: 'x'.repeat(4097) },
        { ...good, replaces: -1 },
        { ...good, replaces: '0' },
      ],
      ...[{ ...good, userId: stranger.id }, { ...good, sealedPrivateKey: 'x'.repeat(16_385) }, null, []],
    ]
    for (const body of wrong) expect((await as(owner, 'PUT', '/keys/me', body)).status, JSON.stringify(body)).toBe(400)
    await publish(owner)
    const copies = [copyOf(owner)]
    for (const body of [{}, { generation: 1, copies: [] }, { generation: 1.5, copies }, { generation: 0, copies }]) {
      expect((await as(owner, 'POST', `/teams/${team}/keys`, body)).status, JSON.stringify(body)).toBe(400)
    }
    expect((await next(owner, 1, [{ ...copyOf(owner), wrapped: '\0' }])).status).toBe(400)
    expect((await hand(owner, [copyOf(owner)])).status).toBe(400)
  })
})
