/** When sync looks, when it tries again, and what it says meanwhile. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startDocumentServer, type DocumentServer } from '../support/document-server'
import { fakeClock, type FakeClock } from '../support/fake-clock'
import { faultOf, machine, type Machine } from './_machine'
import { someFields } from './_replica'

let server: DocumentServer
let clock: FakeClock
let one: Machine
beforeEach(async () => {
  server = await startDocumentServer()
  clock = fakeClock()
  one = machine({ url: server.url, token: server.token(), clock, random: () => 0.5 })
})
afterEach(async () => {
  await one.close()
  await server.close()
})
const lists = (): number => server.requests.filter(({ method }) => method === 'GET').length
const idle = (): ReturnType<Machine['reported']> =>
  one.reported(({ isBusy, lastSyncAt }) => !isBusy && lastSyncAt !== null)

it('asks in turn a server that tells nothing, as often as is set', async () => {
  one.sync.begin()
  await idle()
  expect(clock.waits()).toEqual([30_000])
  one.sync.setPolling(5)
  expect(clock.waits()).toEqual([5000])
  const seen = server.seen(({ method }) => method === 'GET')
  await clock.advance(5000)
  await seen
  await idle()
  expect(lists()).toBe(2)
  expect(one.sync.report()).toMatchObject({ mode: 'polling', fault: null, isOffline: false })
})

it('sends what grew in the outbox at once', async () => {
  one.sync.begin()
  await idle()
  one.replica.onEdit = one.sync.look
  const posted = server.seen(({ method }) => method === 'POST')
  one.replica.add(someFields)
  await posted
})

it('tries again after 2, 5, 10, 30 and 60 s while the server is ill, then goes on as before', async () => {
  const ill = (): void => server.mishap({ method: 'GET', answer: { status: 503, body: { message: 'stopping' } } })
  ill()
  one.sync.begin()
  const waits: (readonly number[])[] = []
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const { fault, isOffline, nextTryAt } = await one.reported((report) => report.fault !== null && !report.isBusy)
    expect([fault?.code, isOffline]).toEqual(['cloud.server-fault', true])
    waits.push(clock.waits())
    expect(Date.parse(nextTryAt ?? '') - clock.now()).toBe(clock.waits()[0])
    if (attempt < 5) ill()
    const busy = one.reported(({ isBusy }) => isBusy)
    await clock.advance(clock.waits()[0] ?? 0)
    await busy
  }
  expect(waits.flat()).toEqual([2000, 5000, 10_000, 30_000, 60_000, 60_000])
  await one.reported(({ fault, isBusy }) => fault === null && !isBusy)
  expect(clock.waits()).toEqual([30_000])
})

it('waits as long as it is asked to', async () => {
  const answer = { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '120' } }
  server.mishap({ method: 'GET', answer })
  one.sync.begin()
  await one.reported(({ fault }) => fault?.code === 'cloud.busy')
  expect(clock.waits()).toEqual([120_000])
})

it('leaves the wait when the network changes', async () => {
  server.mishap({ method: 'GET', answer: 'drop' })
  server.mishap({ method: 'GET', answer: 'drop' })
  one.sync.begin()
  await one.reported(({ fault }) => fault?.code === 'cloud.unreachable')
  one.replica.onEdit = one.sync.look
  one.replica.add(someFields)
  const before = lists()
  one.sync.networkChanged()
  await one.reported(({ fault, isBusy }) => fault === null && !isBusy)
  expect(lists()).toBe(before + 1)
  expect(server.rows()).toHaveLength(1)
})

it('does not try again by itself when a person must sign in', async () => {
  server.revoke()
  one.sync.begin()
  const report = await one.reported(({ fault }) => fault !== null)
  expect(report).toMatchObject({ fault: { code: 'cloud.login-needed' }, isOffline: false, nextTryAt: null })
  expect(clock.waits()).toEqual([])
  const asked = server.requests.length
  expect(await faultOf(one.sync.syncNow())).toMatchObject({ code: 'cloud.login-needed' })
  expect(server.requests).toHaveLength(asked)
  // Signed in again: the new token is tried.
  await one.tokens.set({ token: server.token(), refreshToken: null })
  await one.sync.syncNow()
  expect(one.sync.report().fault).toBeNull()
})

it('has a round of its own for who asks while one is under way', async () => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  server.mishap({ method: 'GET', until: held })
  one.sync.begin()
  await server.seen(({ method }) => method === 'GET')
  const asked = one.sync.syncNow()
  one.replica.add(someFields)
  release()
  await asked
  expect(lists()).toBeGreaterThanOrEqual(2)
  expect(server.rows()).toHaveLength(1)
})

it('ends at once, also while a server does not answer', async () => {
  server.mishap({ method: 'GET', until: new Promise(() => undefined) })
  const seen = server.seen(({ method }) => method === 'GET')
  const asked = one.sync.syncNow()
  const failed = faultOf(asked)
  await seen
  await one.close()
  await failed
  expect(clock.waits()).toEqual([])
  await faultOf(one.sync.syncNow())
})
