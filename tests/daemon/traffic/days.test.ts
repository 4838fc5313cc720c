import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LimitsDraft } from '@shared/limits'
import { bucketAt, dayBegin, dayEnd, firstDayFrom, localIso, monthEnd } from '../../../src/daemon/traffic/_calendar'
import { fakeClock, type FakeClock } from '../../support/fake-clock'
import { temporaryHome } from '../../support/daemon'
import { openWorld, type World } from './_world'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let place: ReturnType<typeof temporaryHome>
let world: World | null = null
const zoneBefore = process.env['TZ']

beforeEach(() => {
  place = temporaryHome()
})
afterEach(async () => {
  await world?.close()
  world = null
  place.remove()
  if (zoneBefore === undefined) delete process.env['TZ']
  else process.env['TZ'] = zoneBefore
})

/** A clock that stands at that moment, and can be set back. */
function clockAt(iso: string): FakeClock & { set: (iso: string) => void } {
  const clock = fakeClock()
  let offset = Date.parse(iso) - clock.now()
  return {
    ...clock,
    now: () => clock.now() + offset,
    set: (to) => {
      offset = Date.parse(to) - clock.now()
    },
  }
}

async function begin(clock: FakeClock): Promise<World> {
  world = await openWorld({ home: place.home, clock })
  return world
}

/** Moves one byte a minute for so long. */
async function work(one: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += MINUTE) {
    one.move('a', { up: 1 })
    await one.clock.advance(MINUTE)
  }
}

async function rows(by: 'hour' | 'day', range: { from?: string; to?: string } = {}) {
  const found = (await world?.books.rows({ id: 'a', by, limit: 1000, ...range })) ?? []
  return found.map(({ from, up }) => [from, up] as const)
}

