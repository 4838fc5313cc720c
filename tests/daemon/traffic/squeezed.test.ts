import { createSocket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limitsSchema } from '@shared/limits'
import type { TrafficRow } from '@shared/traffic'
import { temporaryHome } from '../../support/daemon'
import { bounceDatagram, openClient, startMachine, told, type Machine } from './_squeezed'

const HOUR = 3_600_000

let place: ReturnType<typeof temporaryHome>
let machine: Machine
const zoneBefore = process.env['TZ']

beforeEach(() => {
  process.env['TZ'] = 'Europe/Berlin'
  place = temporaryHome()
})
afterEach(async () => {
  await machine.close()
  place.remove()
  if (zoneBefore === undefined) delete process.env['TZ']
  else process.env['TZ'] = zoneBefore
})

async function rows(id: string, by: 'hour' | 'day'): Promise<readonly TrafficRow[]> {
  return machine.books.rows({ id, by, limit: 10_000 })
}

function pairs(found: readonly TrafficRow[]): readonly (readonly [string, number, number])[] {
  return found.map(({ from, up, down }) => [from, up, down] as const)
}

describe('a day of work', () => {
  it.each([
    [23, '2026-03-28T23:00:00.000Z', ['2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00']],
    [25, '2026-10-24T22:00:00.000Z', ['2026-10-25T00:00:00+02:00', '2026-10-26T00:00:00+01:00']],
  ])('of %i hours is in the books hour by hour, over TCP and UDP', async (length, begin, [first, second]) => {
    machine = await startMachine(place.home, begin)
    const { clock, books, engine } = machine
    const tcp = await machine.addRelay('tcp')
    const udp = await machine.addRelay('udp', { protocol: 'udp', idleSeconds: 86_400 })
    const source = createSocket('udp4')
    const stays = await openClient(tcp)
    const expected: (readonly [number, number])[] = []
    for (let hour = 0; hour <= length; hour += 1) {
      const goes = await openClient(tcp)
      const up = 1000 * (hour + 1)
      await stays?.bounce(up)
      await goes?.bounce(500)
      await goes?.close()
      await bounceDatagram(source, udp, 60_000 + hour)
      await told()
      expected.push([up + 500, 60_000 + hour])
      await clock.advance(HOUR)
    }
    await stays?.close()
    source.close()
    expect((await rows('tcp', 'hour')).map(({ up }) => up)).toEqual(expected.map(([up]) => up))
    expect((await rows('tcp', 'hour')).map(({ down }) => down)).toEqual(expected.map(([up]) => up))
    expect((await rows('udp', 'hour')).map(({ up }) => up)).toEqual(expected.map(([, up]) => up))
    const sum = (list: readonly (readonly [number, number])[]): number => list.reduce((all, [up]) => all + up, 0)
    const [last = [0, 0]] = expected.slice(length)
    expect(pairs(await rows('tcp', 'day'))).toEqual([
      [first, sum(expected.slice(0, length)), sum(expected.slice(0, length))],
      [second, last[0], last[0]],
    ])
    expect(machine.received('tcp')).toBe(books.usage('tcp').ever.up)
    expect(machine.received('udp')).toBe(books.usage('udp').ever.up)
    expect(books.usage('tcp').connections).toBe(length + 2)
    expect(engine.relays.snapshot('tcp').bytesUp).toBe(books.usage('tcp').ever.up)
    expect((await books.history({ id: 'tcp', limit: 100 })).filter(({ reason }) => reason === 'closed')).toHaveLength(
      length + 2,
    )
  })
})

describe('a quota', () => {
  const stop = (bytes: number, period: 'day' | 'month') =>
    limitsSchema.parse({ quota: { bytes, period, counts: 'up', then: 'stop' } })

  it('ends at its last byte, and begins anew at midnight and at the first of the month', async () => {
    machine = await startMachine(place.home, '2026-10-29T22:30:00.000Z')
    const { clock, engine, books } = machine
    const ports = {
      day: await machine.addRelay('day', { limits: stop(2500, 'day') }),
      month: await machine.addRelay('month', { limits: stop(4321, 'month') }),
    }
    const perHour = async (): Promise<void> => {
      for (const id of ['day', 'month'] as const) {
        const client = await openClient(ports[id])
        await client?.bounce(300)
        if (client?.isOver() === false) await client.close()
      }
      await told()
      await clock.advance(HOUR)
    }
    for (let hour = 0; hour < 20; hour += 1) await perHour()
    const { state, reason } = engine.relays.snapshot('day')
    expect([state, reason?.code]).toEqual(['failed', 'limit.quota'])
    // One hour of the 29th, then the quota of the 30th.
    expect(machine.received('day')).toBe(300 + 2500)
    for (let hour = 0; hour < 10; hour += 1) await perHour()
    expect(engine.relays.snapshot('month').reason?.code).toBe('limit.quota')
    expect(machine.received('month')).toBe(4321)
    // The machine sleeps into November, and both run again by themselves.
    machine.jumpTo('2026-11-01T05:00:00.000Z')
    await engine.relays.settled(['day', 'month'], 10_000)
    expect(['day', 'month'].map((id) => engine.relays.snapshot(id).state)).toEqual(['running', 'running'])
    for (let hour = 0; hour < 16; hour += 1) await perHour()
    expect(machine.received('month')).toBe(2 * 4321)
    expect((await rows('day', 'day')).map(({ from, up }) => [from.slice(0, 10), up])).toEqual([
      ['2026-10-29', 300],
      ['2026-10-30', 2500],
      ['2026-10-31', 1500],
      ['2026-11-01', 2500],
    ])
    expect(books.usage('month')).toMatchObject({
      month: { up: 4321 },
      ever: { up: 8642 },
      quota: { used: 4321, bytes: 4321, endsAt: '2026-11-30T23:00:00.000Z' },
    })
  })
})
