import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TeamRole } from '@shared/cloud-views'
import type { ActivityEvent } from '@shared/snapshots'
import { startCloud, type CloudWorld } from '../cloud/_world'
import { localDraft, serverDraft } from '../support/daemon'
import { startMachine, type Machine, type Shown } from './_cloud'

let world: CloudWorld
let machines: Machine[]

beforeEach(async () => {
  world = await startCloud('sqlite')
  machines = []
})
afterEach(async () => {
  await Promise.all(machines.map((machine) => machine.close()))
  await world.close()
})

async function machine(name: string): Promise<Machine> {
  const { email } = await world.person(name)
  return signedIn(email)
}

async function signedIn(email: string): Promise<Machine> {
  const made = await startMachine(world.server.url)
  machines.push(made)
  await made.login(email)
  return made
}

/** Ada owns a team with a forward in it; Bob is in it. */
async function team(role: TeamRole): Promise<{ ada: Machine; bob: Machine; teamId: string; forwardId: string }> {
  const [ada, bob] = [await machine('ada'), await machine('bob')]
  const { id: teamId } = await ada.client.call('cloud.createTeam', { name: 'Ops' })
  const { link } = await ada.client.call('cloud.invite', { teamId, role, days: 7 })
  await bob.client.call('cloud.joinTeam', { link: link ?? '' })
  const { spec } = await ada.addForward('db', { description: 'first', bindAddress: '0.0.0.0' })
  await ada.client.call('cloud.share', { ids: [spec.id], namespace: teamId })
  await ada.until('it is sent', isSettled)
  await bob.until('it arrives', (shown) => shown.named('db') !== undefined)
  return { ada, bob, teamId, forwardId: spec.id }
}

const isSettled = ({ cloud }: Shown): boolean => cloud.state === 'in-sync' && cloud.waiting === 0

async function idOf(on: Machine, name: string): Promise<string> {
  const view = await on.forward(name)
  if (view === undefined) throw new Error(`there is no ${name}`)
  return view.spec.id
}

