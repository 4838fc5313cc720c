import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createTeamKeys,
  fingerprintOf,
  makeIdentity,
  openSecret,
  prepareSealing,
  sealSecret,
  type Identity,
  type PinStore,
  type SecretPlace,
  type TeamKeys,
  type TeamOfMine,
} from '@sync'
import { memoryPins, startKeyServer, TEAM, type KeyServer } from './_key-server'

const team: TeamOfMine = { id: TEAM, name: 'ops', role: 'owner' }
const asUser: TeamOfMine = { ...team, role: 'user' }
const place: SecretPlace = { namespace: TEAM, field: 'password', serverAddress: 'db.example.com' }

interface Machine {
  readonly userId: string
  readonly identity: Identity
  readonly pins: PinStore
  readonly keys: TeamKeys
  readonly lines: string[]
  readonly fingerprint: string
}

let server: KeyServer
/** A machine of a member; `like` gives another machine, or another start, of the same person. */
const machine = (userId: string, like: Partial<Pick<Machine, 'identity' | 'pins'>> = {}): Machine => {
  const identity = like.identity ?? makeIdentity().identity
  const pins = like.pins ?? memoryPins()
  const lines: string[] = []
  const routes = server.routesOf(userId)
  const keys = createTeamKeys({ routes, identity, userId, pins, now: () => 0, log: (line) => lines.push(line) })
  return { userId, identity, pins, keys, lines, fingerprint: fingerprintOf(identity.publicKey) }
}
const member = (userId: string, role: TeamOfMine['role'] = 'developer'): Machine => {
  const made = machine(userId)
  server.join(userId, made.identity.publicKey, role)
  return made
}
const seal = (from: Machine, value = 'hunter2'): string => {
  const key = from.keys.newest(TEAM)
  if (key === null) throw new Error(`${from.userId} has no key`)
  return sealSecret(value, place, key)
}
const open = (at: Machine, sealed: string, generation: number): string => {
  const key = at.keys.key(TEAM, generation)
  if (key === null) throw new Error(`${at.userId} has no key of generation ${generation}`)
  return openSecret(sealed, place, key)
}
const give = (from: Machine, to: Machine): Promise<void> => from.keys.grant(team, to)

beforeAll(prepareSealing)
beforeEach(() => {
  server = startKeyServer()
})

describe('the key of a team', () => {
  it('is made with the first secret, and by one of two who share at once', async () => {
    const [ada, ben] = [member('ada', 'owner'), member('ben')]
    let isFirst = true
    server.beforeNext = async () => {
      if (!isFirst) return
      isFirst = false
      await ben.keys.ensure(team)
    }
    await expect(ada.keys.ensure(team)).rejects.toMatchObject({ code: 'cloud.team-key-waiting' })
    expect(server.generation).toBe(1)
    expect(server.copies.map(({ userId }) => userId)).toEqual(['ben'])
  })
  it('is not made by a user', async () => {
    const uma = member('uma', 'user')
    await expect(uma.keys.ensure(asUser)).rejects.toMatchObject({ code: 'cloud.forbidden' })
  })
  it('is given to nobody by itself', async () => {
    const [ada, ben] = [member('ada', 'owner'), member('ben')]
    await ada.keys.ensure(team)
    const { members } = await ada.keys.look(team)
    expect(members.map(({ userId, key }) => [userId, key])).toEqual([
      ['ada', 'has'],
      ['ben', 'waits'],
    ])
    expect((await ben.keys.look(team)).key).toBe('waiting')
    await expect(ben.keys.ensure(team)).rejects.toMatchObject({ code: 'cloud.team-key-waiting' })
  })
  it('is given after the fingerprint was compared, with the keys before it', async () => {
    const [ada, ben] = [member('ada', 'owner'), member('ben')]
    await ada.keys.ensure(team)
    const first = seal(ada, 'before')
    server.rekeyDue = true
    await ada.keys.look(team)
    await give(ada, ben)
    expect((await ben.keys.look(team)).key).toBe('ready')
    expect(open(ben, first, 1)).toBe('before')
    expect(open(ben, seal(ada, 'after'), 2)).toBe('after')
    expect(open(ada, seal(ben, 'back'), 2)).toBe('back')
  })
  it('takes the fingerprint as a person writes it', async () => {
    const [ada, ben] = [member('ada', 'owner'), member('ben')]
    await ada.keys.ensure(team)
    await ada.keys.grant(team, { userId: 'ben', fingerprint: ben.fingerprint.toUpperCase().replaceAll(' ', '-') })
    expect((await ben.keys.look(team)).key).toBe('ready')
  })
  it('opens without the server after a start, and is no more than the copy that the server has', async () => {
    const ada = member('ada', 'owner')
    await ada.keys.ensure(team)
    const sealed = seal(ada)
    expect(open(machine('ada', ada), sealed, 1)).toBe('hunter2')
    expect(machine('ada', { pins: ada.pins }).keys.key(TEAM, 1)).toBeNull()
    const [kept] = ada.pins.keys(TEAM)
    expect(JSON.stringify(kept)).not.toContain(Buffer.from(ada.keys.newest(TEAM)?.key ?? []).toString('base64url'))
  })
  it('comes to another machine of the same person', async () => {
    const ada = member('ada', 'owner')
    await ada.keys.ensure(team)
    const laptop = machine('ada', { identity: ada.identity })
    expect((await laptop.keys.look(team)).key).toBe('ready')
    expect(open(laptop, seal(ada), 1)).toBe('hunter2')
  })
  it('is asked for again when the copy is damaged', async () => {
    const [ada, ben] = [member('ada', 'owner'), member('ben')]
    await ada.keys.ensure(team)
    await give(ada, ben)
    const copy = server.copies.find(({ userId }) => userId === 'ben')
    if (copy === undefined) throw new Error('no copy')
    server.copies.splice(server.copies.indexOf(copy), 1, { ...copy, wrapped: `${copy.wrapped.slice(0, -3)}AAA` })
    expect((await ben.keys.look(team)).key).toBe('waiting')
    expect(ben.lines).toEqual([expect.stringContaining('does not open and is dropped')])
    // Granted once: the next look of who has it gives it again.
    await ada.keys.look(team)
    expect((await ben.keys.look(team)).key).toBe('ready')
  })
  it('is made anew when nobody holds it any more', async () => {
    const ada = member('ada', 'owner')
    await ada.keys.ensure(team)
    const before = seal(ada)
    const after = machine('ada')
    server.showKey('ada', after.identity.publicKey)
    server.copies.length = 0
    expect((await after.keys.look(team)).lost).toBe(true)
    expect((await after.keys.ensure(team)).generation).toBe(2)
    expect(() => open(after, before, 1)).toThrow()
    expect(open(after, seal(after), 2)).toBe('hunter2')
    await expect(ada.keys.look(team)).rejects.toMatchObject({ code: 'cloud.key-locked' })
  })
})

