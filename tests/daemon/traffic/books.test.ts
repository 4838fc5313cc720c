import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WarrenError } from '@shared/errors'
import { OWNER_HISTORY_LIMIT, type LedgerHook, type Store } from '../../../src/daemon/store/index'
import { fakeClock } from '../../support/fake-clock'
import { temporaryHome } from '../../support/daemon'
import { endedConnection, liveConnection, openWorld, type World, type WorldOptions } from './_world'

const SECOND = 1000
const HOUR = 3600 * SECOND

let place: ReturnType<typeof temporaryHome>
let world: World
const open: World[] = []

beforeEach(() => {
  place = temporaryHome()
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.close().catch(() => undefined)
  place.remove()
})

async function begin(options: Partial<WorldOptions> = {}): Promise<World> {
  world = await openWorld({ home: place.home, ...options })
  open.push(world)
  return world
}

async function hours(id: string | null = null) {
  return world.books.rows({ id, by: 'hour', limit: 1000 })
}

function sum(rows: readonly { up: number; down: number; connections: number }[]) {
  return rows.reduce((total, { up, down }) => total + up + down, 0)
}

describe('the books', () => {
  it('count what moves by hour, day and since the beginning', async () => {
    await begin()
    world.define('a', {}, 'web')
    world.move('a', { up: 10, down: 5, connections: 1 })
    await world.clock.advance(HOUR)
    world.move('a', { up: 3 })
    expect(world.books.usage('a')).toEqual({
      ...{ id: 'a', today: { up: 13, down: 5 }, month: { up: 13, down: 5 }, ever: { up: 13, down: 5 } },
      ...{ connections: 1, quota: null },
    })
    expect((await hours()).map(({ name, up, down, connections }) => [name, up, down, connections])).toEqual([
      ['web', 10, 5, 1],
      ['web', 3, 0, 0],
    ])
    const days = await world.books.rows({ id: 'a', by: 'day', limit: 10 })
    expect(days.map(({ up, down }) => [up, down])).toEqual([[13, 5]])
  })

  it('go into SQLite within a second, once, and not at all while nothing moves', async () => {
    let saves = 0
    await begin({
      wrap: (store) => ({
        ...store,
        saveTraffic: (batch, hooks) => {
          saves += 1
          return store.saveTraffic(batch, hooks)
        },
      }),
    })
    world.define('a')
    await world.clock.advance(SECOND)
    saves = 0
    for (let i = 0; i < 100; i += 1) world.move('a', { up: 1 })
    await world.clock.advance(SECOND)
    await world.books.flush()
    expect(saves).toBe(1)
    await world.clock.advance(60 * SECOND)
    expect(saves).toBe(1)
    expect((await world.store.loadTraffic()).counters).toEqual([{ ownerId: 'a', up: 100, down: 0, connections: 0 }])
  })

  it('lose nothing and count nothing twice when the daemon is killed at any moment', async () => {
    const clock = fakeClock()
    let moved = 0
    for (let round = 0; round < 30; round += 1) {
      await begin({ clock })
      world.define('a')
      expect(world.books.usage('a').ever.up).toBe(moved)
      for (let step = 0; step <= round; step += 1) {
        world.move('a', { up: step + 1, connections: 1 })
        moved += step + 1
        // The slot is written before the event loop turns; SQLite sometimes follows before the end.
        await Promise.resolve()
        if ((round + step) % 7 === 3) await clock.advance(SECOND)
        if ((round + step) % 11 === 5) await world.books.flush()
      }
      await world.kill()
      open.length = 0
    }
    await begin({ clock })
    world.define('a')
    expect(world.books.usage('a').ever).toEqual({ up: moved, down: 0 })
    expect(sum(await hours())).toBe(moved)
    expect(sum(await world.books.rows({ id: null, by: 'day', limit: 10 }))).toBe(moved)
  })

  it('count nothing twice when the slot file is older than SQLite, as after a power failure', async () => {
    await begin()
    world.define('a')
    world.move('a', { up: 100 })
    await Promise.resolve()
    const file = join(place.home, 'traffic.slots')
    const old = readFileSync(file)
    world.move('a', { up: 50 })
    await world.close()
    writeFileSync(file, old)
    await begin()
    world.define('a')
    expect(world.books.usage('a').ever.up).toBe(150)
    world.move('a', { up: 1 })
    expect(sum(await hours())).toBe(151)
  })

  it.each([
    ['is missing', () => null],
    ['is empty', () => Buffer.alloc(0)],
    ['is cut off', (bytes: Buffer) => bytes.subarray(0, 200)],
    ['is rubbish', () => Buffer.alloc(5000, 'x')],
    ['has a torn slot', (bytes: Buffer) => Buffer.from(bytes).fill(7, 140, 150)],
    ['is of other books', (bytes: Buffer) => Buffer.from(bytes).fill('0', 16, 40)],
  ])('keep what SQLite has when the slot file %s', async (what, damage) => {
    await begin()
    world.define('a')
    world.move('a', { up: 100 })
    await world.books.flush()
    world.move('a', { up: 11 })
    await world.kill()
    const file = join(place.home, 'traffic.slots')
    const damaged = damage(readFileSync(file))
    if (damaged === null) rmSync(file)
    else writeFileSync(file, damaged)
    await begin()
    world.define('a')
    expect(world.books.usage('a').ever.up).toBe(100)
    const isNoticed = ['is cut off', 'is rubbish', 'has a torn slot'].includes(what)
    expect(world.faults().map(({ code }) => code)).toEqual(isNoticed ? ['store.damaged'] : [])
    world.move('a', { up: 1 })
    expect(sum(await hours())).toBe(101)
  })

  it('go on when the disk is full, and write it all down when there is room again', async () => {
    let isFull = true
    const hook: LedgerHook = { flush: () => Promise.resolve() }
    const wrap = (store: Store): Store => ({
      ...store,
      saveTraffic: (batch, hooks) =>
        isFull ? Promise.reject(new WarrenError('store.full', 'The disk is full.')) : store.saveTraffic(batch, hooks),
    })
    await begin({ wrap, hooks: [hook] })
    world.define('a')
    world.move('a', { up: 5 })
    await world.clock.advance(2 * HOUR)
    world.move('a', { up: 6 })
    world.books.port.ended(endedConnection('a'))
    await world.clock.advance(3 * SECOND)
    await expect.poll(() => world.faults().map(({ code }) => code)).toEqual(['store.full'])
    // What could not be saved is shown all the same.
    expect((await hours()).map(({ up }) => up)).toEqual([5, 6])
    expect(await world.books.history({ id: 'a', limit: 10 })).toHaveLength(1)
    isFull = false
    await world.clock.advance(2 * SECOND)
    await world.books.flush()
    expect(world.faults()).toEqual([])
    expect((await world.store.loadTraffic()).counters).toEqual([{ ownerId: 'a', up: 11, down: 0, connections: 0 }])
    expect((await hours()).map(({ up }) => up)).toEqual([5, 6])
    expect(await world.books.history({ id: 'a', limit: 10 })).toHaveLength(1)
  })

  it('go on without a slot file, and say why there is none', async () => {
    mkdirSync(join(place.home, 'traffic.slots'), { recursive: true })
    await begin()
    expect(world.faults().map(({ code }) => code)).toEqual(['store.unwritable'])
    world.define('a')
    world.move('a', { up: 5 })
    await world.clock.advance(2 * SECOND)
    await world.books.flush()
    expect(world.faults().map(({ code }) => code)).toEqual(['store.unwritable'])
    rmSync(join(place.home, 'traffic.slots'), { recursive: true })
    world.move('a', { up: 5 })
    await world.books.flush()
    world.move('a', { up: 1 })
    await world.books.flush()
    expect(world.faults()).toEqual([])
    world.move('a', { up: 100 })
    await Promise.resolve()
    await world.kill()
    await begin()
    world.define('a')
    expect(world.books.usage('a').ever.up).toBe(111)
  })

  it('keep the slots of a killed daemon until SQLite has taken them', async () => {
    let isFull = false
    const wrap = (store: Store): Store => ({
      ...store,
      saveTraffic: (batch, hooks) =>
        isFull ? Promise.reject(new WarrenError('store.full', 'full')) : store.saveTraffic(batch, hooks),
    })
    await begin({ wrap })
    for (const id of ['a', 'b', 'c']) {
      world.define(id)
      world.move(id, { up: 100 })
    }
    await Promise.resolve()
    await world.kill()
    isFull = true
    for (let round = 0; round < 3; round += 1) {
      await begin({ wrap })
      world.define('b')
      world.move('b', { up: 1 })
      await Promise.resolve()
      await world.kill()
    }
    open.length = 0
    isFull = false
    await begin({ wrap })
    expect((await world.store.loadTraffic()).counters.map(({ ownerId, up }) => [ownerId, up])).toEqual([
      ['a', 100],
      ['b', 103],
      ['c', 100],
    ])
  })

  it('tell other books in the same transaction, never twice and never without', async () => {
    let isBroken = false
    let told = 0
    const hook: LedgerHook = {
      flush: (_trx, sums) => {
        if (isBroken) return Promise.reject(new Error('not now'))
        told += sums.reduce((total, { up, down }) => total + up + down, 0)
        return Promise.resolve()
      },
    }
    await begin({ hooks: [hook] })
    world.define('a')
    world.move('a', { up: 10 })
    await world.books.flush()
    isBroken = true
    world.move('a', { up: 7 })
    await world.books.flush()
    expect((await world.store.loadTraffic()).counters[0]?.up).toBe(10)
    isBroken = false
    await world.kill()
    await begin({ hooks: [hook] })
    expect(told).toBe(17)
    expect((await world.store.loadTraffic()).counters[0]?.up).toBe(17)
  })

  it('go on from where they were when a removed one comes back, and keep the rows of those that do not', async () => {
    await begin()
    world.define('a', {}, 'web')
    world.move('a', { up: 10 })
    world.books.remove('a')
    // The last connection ends a moment later.
    world.books.port.moved('a', { bytesUp: 12, bytesDown: 0, totalConnections: 0 })
    await world.close()
    await begin()
    expect((await hours()).map(({ name, up }) => [name, up])).toEqual([['web', 12]])
    world.define('a', {}, 'site')
    world.move('a', { up: 5 })
    world.books.remove('a')
    // Brought back: the engine counts from nothing.
    world.moveUntold('a', { up: -5 })
    world.define('a', {}, 'site')
    world.move('a', { up: 8 })
    expect(world.books.usage('a').ever.up).toBe(25)
    expect((await hours()).map(({ name }) => name)).toEqual(['site'])
  })

  it('keep nothing of what is not saved', async () => {
    await begin()
    world.move('ad-hoc', { up: 10 })
    world.books.port.ended(endedConnection('ad-hoc'))
    expect(await hours()).toEqual([])
    expect(await world.books.history({ id: null, limit: 10 })).toEqual([])
  })

  it('serve a thousand forwards and relays in one go', async () => {
    await begin()
    const ids = Array.from({ length: 1000 }, (_, at) => `relay-${at}`)
    for (const id of ids) world.define(id)
    for (const id of ids) world.move(id, { up: 3 })
    await Promise.resolve()
    await world.kill()
    await begin()
    expect(sum(await hours())).toBe(3000)
  })
})

