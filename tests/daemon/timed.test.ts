import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import { fakeClock, type FakeClock } from '../support/fake-clock'
import { localDraft, nextEvent, serverDraft, startTestDaemon, temporaryHome, type TestDaemon } from '../support/daemon'

const HOUR_SECONDS = 3600
const HOUR_MS = HOUR_SECONDS * 1000

let place: ReturnType<typeof temporaryHome>
let clock: FakeClock
let test: TestDaemon
let client: DaemonClient
let id: string

beforeEach(async () => {
  place = temporaryHome()
  clock = fakeClock()
  await start()
  const server = await client.call('servers.add', serverDraft())
  id = (await client.call('forwards.add', localDraft(server.id))).spec.id
})
afterEach(async () => {
  await test.daemon.stop({ keepWanted: false })
  place.remove()
})

async function start(): Promise<void> {
  test = await startTestDaemon({ home: place.home, clock })
  client = await test.connect()
  // Before any clock is moved: what nobody has asked for is not told later.
  await client.call('events.subscribe', { topics: ['forwards'] })
}

async function restart(how: { keepWanted: boolean }): Promise<void> {
  await test.daemon.stop(how)
  await start()
}

async function limited(): Promise<string | null> {
  return (await client.call('forwards.get', { id })).snapshot.stopsAt
}

/** Resolves when it is told from now on that it is stopped. */
async function stopped(): Promise<void> {
  await nextEvent(client, 'forwards.changed', ({ changed }) =>
    changed.some(({ snapshot }) => snapshot.id === id && snapshot.state === 'stopped'),
  )
}

async function told(): Promise<readonly string[]> {
  return (await client.call('activity.list', { limit: 20 })).map(({ message }) => message)
}

describe('a forward that is started for a time', () => {
  it('says when it stops, stops by itself, and is not wanted any more', async () => {
    const [view] = await client.call('forwards.start', { ids: [id], forSeconds: HOUR_SECONDS })
    expect(view?.snapshot.stopsAt).toBe(new Date(clock.now() + HOUR_MS).toISOString())
    await clock.advance(HOUR_MS - 1)
    expect((await client.call('forwards.get', { id })).snapshot.wanted).toBe(true)
    const over = stopped()
    await clock.advance(1)
    await over
    expect((await client.call('forwards.get', { id })).snapshot).toMatchObject({ wanted: false, stopsAt: null })
    expect(await told()).toContain('Its time was over.')
    await restart({ keepWanted: true })
    expect((await client.call('forwards.get', { id })).snapshot.wanted).toBe(false)
  })

  it('stops though the store cannot be written', async () => {
    await client.call('forwards.start', { ids: [id], forSeconds: HOUR_SECONDS })
    const raw = new Database(test.places.database)
    raw.exec("create trigger full before delete on forward_times begin select raise(abort, 'full'); end")
    raw.close()
    const over = stopped()
    await clock.advance(HOUR_MS)
    await over
    expect((await client.call('forwards.get', { id })).snapshot.wanted).toBe(false)
  })

  it('keeps its time over a restart of the daemon', async () => {
    await client.call('forwards.start', { ids: [id], forSeconds: HOUR_SECONDS })
    const at = await limited()
    await restart({ keepWanted: true })
    expect(await limited()).toBe(at)
  })

  it('does not come back when its time ended meanwhile', async () => {
    await client.call('forwards.start', { ids: [id], forSeconds: HOUR_SECONDS })
    await test.daemon.stop({ keepWanted: true })
    await clock.advance(2 * HOUR_MS)
    await start()
    expect((await client.call('forwards.get', { id })).snapshot).toMatchObject({ wanted: false, state: 'stopped' })
    expect(await told()).toContain('Its time was over while Warren did not run.')
  })

  it('has no limit after a stop, or a start without one', async () => {
    await client.call('forwards.start', { ids: [id], forSeconds: HOUR_SECONDS })
    await client.call('forwards.start', { ids: [id] })
    expect(await limited()).toBeNull()
    await client.call('forwards.start', { ids: [id], forSeconds: HOUR_SECONDS })
    await client.call('forwards.stop', { ids: [id] })
    await client.call('forwards.start', { ids: [id] })
    expect(await limited()).toBeNull()
  })

  it.each([0, 31 * 86_400, 1.5])('refuses %d seconds', async (forSeconds) => {
    await expect(client.call('forwards.start', { ids: [id], forSeconds })).rejects.toMatchObject({
      code: 'rpc.invalid',
    })
  })
})

describe('the end of a daemon', () => {
  it('is told when forwards ran, and only an orderly one by itself', async () => {
    await restart({ keepWanted: true })
    expect((await told()).filter((message) => message.startsWith('Warren'))).toEqual([])
    await client.call('forwards.start', { ids: [id] })
    await restart({ keepWanted: true })
    expect(await told()).toContain('Warren was stopped. 1 forward starts again when it is back.')
    await restart({ keepWanted: false })
    expect(await told()).toContain('Warren was stopped, and 1 forward with it.')
    expect((await told()).filter((message) => message.includes('unexpectedly'))).toEqual([])
  })
})