describe('A forward of a team', () => {
  it('listens for its own machine alone, with the port and login of each member', async () => {
    const { ada, bob, teamId } = await team('developer')
    const arrived = await bob.forward('db')
    expect(arrived?.spec).toMatchObject({ bindAddress: null, description: 'first' })
    expect(arrived?.cloud).toMatchObject({
      ...{ namespace: teamId, space: 'Ops', editable: true },
      overrides: expect.arrayContaining(['localPort', 'bindAddress', 'localHost', 'bindPort', 'username']) as unknown,
    })
    const id = await idOf(bob, 'db')
    const before = (await ada.forward('db'))?.spec.localPort
    await bob.client.call('forwards.update', { id, patch: { localPort: 23_456, description: 'by Bob' } })
    const { named } = await ada.until('it is told', (shown) => shown.named('db')?.spec.description === 'by Bob')
    expect(named('db')?.spec).toMatchObject({ localPort: before, bindAddress: '0.0.0.0' })
  })

  it('follows the server of the team, with what each member wrote of it', async () => {
    const { ada, bob } = await team('developer')
    const [server] = await bob.client.call('servers.list', {})
    const patch = { username: 'bob', identityFiles: ['~/.ssh/bob'] }
    await bob.client.call('servers.update', { id: server?.id ?? '', patch })
    const [adas] = await ada.client.call('servers.list', {})
    await ada.client.call('servers.update', { id: adas?.id ?? '', patch: { host: '192.0.2.9', port: 2222 } })
    const isMoved = ({ named }: Shown): boolean => named('db')?.cloud?.shared?.serverAddress === '192.0.2.9:2222'
    await bob.until('it is told', isMoved)
    const servers = await bob.client.call('servers.list', {})
    expect(servers).toHaveLength(1)
    expect(servers[0]).toMatchObject({ host: '192.0.2.9', port: 2222, ...patch })
    expect(servers[0]?.id).not.toBe(server?.id)
  })

  it('is run by a user of it, and changed in what is theirs only', async () => {
    const { ada, bob, forwardId } = await team('user')
    const id = await idOf(bob, 'db')
    expect((await bob.forward('db'))?.cloud).toMatchObject({ editable: false })
    const refused = { code: 'cloud.forbidden' }
    const update = (patch: object): Promise<unknown> => bob.client.call('forwards.update', { id, patch })
    await expect(update({ description: 'by Bob' })).rejects.toMatchObject({ ...refused, field: 'description' })
    await expect(update({ remotePort: 99 })).rejects.toMatchObject({ ...refused, field: 'remotePort' })
    await expect(bob.client.call('forwards.remove', { ids: [id] })).rejects.toMatchObject(refused)
    await expect(bob.client.call('cloud.share', { ids: [id], namespace: 'local' })).rejects.toMatchObject(refused)
    const [server] = await bob.client.call('servers.list', {})
    const moved = { id: server?.id ?? '', patch: { host: '192.0.2.77' } }
    await expect(bob.client.call('servers.update', moved)).rejects.toMatchObject({ ...refused, field: 'serverAddress' })
    await update({ localPort: 23_457, autoStart: false, favourite: true })
    await bob.client.call('cloud.setOverride', { id, field: 'description', own: true })
    await update({ description: 'for me' })
    await bob.sync()
    expect((await ada.forward('db'))?.spec.description).toBe('first')
    await ada.client.call('forwards.update', { id: forwardId, patch: { description: 'second' } })
    const { named } = await bob.until(
      'it is told',
      (shown) => shown.named('db')?.cloud?.shared?.description === 'second',
    )
    expect(named('db')?.spec.description).toBe('for me')
    await bob.client.call('cloud.setOverride', { id, field: 'description', own: false })
    expect((await bob.forward('db'))?.spec.description).toBe('second')
  })

  it('is not changed any more by who becomes a user of the team', async () => {
    const { ada, bob, teamId } = await team('developer')
    const id = await idOf(bob, 'db')
    const [, member] = await ada.client.call('cloud.members', { teamId })
    const members = await ada.client.call('cloud.members', { teamId })
    const userId = members.find(({ isMe }) => !isMe)?.userId ?? member?.userId ?? ''
    await ada.client.call('cloud.setRole', { teamId, userId, role: 'user' })
    await bob.until('it is told', (shown) => shown.named('db')?.cloud?.editable === false)
    const patch = { description: 'by Bob' }
    await expect(bob.client.call('forwards.update', { id, patch })).rejects.toMatchObject({ code: 'cloud.forbidden' })
  })

  it('leaves every machine when the team is dissolved, and can be kept by bringing it back', async () => {
    const { ada, bob, teamId } = await team('developer')
    const id = await idOf(bob, 'db')
    await ada.client.call('cloud.dissolveTeam', { teamId })
    await bob.until('it goes', ({ forwards, cloud }) => forwards.length === 0 && cloud.teams.length === 0)
    await ada.until('it goes', ({ forwards }) => forwards.length === 0)
    // The server that came with it went with it.
    expect(await bob.client.call('servers.list', {})).toEqual([])
    const [back] = await bob.client.call('forwards.restore', { ids: [id] })
    expect(back).toMatchObject({ cloud: null, snapshot: { state: 'stopped' } })
  })

  it('tells who runs it, until it is stopped or the daemon ends', async () => {
    const { ada, bob, forwardId } = await team('user')
    const id = await idOf(bob, 'db')
    await bob.client.call('forwards.start', { ids: [id] })
    await ada.until('it is told', (shown) => shown.named('db')?.cloud?.activeElsewhere === true)
    const runs = await ada.client.call('cloud.runs', { id: forwardId })
    expect(runs).toMatchObject([{ user: 'bob@example.com', isThisDevice: false }])
    expect(await bob.client.call('cloud.runs', { id })).toMatchObject([{ isThisDevice: true }])
    await bob.close()
    machines = machines.filter((one) => one !== bob)
    await ada.until('it is told', (shown) => shown.named('db')?.cloud?.activeElsewhere === false)
    expect(await ada.client.call('cloud.runs', { id: forwardId })).toEqual([])
  })

  it('cannot be one that the cloud has no words for', async () => {
    const ada = await machine('ada')
    const range = await ada.addForward('range', { localPort: 25_000, portCount: 3 })
    const share = ada.client.call('cloud.share', { ids: [range.spec.id], namespace: 'personal' })
    await expect(share).rejects.toMatchObject({ code: 'cloud.refused', field: 'portCount' })
    const one = await ada.addForward('one')
    await ada.client.call('cloud.share', { ids: [one.spec.id], namespace: 'personal' })
    const grown = ada.client.call('forwards.update', { id: one.spec.id, patch: { localPort: 25_000, portCount: 3 } })
    await expect(grown).rejects.toMatchObject({ code: 'cloud.refused', field: 'portCount' })
    const stranger = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'
    const away = ada.client.call('cloud.share', { ids: [one.spec.id], namespace: stranger })
    await expect(away).rejects.toMatchObject({ code: 'cloud.not-found' })
  })
})