describe('days and hours', () => {
  it('have 23 hours when the clock goes forward', async () => {
    process.env['TZ'] = 'Europe/Berlin'
    await begin(clockAt('2026-03-28T23:00:00.000Z'))
    world?.define('a')
    if (world !== null) await work(world, 24 * HOUR)
    const hours = await rows('hour')
    expect(hours).toHaveLength(24)
    expect(hours.map(([from]) => from).slice(0, 4)).toEqual([
      '2026-03-29T00:00:00+01:00',
      '2026-03-29T01:00:00+01:00',
      '2026-03-29T03:00:00+02:00',
      '2026-03-29T04:00:00+02:00',
    ])
    expect(hours.every(([, up]) => up === 60)).toBe(true)
    expect(await rows('day')).toEqual([
      ['2026-03-29T00:00:00+01:00', 23 * 60],
      ['2026-03-30T00:00:00+02:00', 60],
    ])
  })

  it('have 25 hours when the clock goes back, and the two hours of the same name stay apart', async () => {
    process.env['TZ'] = 'Europe/Berlin'
    await begin(clockAt('2026-10-24T22:00:00.000Z'))
    world?.define('a')
    if (world !== null) await work(world, 26 * HOUR)
    const hours = await rows('hour')
    expect(hours).toHaveLength(26)
    expect(hours.map(([from]) => from).slice(1, 5)).toEqual([
      '2026-10-25T01:00:00+02:00',
      '2026-10-25T02:00:00+02:00',
      '2026-10-25T02:00:00+01:00',
      '2026-10-25T03:00:00+01:00',
    ])
    expect(await rows('day')).toEqual([
      ['2026-10-25T00:00:00+02:00', 25 * 60],
      ['2026-10-26T00:00:00+01:00', 60],
    ])
    // What is asked for by a range begins within it.
    expect(await rows('hour', { from: '2026-10-25T02:00:00+02:00', to: '2026-10-25T03:00:00+01:00' })).toHaveLength(2)
    expect(await rows('day', { from: '2026-10-25T00:00:01+02:00' })).toEqual([['2026-10-26T00:00:00+01:00', 60]])
    expect(await rows('day', { to: '2026-10-26T00:00:00+01:00' })).toHaveLength(1)
  })

  it('are told apart where midnight lies within an hour of UTC', async () => {
    process.env['TZ'] = 'Asia/Kathmandu'
    // Midnight is at 18:15 UTC.
    await begin(clockAt('2026-05-01T18:00:00.000Z'))
    world?.define('a')
    if (world !== null) await work(world, HOUR)
    expect(await rows('hour')).toEqual([['2026-05-01T23:45:00+05:45', 60]])
    expect(await rows('day')).toEqual([
      ['2026-05-01T00:00:00+05:45', 15],
      ['2026-05-02T00:00:00+05:45', 45],
    ])
  })

  it('are never negative and never counted twice when the clock is set back or forth', async () => {
    process.env['TZ'] = 'Europe/Berlin'
    const clock = clockAt('2026-06-01T10:30:00.000Z')
    const one = await begin(clock)
    one.define('a')
    one.move('a', { up: 10 })
    clock.set('2026-06-01T09:30:00.000Z')
    one.move('a', { up: 20 })
    clock.set('2026-06-01T11:30:00.000Z')
    one.move('a', { up: 40 })
    clock.set('2026-05-31T21:59:00.000Z')
    one.move('a', { up: 80 })
    expect(await rows('hour')).toEqual([
      ['2026-05-31T23:00:00+02:00', 80],
      ['2026-06-01T11:00:00+02:00', 20],
      ['2026-06-01T12:00:00+02:00', 10],
      ['2026-06-01T13:00:00+02:00', 40],
    ])
    expect(one.books.usage('a')).toMatchObject({ today: { up: 80 }, month: { up: 80 }, ever: { up: 150 } })
    clock.set('2026-06-01T11:30:00.000Z')
    expect(one.books.usage('a')).toMatchObject({ today: { up: 70 }, month: { up: 70 }, ever: { up: 150 } })
  })

  it('keep the hours of 32 days, and days for ever', async () => {
    const clock = clockAt('2026-01-01T00:30:00.000Z')
    process.env['TZ'] = 'UTC'
    const one = await begin(clock)
    one.define('a')
    for (let day = 0; day < 100; day += 1) {
      one.move('a', { up: 1 })
      await clock.advance(24 * HOUR)
    }
    one.move('a', { up: 1 })
    await one.books.flush()
    expect(await rows('day')).toHaveLength(101)
    expect(await rows('hour')).toHaveLength(33)
    expect(one.books.usage('a')).toMatchObject({ ever: { up: 101 }, month: { up: 11 } })
  })

  it('survive a clock that is wrong by years for a moment', async () => {
    const clock = clockAt('2026-05-01T00:30:00.000Z')
    const one = await begin(clock)
    one.define('a')
    one.move('a', { up: 1 })
    await one.books.flush()
    clock.set('2099-01-01T00:00:00.000Z')
    one.move('a', { up: 2 })
    await one.books.flush()
    clock.set('2026-05-01T00:31:00.000Z')
    one.move('a', { up: 4 })
    expect((await rows('hour')).map(([, up]) => up)).toEqual([5, 2])
    expect(one.books.usage('a')).toMatchObject({ today: { up: 5 }, ever: { up: 7 } })
  })

  it('are those of the zone of the machine, whichever it is', () => {
    for (const zone of ['America/St_Johns', 'Pacific/Kiritimati', 'Africa/Cairo', 'America/Sao_Paulo', 'Asia/Beirut']) {
      process.env['TZ'] = zone
      for (let ms = Date.UTC(2018, 0, 1); ms < Date.UTC(2019, 1, 1); ms += 331 * MINUTE) {
        const { begin: from, end, day, hour } = bucketAt(ms)
        expect(ms >= from && ms < end && hour * 1000 <= from && end - hour * 1000 <= HOUR).toBe(true)
        expect(dayBegin(day) <= ms && ms < dayEnd(day)).toBe(true)
        expect(monthEnd(day) >= dayEnd(day)).toBe(true)
        expect(Date.parse(localIso(ms))).toBe(Math.floor(ms / 1000) * 1000)
        expect(firstDayFrom(dayBegin(day))).toBe(day)
      }
    }
  })
})