describe('a member who leaves', () => {
  const three = async (): Promise<readonly [Machine, Machine, Machine]> => {
    const [ada, ben, mallory] = [member('ada', 'owner'), member('ben'), member('mallory')]
    await ada.keys.ensure(team)
    for (const to of [ben, mallory]) {
      await give(ada, to)
      await to.keys.look(team)
    }
    return [ada, ben, mallory]
  }

  it('cannot open what is sealed afterwards; who stays can', async () => {
    const [ada, ben, mallory] = await three()
    const before = seal(ada, 'before')
    await ada.keys.revoke(TEAM, 'mallory')
    server.remove('mallory')
    expect(await ada.keys.look(team)).toMatchObject({ generation: 2, key: 'ready', isMaker: true })
    const after = seal(ada, 'after')
    await ben.keys.look(team)
    expect(open(ben, after, 2)).toBe('after')
    // With everything that mallory has, and everything that the server has.
    expect(open(mallory, before, 1)).toBe('before')
    for (const { wrapped } of server.copies) {
      expect(wrapped).not.toContain(mallory.identity.publicKey)
    }
    for (const key of [mallory.keys.key(TEAM, 1), mallory.keys.key(TEAM, 2)]) {
      if (key !== null) expect(() => openSecret(after, place, key)).toThrow()
    }
  })
  it('gets no new key although the server shows them as a member still', async () => {
    const [ada, , mallory] = await three()
    await ada.keys.revoke(TEAM, 'mallory')
    server.rekeyDue = true
    await ada.keys.look(team)
    expect(server.copies.filter(({ userId }) => userId === 'mallory').map(({ generation }) => generation)).toEqual([1])
    expect((await mallory.keys.look(team)).key).toBe('waiting')
  })
  it('makes a new key due although the server says nothing of it', async () => {
    const [ada] = await three()
    server.remove('mallory')
    server.rekeyDue = false
    expect(await ada.keys.look(team)).toMatchObject({ generation: 2 })
  })
  it('leads to one new key, whoever looks first, which all who stay have', async () => {
    const [ada, ben] = await three()
    server.remove('mallory')
    await Promise.all([ada.keys.look(team), ben.keys.look(team)])
    for (const each of [ada, ben, ada, ben]) await each.keys.look(team)
    expect(server.generation).toBe(2)
    const view = await ada.keys.look(team)
    expect(view.members.map(({ userId, key }) => [userId, key])).toEqual([
      ['ada', 'has'],
      ['ben', 'has'],
    ])
    expect(open(ben, seal(ada), 2)).toBe('hunter2')
  })
  it('makes no new key through a user, who may not', async () => {
    const [, ben] = await three()
    server.remove('mallory')
    expect(await ben.keys.look(asUser)).toMatchObject({ generation: 1, rekeyDue: true })
  })
})

