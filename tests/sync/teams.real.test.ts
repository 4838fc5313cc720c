/** Teams, events and tokens against the real server. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databases, makeTeam, startCloud, stopPostgres, type CloudWorld, type Person } from '../cloud/_world'
import { faultOf, machine, type Machine, type MachineOptions } from './_machine'
import { someFields, type TestReplica } from './_replica'

afterAll(stopPostgres)

describe.each(databases)('%s', (database) => {
  let world: CloudWorld
  let ada: Person
  let bob: Person
  let eve: Person
  let team: string
  let machines: Machine[]
  beforeEach(async () => {
    world = await startCloud(database)
    ada = await world.person('ada')
    bob = await world.quickPerson('bob')
    eve = await world.quickPerson('eve')
    team = await makeTeam(world, ada, { developer: bob, user: eve })
    machines = []
  })
  afterEach(async () => {
    await Promise.all(machines.map((one) => one.close()))
    await world.close()
  })
  const make = (person: Person, options: Partial<MachineOptions> = {}): Machine => {
    const { token, refreshToken, email } = person
    const made = machine({ url: world.server.url, token, refreshToken, name: email, ...options })
    machines.push(made)
    return made
  }
  const quiet = { isDeaf: true }
  /** Resolves when the replica is as wanted; looks after each report. */
  const until = async (one: Machine, holds: (replica: TestReplica) => boolean): Promise<void> => {
    await one.reported(({ isBusy }) => !isBusy && holds(one.replica))
  }
  const open = (one: Machine): Promise<unknown> => one.reported(({ mode }) => mode === 'events')

  it('tells the others at once, and each keeps its own side', async () => {
    const [one, other] = [make(ada), make(bob)]
    one.sync.begin()
    other.sync.begin()
    await Promise.all([open(one), open(other)])
    one.replica.onEdit = one.sync.look
    const sealed = 'warren-sealed:1:1:AAAA'
    const mine = one.replica.add({ ...someFields, tags: ['db'], description: 'd', password: sealed }, team)
    await until(other, ({ disk }) => disk.forwards.size === 1)
    const theirs = other.replica.idOf('web')
    expect(other.replica.fields(theirs)).toEqual({ ...one.replica.fields(mine), username: null })
    expect(other.replica.binding(theirs).overrides).toContain('localPort')
    other.replica.onEdit = other.sync.look
    other.replica.edit(theirs, { localPort: 9999, remotePort: 5433 })
    await until(one, (replica) => replica.fields(mine).remotePort === 5433)
    expect(one.replica.fields(mine).localPort).toBe(8080)
    one.replica.edit(mine, { localPort: 7777, name: 'db' })
    await until(other, (replica) => replica.fields(theirs).name === 'db')
    expect(other.replica.fields(theirs).localPort).toBe(9999)
    one.replica.run(mine, true)
    await until(other, (replica) => replica.binding(theirs).activeElsewhere)
    const { runs } = await other.client.status(other.replica.binding(theirs).cloudId ?? '')
    expect(runs).toMatchObject([{ user: ada.email, deviceName: ada.email, isThisDevice: false }])
  })

  it('takes the team’s forwards from who is removed, and nothing of what is theirs', async () => {
    const [one, other] = [make(ada, quiet), make(bob)]
    one.replica.add(someFields, team)
    await one.sync.syncNow()
    other.replica.add({ ...someFields, name: 'own' })
    other.sync.begin()
    await open(other)
    await until(other, (replica) => replica.names().join() === 'own,web')
    await one.client.teams.removeMember(team, bob.id)
    await until(other, (replica) => replica.names().join() === 'own')
    expect(other.sync.report().teams).toEqual([])
    expect(other.replica.waiting()).toEqual([])
  })

  it('tells a user that changing is not theirs, and keeps what they wrote', async () => {
    const [one, other] = [make(ada, quiet), make(eve, quiet)]
    const mine = one.replica.add(someFields, team)
    await one.sync.syncNow()
    await other.sync.syncNow()
    const theirs = other.replica.idOf('web')
    other.replica.edit(theirs, { name: 'not mine' })
    other.replica.run(theirs, true)
    const refused = other.replica.add({ ...someFields, name: 'new' }, team)
    await other.sync.syncNow()
    for (const id of [theirs, refused]) expect(other.replica.binding(id).refused?.code).toBe('cloud.forbidden')
    expect(other.replica.fields(theirs).name).toBe('not mine')
    expect(other.replica.waiting()).toEqual([])
    await one.sync.syncNow()
    expect(one.replica.fields(mine).name).toBe('web')
    expect(one.replica.binding(mine).activeElsewhere).toBe(true)
    other.replica.remove(theirs)
    await other.sync.syncNow()
    expect(other.replica.names()).toEqual(['new', 'web'])
  })

  it('lists anew when the server does not know the cursor any more', async () => {
    const one = make(ada, quiet)
    one.replica.add(someFields)
    await one.sync.syncNow()
    one.replica.disk.cursors.set(null, '999999')
    one.replica.add({ ...someFields, name: 'more' })
    await one.sync.syncNow()
    expect(one.replica.names()).toEqual(['more', 'web'])
    expect((await one.client.list(null)).rows).toHaveLength(2)
    expect(one.replica.disk.cursors.get(null)).not.toBe('999999')
  })

  it('makes one of a forward that two machines made anew after somebody deleted it', async () => {
    const [one, other, third] = [make(ada, quiet), make(ada, quiet), make(ada, quiet)]
    const mine = one.replica.add(someFields)
    for (const each of machines) await each.sync.syncNow()
    one.replica.edit(mine, { name: 'one' })
    other.replica.edit(other.replica.idOf('web'), { name: 'other', remotePort: 99 })
    third.replica.remove(third.replica.idOf('web'))
    await third.sync.syncNow()
    for (const each of [one, other]) {
      await each.sync.syncNow()
      const [conflict] = each.replica.conflicts()
      expect(conflict?.kind).toBe('deleted-there')
      await each.replica.resolve(conflict?.id ?? '', 'mine')
    }
    await one.sync.syncNow()
    await other.sync.syncNow()
    expect((await one.client.list(null)).rows.map(({ fields }) => fields.name)).toEqual(['one'])
    // Both changed its name: that is asked, the rest is merged.
    expect(other.replica.conflicts()).toMatchObject([{ kind: 'edited', fields: ['name'] }])
    await other.replica.resolve(other.replica.conflicts()[0]?.id ?? '', 'mine')
    for (const each of [other, one, third]) await each.sync.syncNow()
    for (const each of machines) {
      expect(each.replica.names()).toEqual(['other'])
      expect(each.replica.fields(each.replica.idOf('other')).remotePort).toBe(99)
    }
  })

  it('renews the login when its time is over, and asks for one when it is void', async () => {
    const one = make(ada, quiet)
    one.replica.add(someFields)
    await one.sync.syncNow()
    const before = one.tokens.get()?.token
    world.clock.offset = 8 * 86_400_000
    await Promise.all([one.sync.syncNow(), one.client.teams.mine(), one.client.validate()])
    expect(one.tokens.get()?.token).not.toBe(before)
    const other = make(ada, { ...quiet, ...one.tokens.get() })
    await one.client.logout()
    expect(one.tokens.get()).toBeNull()
    expect(await faultOf(other.sync.syncNow())).toMatchObject({ code: 'cloud.login-needed' })
    expect(await faultOf(one.sync.syncNow())).toMatchObject({ code: 'cloud.signed-out' })
  })

  it('tells a team that would lose its owner, and one that has me already, as refusals', async () => {
    const { client } = make(ada, quiet)
    const { userId } = (await client.teams.members(team)).find(({ role }) => role === 'owner') ?? { userId: '' }
    const kept = {
      code: 'cloud.refused',
      message: expect.stringMatching(/ refused it \(A team needs an owner: .*\)\.$/) as string,
      fix: 'Make somebody else owner first, or dissolve the team.',
    }
    expect(await faultOf(client.teams.leave(team))).toEqual(kept)
    expect(await faultOf(client.teams.setRole(team, userId, 'user'))).toEqual(kept)
    expect(await faultOf(client.teams.removeMember(team, userId))).toEqual(kept)
    const { link } = await client.teams.invite(team, { role: 'user', days: 1 })
    expect(await faultOf(client.teams.join(new URL(link ?? '').hash.slice(1)))).toEqual({
      code: 'cloud.refused',
      message: expect.stringMatching(/ refused the link \(You are a member already\)\.$/) as string,
      fix: 'There is nothing to join: the team is among yours.',
    })
  })

  it('says what a login, an invitation and a password lack', async () => {
    const { client } = make(ada, quiet)
    expect(await faultOf(client.login({ email: ada.email, password: 'wrong' }))).toMatchObject({
      code: 'cloud.login-refused',
    })
    expect(await faultOf(client.changePassword('wrong', 'secret456'))).toMatchObject({ code: 'cloud.login-refused' })
    await client.changePassword('secret123', 'secret456')
    await client.login({ email: ada.email, password: 'secret456' })
    const taken = { email: ada.email, username: 'ada', password: 'secret123', invitation: null }
    expect(await faultOf(client.register(taken))).toMatchObject({
      code: 'cloud.refused',
      message: expect.stringMatching(/ refused the account \(Email already exists\)\.$/) as string,
      fix: 'When the account is yours, sign in to it, and join the team with the link then.',
    })
    const { link } = await client.teams.invite(team, { role: 'user', days: 1 })
    const token = new URL(link ?? '').hash.slice(1)
    const fresh = make(ada, { ...quiet, token: 'none' })
    const who = { email: 'dan@example.com', username: 'dan', password: 'secret123' }
    await fresh.client.register({ ...who, invitation: token })
    expect(await fresh.client.teams.mine()).toMatchObject([{ id: team, role: 'user' }])
    expect(await faultOf(fresh.client.teams.join(token))).toMatchObject({
      code: 'cloud.not-found',
      message: expect.stringMatching(/ does not take the link \(The invitation was used already\)\.$/) as string,
      fix: 'Ask for a new link.',
    })
    const late = { ...who, email: 'eve2@example.com', invitation: token }
    expect(await faultOf(fresh.client.register(late))).toMatchObject({
      code: 'cloud.refused',
      fix: 'Check that the link is whole, or ask who sent it for a new one.',
    })
    expect(await faultOf(fresh.client.teams.join('cut'))).toMatchObject({
      code: 'cloud.not-found',
      fix: 'Check that the link is whole, or ask who sent it for a new one.',
    })
    expect((await client.teams.audit(team, { limit: 5 })).map(({ action }) => action)).toContain('member.join')
  })

  it('sends who wants an account at a server that makes none to whoever runs it, with a link too', async () => {
    await world.close()
    world = await startCloud(database, { WARREN_CLOUD_REGISTRATION: 'closed' })
    ada = await world.quickPerson('ada')
    team = await makeTeam(world, ada, {})
    const { link } = await make(ada, quiet).client.teams.invite(team, { role: 'user', days: 1 })
    const { client } = make(ada, { ...quiet, token: 'none' })
    const who = { email: 'dan@example.com', username: 'dan', password: 'secret123' }
    const token = new URL(link ?? '').hash.slice(1)
    for (const invitation of [null, 'cut', token]) {
      expect(await faultOf(client.register({ ...who, invitation }))).toMatchObject({
        code: 'cloud.no-new-accounts',
        fix: expect.stringMatching(/^Ask whoever runs the server to make the account there/) as string,
      })
    }
    // As the fix says: the account is made there, and the link can be used then.
    const dan = await world.quickPerson('dan')
    expect(await make(dan, quiet).client.teams.join(token)).toMatchObject({ id: team, role: 'user' })
  })
})
