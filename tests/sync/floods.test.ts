/** A server that talks too much, has no end, or is ill while it talks: on a clock that the test moves, with a client without a network. */
import { afterEach, expect, it } from 'vitest'
import { createSync, type CloudClient, type Sync } from '../../src/sync'
import { CloudError } from '../../src/sync/client'
import type { CloudDelta, CloudList, EventListeners } from '../../src/sync/client/types'
import { fakeClock, settled, type FakeClock } from '../support/fake-clock'
import { someFields, testReplica, type TestReplica } from './_replica'

interface World {
  readonly clock: FakeClock
  readonly replica: TestReplica
  readonly sync: Sync
  /** Of the personal stream. */
  readonly events: () => EventListeners
  /** Rounds that asked the server for its list. */
  readonly rounds: () => number
  readonly lines: string[]
  /** What is asked for the list from now on. */
  list: () => Promise<CloudList>
}

let world: World
afterEach(() => world.sync.close())

const nothing: CloudList = { rows: [], unreadable: [], cursor: null }

function start(change: Partial<CloudClient> = {}): World {
  const clock = fakeClock()
  const replica = testReplica()
  const lines: string[] = []
  let heard: EventListeners | null = null
  let rounds = 0
  const client: Partial<CloudClient> = {
    extensions: () => new Set(['events'] as const),
    list: () => {
      rounds += 1
      return world.list()
    },
    events: (_namespace, listeners, signal) => {
      heard = listeners
      listeners.onOpen?.()
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
    until: () => client as CloudClient,
    ...change,
  }
  world = {
    ...{ clock, replica, lines, rounds: () => rounds, list: () => Promise.resolve(nothing) },
    sync: createSync({
      ...{ client: client as CloudClient, replica, clock, pollSeconds: 30, random: () => 0.5 },
      ...{ log: (_level, message) => void lines.push(message), onReport: () => undefined },
    }),
    events: () => {
      if (heard === null) throw new Error('there is no stream')
      return heard
    },
  }
  return world
}

const ill = (): Promise<CloudList> =>
  Promise.reject(new CloudError('cloud.server-fault', 'It is ill.', { status: 500 }))

it('follows a thousand events of a second with a few rounds, and the last of them is heard', async () => {
  const { sync, clock, events, rounds } = start()
  await sync.syncNow()
  const before = rounds()
  for (let event = 0; event < 990; event += 1) {
    events().onChange(`cursor-${event}`)
    await clock.advance(1)
  }
  expect(rounds() - before).toBeLessThanOrEqual(5)
  const during = rounds()
  await clock.advance(250)
  expect(rounds()).toBe(during + 1)
  await clock.advance(10_000)
  expect(rounds()).toBe(during + 1)
})

it('ends a delta whose pages have no end', async () => {
  let pages = 0
  const since = (): Promise<CloudDelta> => {
    pages += 1
    return Promise.resolve({ rows: [], unreadable: [], deleted: [], cursor: `page-${pages}`, more: true })
  }
  const { sync, replica } = start({ since, extensions: () => new Set(['since'] as const) })
  replica.disk.cursors.set(null, 'page-0')
  await expect(sync.syncNow()).rejects.toMatchObject({ code: 'cloud.bad-answer' })
  expect(pages).toBe(1000)
  // What was taken stays taken: the next try goes on behind it.
  expect(replica.disk.cursors.get(null)).toBe('page-1000')
})

it('has a wait between the rounds that the news of an ill server ask for, growing and ended by the first success', async () => {
  const { sync, clock, events, rounds } = start()
  await sync.syncNow()
  world.list = ill
  const from = rounds()
  for (let event = 0; event < 600; event += 1) {
    events().onChange(`cursor-${event}`)
    await clock.advance(100)
  }
  // A minute of news: after 1.6, 4, and then every 8 s.
  expect(rounds() - from).toBeGreaterThanOrEqual(6)
  expect(rounds() - from).toBeLessThanOrEqual(12)
  world.list = () => Promise.resolve(nothing)
  events().onChange('cursor-after')
  await clock.advance(8000)
  expect(sync.report().fault).toBeNull()
})

it('comes back soon to a server that was long ill and says something', async () => {
  const { sync, clock, events } = start()
  await sync.syncNow()
  world.list = ill
  sync.networkChanged()
  await settled()
  await clock.advance(109_000)
  const { nextTryAt } = sync.report()
  expect(Date.parse(nextTryAt ?? '') - clock.now()).toBeGreaterThan(20_000)
  world.list = () => Promise.resolve(nothing)
  events().onChange('cursor-1')
  await settled()
  await clock.advance(8000)
  expect(sync.report()).toMatchObject({ fault: null, isOffline: false })
})

it('waits as long as a busy server asked to, whatever it tells', async () => {
  const { sync, clock, events, rounds } = start()
  await sync.syncNow()
  world.list = () => Promise.reject(new CloudError('cloud.busy', 'It is busy.', { status: 429, retryAfterMs: 120_000 }))
  await expect(sync.syncNow()).rejects.toMatchObject({ code: 'cloud.busy' })
  const during = rounds()
  for (let event = 0; event < 110; event += 1) {
    events().onChange(`cursor-${event}`)
    await clock.advance(1000)
  }
  expect(rounds()).toBe(during)
})

it('misses nothing that was told or changed while the server was found well again', async () => {
  const { sync, clock, events, rounds, replica } = start()
  await sync.syncNow()
  world.list = ill
  await expect(sync.syncNow()).rejects.toMatchObject({ code: 'cloud.server-fault' })
  for (const news of [() => events().onChange('cursor-1'), () => sync.look()]) {
    let answer = (): void => undefined
    world.list = () =>
      new Promise((resolve) => {
        answer = () => {
          resolve(nothing)
        }
      })
    // Within the shortest wait: a person asks.
    const asked = sync.syncNow()
    await settled()
    const before = rounds()
    news()
    await settled()
    world.list = () => Promise.resolve(nothing)
    answer()
    await asked
    await settled()
    expect(rounds()).toBe(before + 1)
    world.list = ill
    await expect(sync.syncNow()).rejects.toMatchObject({ code: 'cloud.server-fault' })
  }
  expect(replica.waiting()).toEqual([])
  await clock.advance(0)
})

it('refuses all of a batch that may not be added, without asking for each', async () => {
  let asked = 0
  const createMany = (): Promise<never> => {
    asked += 1
    return Promise.reject(new CloudError('cloud.forbidden', 'Nothing may be added.', { status: 403 }))
  }
  const { sync, replica } = start({ createMany, extensions: () => new Set(['etag'] as const) })
  const ids = Array.from({ length: 50 }, (_, at) => replica.add({ ...someFields, name: `forward ${at}` }))
  await sync.syncNow()
  expect(asked).toBe(1)
  expect(world.lines).toEqual(['"forward 0" and 49 more were not taken: Nothing may be added.'])
  expect(replica.waiting()).toEqual([])
  expect(ids.map((id) => replica.binding(id).refused?.code)).toEqual(ids.map(() => 'cloud.forbidden'))
})