describe('ended connections', () => {
  it('are told newest first, of one or of all', async () => {
    await begin()
    world.define('a')
    world.define('b')
    world.books.port.ended(endedConnection('a', { endedAt: '2026-01-01T00:00:01.000Z', reason: 'idle' }))
    world.books.port.ended(endedConnection('b', { endedAt: '2026-01-01T00:00:02.000Z', source: { path: '/run/x' } }))
    await world.clock.advance(SECOND)
    world.books.port.ended(endedConnection('a', { endedAt: '2026-01-01T00:00:03.000Z', target: null }))
    const all = await world.books.history({ id: null, limit: 10 })
    expect(all.map(({ ownerId, endedAt }) => [ownerId, endedAt.slice(17, 19)])).toEqual([
      ['a', '03'],
      ['b', '02'],
      ['a', '01'],
    ])
    expect(all[1]?.source).toEqual({ path: '/run/x' })
    expect(await world.books.history({ id: 'a', limit: 1 })).toMatchObject([{ target: null }])
  })

  it('are bounded in a storm, for each owner by itself', async () => {
    await begin()
    world.define('calm')
    world.define('storm')
    world.books.port.ended(endedConnection('calm'))
    for (let i = 0; i < 3 * OWNER_HISTORY_LIMIT; i += 1)
      world.books.port.ended(endedConnection('storm', { bytesUp: i }))
    await world.books.flush()
    for (let i = 0; i < 700; i += 1) world.books.port.ended(endedConnection('storm', { bytesUp: 10_000 + i }))
    const storm = await world.books.history({ id: 'storm', limit: 10_000 })
    expect(storm.length).toBeLessThan(OWNER_HISTORY_LIMIT + 500)
    expect(storm[0]?.bytesUp).toBe(10_699)
    expect(await world.books.history({ id: 'calm', limit: 10 })).toHaveLength(1)
  })

  it('include those that were live when the daemon was killed, with the bytes that were known', async () => {
    const clock = fakeClock()
    await begin({ clock })
    world.define('a')
    world.live.push(liveConnection('a', 'c1', 5), liveConnection('a', 'c2', 7), liveConnection('ad-hoc', 'c3', 7))
    world.move('a', { up: 12 })
    await clock.advance(SECOND)
    world.live[0] = liveConnection('a', 'c1', 9)
    // c2 ends in order: it is in the history once.
    world.live.splice(1, 1)
    world.books.port.ended(endedConnection('a', { bytesUp: 7 }))
    world.emit({ kind: 'connections', forwardId: 'a' })
    await world.books.flush()
    await world.kill()
    await begin({ clock })
    const all = await world.books.history({ id: null, limit: 10 })
    expect(all.map(({ reason, bytesUp }) => [reason, bytesUp])).toEqual([
      ['crash', 9],
      ['closed', 7],
    ])
    expect(all[0]).toMatchObject({ ownerId: 'a', source: { host: '127.0.0.1', port: 50_001 } })
    expect(Date.parse(all[0]?.endedAt ?? '')).toBeLessThanOrEqual(clock.now())
    await world.close()
    await begin({ clock })
    expect(await world.books.history({ id: null, limit: 10 })).toHaveLength(2)
  })
})