describe('quotas', () => {
  const quota = (bytes: number, more: Partial<NonNullable<LimitsDraft['quota']>> = {}): LimitsDraft => ({
    quota: { bytes, period: 'day', ...more },
  })

  it('give the engine what is left, at a start and at an edit, to the byte', async () => {
    process.env['TZ'] = 'Europe/Berlin'
    const clock = clockAt('2026-06-15T10:00:00.000Z')
    let one = await begin(clock)
    one.define('a')
    expect(one.budgets.has('a')).toBe(false)
    one.move('a', { up: 100, down: 50 })
    // A forward tells some milliseconds later; the edit knows it all the same.
    one.moveUntold('a', { up: 7 })
    one.define('a', quota(1000))
    expect(one.budgets.get('a')).toBe(843)
    one.define('a', quota(1000, { counts: 'down' }))
    expect(one.budgets.get('a')).toBe(950)
    one.budgets.clear()
    // Another limit is no reason to count anew.
    one.define('a', { ...quota(1000, { counts: 'down' }), maxConnections: 5 })
    expect(one.budgets.has('a')).toBe(false)
    expect(one.books.usage('a').quota).toEqual({ used: 50, bytes: 1000, endsAt: '2026-06-15T22:00:00.000Z' })
    one.define('a', quota(10))
    expect(one.budgets.get('a')).toBe(0)
    one.define('a')
    expect(one.budgets.get('a')).toBe(null)
    await one.close()
    one = await begin(clock)
    one.define('a', quota(1000, { period: 'month', counts: 'up' }))
    expect(one.budgets.get('a')).toBe(893)
    expect(one.books.usage('a').quota?.endsAt).toBe('2026-06-30T22:00:00.000Z')
  })

  it('begin anew at midnight of the zone, and at midnight of the first', async () => {
    process.env['TZ'] = 'Europe/Berlin'
    const clock = clockAt('2026-10-30T12:00:00.000Z')
    const one = await begin(clock)
    one.define('day', quota(1000))
    one.define('month', quota(5000, { period: 'month' }))
    for (const id of ['day', 'month']) one.move(id, { down: 600 })
    one.budgets.clear()
    await clock.advance(11 * HOUR - 1)
    expect(one.budgets.size).toBe(0)
    await clock.advance(1)
    expect([...one.budgets]).toEqual([['day', 1000]])
    one.move('day', { up: 10 })
    one.budgets.clear()
    // November begins: with the zone's offset of winter.
    await clock.advance(24 * HOUR)
    expect([...one.budgets]).toEqual([
      ['day', 1000],
      ['month', 5000],
    ])
    expect(one.books.usage('month')).toMatchObject({ today: { down: 0 }, month: { down: 0 }, ever: { down: 600 } })
  })

  it('count what moved between midnight and the look at the clock to the new day', async () => {
    process.env['TZ'] = 'UTC'
    const clock = clockAt('2026-06-15T23:59:00.000Z')
    const one = await begin(clock)
    one.define('a', quota(1000))
    one.move('a', { up: 900 })
    // The machine sleeps over midnight: no timer runs.
    clock.set('2026-06-16T05:00:00.000Z')
    one.move('a', { up: 30 })
    one.books.look()
    expect(one.budgets.get('a')).toBe(970)
  })

  it('follow a clock that is set back over midnight: what was used that day stays used', async () => {
    process.env['TZ'] = 'UTC'
    const clock = clockAt('2026-06-15T23:59:00.000Z')
    const one = await begin(clock)
    one.define('a', quota(1000))
    one.move('a', { up: 1000 })
    clock.set('2026-06-16T00:01:00.000Z')
    one.books.look()
    expect(one.budgets.get('a')).toBe(1000)
    clock.set('2026-06-15T23:30:00.000Z')
    one.books.look()
    expect(one.budgets.get('a')).toBe(0)
  })

  it('tell people when all goes slow from now on', async () => {
    const one = await begin(fakeClock())
    one.define('a', quota(10, { then: 'slow' }), 'web')
    one.define('b', quota(10))
    for (const id of ['a', 'b']) one.emit({ kind: 'budget', id })
    expect(one.told).toEqual([
      {
        ...{ kind: 'changed', forwardId: 'a', subject: 'web', code: 'limit.quota' },
        message: 'Goes slow until tomorrow.',
      },
    ])
  })

  it('cost no timer when there are none', async () => {
    const clock = fakeClock()
    const one = await begin(clock)
    one.define('a', quota(1000))
    await one.books.flush()
    await clock.advance(2000)
    expect(clock.waits()).toHaveLength(1)
    one.books.remove('a')
    expect(clock.waits()).toEqual([])
  })
})
