/** What time takes away: runs of devices that are not heard of any more, and deletions that nobody asks for. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LEASE_MS, TOMBSTONE_MS } from '../../src/cloud/store'
import { openEvents } from './_events'
import { column, databases, makeTeam, pick, startCloud, stopPostgres, type CloudWorld, type Person } from './_world'

const good = { name: 'db', type: 'local' }
const MINUTE_MS = 60_000

afterAll(stopPostgres)

describe.each(databases)('on %s', (database) => {
  let world: CloudWorld
  let ada: Person
  beforeEach(async () => {
    world = await startCloud(database)
    ada = await world.quickPerson('ada')
  })
  afterEach(() => world.close())

  const call = (token: string, method: string, path: string, body?: unknown): ReturnType<CloudWorld['call']> =>
    world.call(method, `/port-forwards${path}`, { token, body })
  const make = async (query = ''): Promise<string> => pick((await call(ada.token, 'POST', query, good)).body, 'id')
  const tokenOf = async (person: Person, device: string | null): Promise<string> => {
    const { store, tokens } = world.server.services
    const user = await store.users.byId(person.id)
    if (user === null) throw new Error('There is no such account.')
    return tokens.issue(user, device)
  }

  describe('who runs a forward', () => {
    let team: string
    let other: Person
    let [laptop, desk] = ['', '']
    /** Asks as somebody who runs nothing. */
    const status = async (id: string): Promise<unknown> => (await call(other.token, 'GET', `/${id}/status`)).body
    const later = async (ms: number): Promise<void> => {
      world.clock.offset += ms
      await world.server.services.store.activity.lapse()
    }
    beforeEach(async () => {
      other = await world.quickPerson('other')
      team = await makeTeam(world, ada, { user: other })
      const device = async (name: string): Promise<string> =>
        tokenOf(ada, (await world.server.services.store.users.openDevice(ada.id, name)).device)
      ;[laptop, desk] = [await device('laptop'), await device('desk')]
    })

    it('is not a device that was not heard of for long, until it is heard of again', async () => {
      const id = await make(`?namespace=${team}`)
      await call(laptop, 'POST', `/${id}/start`, { deviceId: 'a', tunnelId: 't1' })
      // In a millisecond of its own: of two in one nobody is the newer one.
      world.clock.offset += 1
      await call(desk, 'POST', `/${id}/start`, { deviceId: 'b', tunnelId: 't2' })
      await later(LEASE_MS - MINUTE_MS)
      expect(await status(id)).toMatchObject({ status: 'active', runs: [{ deviceId: 'b' }, { deviceId: 'a' }] })
      const events = await openEvents(world.server, other.token, `?namespace=${team}`)
      const cursor = (await events.next()) ?? 0
      // Any word of it will do.
      await call(laptop, 'GET', '')
      await later(2 * MINUTE_MS)
      expect(await events.next()).toBe(cursor + 1)
      expect(await status(id)).toMatchObject({ status: 'active', tunnelId: 't1', runs: [{ deviceId: 'a' }] })
      await later(LEASE_MS)
      expect(await events.next()).toBe(cursor + 2)
      expect(await status(id)).toMatchObject({ status: 'inactive', isActive: false, tunnelId: null, runs: [] })
      // Nobody is told twice.
      await later(LEASE_MS)
      const back = await openEvents(world.server, desk, `?namespace=${team}`)
      expect(await events.next()).toBe(cursor + 3)
      expect(await status(id)).toMatchObject({ status: 'active', tunnelId: 't2', runs: [{ deviceId: 'b' }] })
      await call(desk, 'POST', `/${id}/stop`, { deviceId: 'b' })
      expect(await status(id)).toMatchObject({ status: 'inactive', runs: [] })
      await Promise.all([events.close(), back.close()])
    })

    it('is whoever said so without a device, until they say that it stopped', async () => {
      const id = await make(`?namespace=${team}`)
      await call(laptop, 'POST', `/${id}/start`, {})
      await later(10 * LEASE_MS)
      expect(await status(id)).toMatchObject({ status: 'active', runs: [{ deviceId: '' }] })
      await call(laptop, 'POST', `/${id}/stop`)
      expect(await status(id)).toMatchObject({ status: 'inactive', runs: [] })
    })

    it('is a person whose logins are none of a device, by any of them', async () => {
      const id = await make(`?namespace=${team}`)
      await call(ada.token, 'POST', `/${id}/start`, { deviceId: 'a' })
      world.clock.offset += LEASE_MS - MINUTE_MS
      // The token of an identity provider is another one every hour.
      await call(await tokenOf(ada, null), 'GET', '')
      await later(2 * MINUTE_MS)
      expect(await status(id)).toMatchObject({ status: 'active', runs: [{ deviceId: 'a' }] })
    })
  })

  it('forgets deletions after a long time, and tells who missed them to ask for the whole list', async () => {
    const { store } = world.server.services
    const [old, late, kept] = [await make(), await make(), await make()]
    await call(ada.token, 'DELETE', `/${old}`)
    world.clock.offset += TOMBSTONE_MS / 2
    const half = await tokenOf(ada, null)
    await call(half, 'DELETE', `/${late}`)
    world.clock.offset += TOMBSTONE_MS / 2 - MINUTE_MS
    await store.purge()
    let token = await tokenOf(ada, null)
    const all = await call(token, 'GET', '?since=3')
    expect((all.body as { deleted: unknown }).deleted).toEqual([old, late])
    world.clock.offset += 2 * MINUTE_MS
    await store.purge()
    await store.purge()
    token = await tokenOf(ada, null)
    for (const cursor of [0, 3]) expect((await call(token, 'GET', `?since=${cursor}`)).status, String(cursor)).toBe(410)
    // The cursor that came with that deletion misses nothing.
    expect((await call(token, 'GET', '?since=4')).body).toMatchObject({ changed: [], deleted: [late], cursor: 5 })
    const list = await call(token, 'GET', '')
    expect(column(list.body, 'id')).toEqual([kept])
    expect(list.headers.get('warren-cursor')).toBe('5')
  })
})