describe('A team that is lost', () => {
  const told = async (on: Machine): Promise<readonly Pick<ActivityEvent, 'message' | 'code'>[]> => {
    const events = await on.client.call('activity.list', { limit: 100 })
    return events.filter(({ subject }) => subject === 'Ops').map(({ message, code }) => ({ message, code }))
  }
  const isOut = ({ cloud, forwards }: Shown): boolean => cloud.teams.length === 0 && forwards.length === 0

  it('is named to who was removed from it, with what went away and what of it ran, in one line', async () => {
    const { ada, bob, teamId } = await team('user')
    const web = await ada.addForward('web')
    await ada.client.call('cloud.share', { ids: [web.spec.id], namespace: teamId })
    await bob.until('it arrives', (shown) => shown.named('web') !== undefined)
    await bob.client.call('forwards.start', { ids: [await idOf(bob, 'db')] })
    const members = await ada.client.call('cloud.members', { teamId })
    const userId = members.find(({ isMe }) => !isMe)?.userId ?? ''
    await ada.client.call('cloud.removeMember', { teamId, userId })
    await bob.until('they go', isOut)
    const message = 'You are no longer in Ops; its 2 forwards went away from this machine, and 1 of them was stopped.'
    expect(await told(bob)).toEqual([{ message, code: 'cloud.not-found' }])
    const events = await bob.client.call('activity.list', { limit: 100 })
    expect(events.filter(({ kind }) => kind === 'removed')).toHaveLength(1)
    expect(await told(ada)).toEqual([])
  })

  it('is no news to who left it, or dissolved it', async () => {
    const { ada, bob, teamId } = await team('user')
    await bob.client.call('cloud.leaveTeam', { teamId })
    await bob.until('it goes', isOut)
    const gone = 'Ops; its 1 forward went away from this machine.'
    expect(await told(bob)).toEqual([{ message: `You left ${gone}`, code: null }])
    await ada.client.call('cloud.dissolveTeam', { teamId })
    await ada.until('it goes', isOut)
    expect(await told(ada)).toEqual([{ message: `You dissolved ${gone}`, code: null }])
  })
})

describe('A logout', () => {
  it('makes what is removed since gone here alone: it is there again with the next login', async () => {
    const { ada, bob } = await team('developer')
    await bob.client.call('cloud.logout', {})
    await bob.client.call('forwards.remove', { ids: [await idOf(bob, 'db')] })
    await bob.login('bob@example.com')
    const { named } = await bob.until('it is back', (shown) => shown.named('db') !== undefined)
    expect(named('db')?.cloud).toMatchObject({ space: 'Ops', state: 'synced' })
    await ada.sync()
    expect((await ada.forward('db'))?.cloud?.state).toBe('synced')
  })

  it('keeps what is removed and brought back since one with that of the cloud', async () => {
    const { ada, bob } = await team('developer')
    await bob.client.call('cloud.logout', {})
    const id = await idOf(bob, 'db')
    await bob.client.call('forwards.remove', { ids: [id] })
    await bob.client.call('forwards.restore', { ids: [id] })
    await bob.client.call('forwards.update', { id, patch: { description: 'since' } })
    await bob.login('bob@example.com')
    const { forwards } = await bob.until('it is sent', isSettled)
    expect(forwards.map(({ spec, cloud }) => [spec.id, cloud?.space, cloud?.state])).toEqual([[id, 'Ops', 'synced']])
    const shown = await ada.until('it is told', (one) => one.named('db')?.spec.description === 'since')
    expect(shown.forwards).toHaveLength(1)
    expect(shown.cloud.conflicts).toBe(0)
  })

  it('leaves forwards as those of the machine, and the same account finds them with what was done since', async () => {
    const { ada, bob } = await team('developer')
    const url = world.server.url
    await bob.client.call('cloud.logout', {})
    expect(await bob.client.call('cloud.status', {})).toMatchObject({ account: null, state: 'signed-out', teams: [] })
    expect((await bob.forward('db'))?.cloud).toBeNull()
    const id = await idOf(bob, 'db')
    await bob.client.call('forwards.update', { id, patch: { description: 'meanwhile' } })
    await bob.login('bob@example.com', { url })
    await bob.until('it is sent', isSettled)
    expect((await bob.forward('db'))?.cloud).toMatchObject({ space: 'Ops', state: 'synced' })
    await ada.until('it is told', (shown) => shown.named('db')?.spec.description === 'meanwhile')
  })

  it('and a login of somebody else makes them nobody else’s', async () => {
    const { ada, bob } = await team('developer')
    await world.person('eve')
    await bob.client.call('cloud.logout', {})
    await bob.login('eve@example.com')
    await bob.sync()
    expect(await bob.forward('db')).toMatchObject({ cloud: null })
    const id = await idOf(bob, 'db')
    await bob.client.call('forwards.remove', { ids: [id] })
    await bob.sync()
    await ada.sync()
    expect(await ada.forward('db')).toMatchObject({ cloud: { state: 'synced' } })
  })

  it('is what a login with the forwards of this machine begins after', async () => {
    const { email } = await world.person('ada')
    const made = await startMachine(world.server.url)
    machines.push(made)
    const server = await made.client.call('servers.add', serverDraft())
    await made.client.call('forwards.add', localDraft(server.id, 'a', { localPort: 0 }))
    await made.client.call('forwards.add', localDraft(server.id, 'b', { localPort: 26_000, portCount: 2 }))
    await made.login(email, { adopt: true })
    const { named } = await made.until('it is sent', isSettled)
    expect(named('a')?.cloud).toMatchObject({ namespace: 'personal', state: 'synced' })
    expect(named('b')?.cloud).toBeNull()
  })
})