describe('a server that lies', () => {
  it('gets no key for a public key of its own in place of a member’s', async () => {
    const [ada, ben, eve] = [member('ada', 'owner'), member('ben'), machine('eve')]
    await ada.keys.ensure(team)
    await ada.keys.look(team)
    server.showKey('ben', eve.identity.publicKey)
    await expect(give(ada, ben)).rejects.toMatchObject({ code: 'cloud.key-changed' })
    expect(server.copies.map(({ userId }) => userId)).toEqual(['ada'])
  })
  it('gets no key for one that it swaps after the grant, and is found out', async () => {
    const [ada, ben, eve] = [member('ada', 'owner'), member('ben'), machine('eve')]
    await ada.keys.ensure(team)
    await give(ada, ben)
    server.showKey('ben', eve.identity.publicKey)
    server.rekeyDue = true
    const { members, generation } = await ada.keys.look(team)
    expect(generation).toBe(2)
    expect(members.find(({ userId }) => userId === 'ben')).toMatchObject({ key: 'waits', keyChanged: true })
    expect(server.copies.filter(({ generation: of }) => of === 2).map(({ userId }) => userId)).toEqual(['ada'])
  })
  it('cannot bring a key of its own as the next one', async () => {
    const [ada, ben] = [member('ada', 'owner'), member('ben')]
    await ada.keys.ensure(team)
    await give(ada, ben)
    await ben.keys.look(team)
    // A member that the server invented, with a key for all.
    const eve = member('eve', 'owner')
    await ben.keys.look(team)
    const forged = createTeamKeys({
      ...{ identity: eve.identity, userId: 'eve', pins: memoryPins(), now: () => 0, log: () => undefined },
      routes: {
        ...server.routesOf('eve'),
        ofTeam: () => Promise.resolve({ ...server.state('eve'), lost: true }),
      },
    })
    await forged.ensure(team)
    await forged.grant(team, ben)
    expect(server.generation).toBe(2)
    expect((await ben.keys.look(team)).key).toBe('waiting')
    expect(ben.keys.newest(TEAM)).toBeNull()
    expect(ben.lines.at(-1)).toContain('came from somebody unknown')
  })
  it('cannot have an old key sealed with again', async () => {
    const [ada, ben] = [member('ada', 'owner'), member('ben')]
    await ada.keys.ensure(team)
    await give(ada, ben)
    server.rekeyDue = true
    await ada.keys.look(team)
    await ben.keys.look(team)
    server.generation = 1
    expect(await ben.keys.look(asUser)).toMatchObject({ generation: 1, key: 'waiting' })
    expect(ben.keys.newest(TEAM)).toBeNull()
    // Who may make keys makes new ones until nothing that was seen is newer.
    server.copies.splice(0, server.copies.length, ...server.copies.filter(({ generation }) => generation === 1))
    expect(await ada.keys.look(team)).toMatchObject({ generation: 2, key: 'ready' })
  })
  it('cannot pass a copy for one team off as one for another', async () => {
    const ada = member('ada', 'owner')
    await ada.keys.ensure(team)
    const other = { ...team, id: '0d0c9c4e-6c0a-4a55-9f0f-6d1f7f3c1c11' }
    expect((await ada.keys.look(other)).key).toBe('waiting')
  })
})

it('shows a member whose key is another one than before, until it is compared', async () => {
  const [ada, ben] = [member('ada', 'owner'), member('ben')]
  await ada.keys.ensure(team)
  await give(ada, ben)
  const anew = machine('ben', { pins: ben.pins })
  server.showKey('ben', anew.identity.publicKey)
  server.copies.splice(0, server.copies.length, ...server.copies.filter(({ userId }) => userId !== 'ben'))
  const before = (await ada.keys.look(team)).members.find(({ userId }) => userId === 'ben')
  expect(before).toMatchObject({ key: 'waits', keyChanged: true })
  await give(ada, anew)
  const after = (await ada.keys.look(team)).members.find(({ userId }) => userId === 'ben')
  expect(after).toMatchObject({ key: 'has', keyChanged: false })
  await anew.keys.look(team)
  expect(open(anew, seal(ada), 1)).toBe('hunter2')
})

it('takes the next key from a member who had the one before, though nobody compared theirs', async () => {
  const [ada, ben, cyd] = [member('ada', 'owner'), member('ben'), member('cyd')]
  await ada.keys.ensure(team)
  for (const to of [ben, cyd]) {
    await give(ada, to)
    await to.keys.look(team)
  }
  await ben.keys.look(team)
  server.remove('ada')
  // Cyd makes it, for herself: she compared nobody. Ben is given it when she has.
  await cyd.keys.look(team)
  await give(cyd, ben)
  expect((await ben.keys.look(team)).key).toBe('ready')
  expect(open(ben, seal(cyd), 2)).toBe('hunter2')
  expect(open(machine('ben', ben), seal(cyd), 2)).toBe('hunter2')
})
