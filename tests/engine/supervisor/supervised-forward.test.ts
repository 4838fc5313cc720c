import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLocalPorts } from '../../../src/engine/ports'
import { ServerRetries, SupervisedForward } from '../../../src/engine/supervisor'
import { ConnectionTable } from '../../../src/engine/traffic'
import type { EnginePorts } from '../../../src/engine/types'
import { WarrenError } from '../../../src/shared/errors'
import { forwardDraftSchema, type ForwardDraft, type ForwardSpec, type ServerSpec } from '../../../src/shared/specs'
import { fakeClock, settled, turnsUntil, type FakeClock } from '../../support/fake-clock'
import {
  fakePool,
  fakeRemoteListener,
  fakeSession,
  type FakePool,
  type FakeSession,
  type PendingLogin,
} from '../../support/fake-pool'

const MINUTE_MS = 60_000
const unreachable = new WarrenError('ssh.unreachable', 'The server cannot be reached.')

let clock: FakeClock
let pool: FakePool
let retries: ServerRetries
let forward: SupervisedForward
let made: SupervisedForward[]

function spec(change: Partial<ForwardDraft> = {}): ForwardSpec {
  const draft = {
    name: 'db',
    type: 'local',
    localPort: 0,
    remoteHost: 'db',
    remotePort: 5432,
    serverId: 's',
    ...change,
  }
  const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
  return { ...forwardDraftSchema.parse(draft), id: 'f', ...times }
}

function make(change: Partial<ForwardDraft> = {}): SupervisedForward {
  const ports = {
    clock,
    random: () => 0.5,
    log: () => undefined,
    route: () => ({ server: { id: 's', name: 'bastion' } as ServerSpec, hops: [] }),
    plan: async () => ({ server: { id: 's', name: 'bastion' } as ServerSpec, hops: [] }),
  } as unknown as EnginePorts
  const table = new ConnectionTable(clock.now, () => undefined)
  const ledger = table.ledger('f', () => 'db')
  const localPorts = createLocalPorts()
  const onChange = (): void => undefined
  const one = new SupervisedForward(spec(change), { ports, localPorts, pool, ledger, retries, onChange })
  made.push(one)
  return one
}

function remote(): SupervisedForward {
  return make({ type: 'remote', remoteHost: null, remotePort: 8080, localHost: '127.0.0.1', localPort: 3000 })
}

/** Waits for real sockets too: a listener needs some turns of the event loop. */
async function reach(state: string, one = forward): Promise<void> {
  await turnsUntil(() => one.snapshot().state === state)
  expect(one.snapshot().state).toBe(state)
}

/** The login that is under way, once it is. */
async function login(): Promise<PendingLogin> {
  await turnsUntil(() => pool.pending.length > 0)
  const [first] = pool.pending
  if (first === undefined) throw new Error('Nobody logs in')
  return first
}

async function run(session: FakeSession = fakeSession(), one = forward): Promise<FakeSession> {
  one.start({})
  ;(await login()).succeed(session)
  await reach('running', one)
  return session
}

beforeEach(() => {
  clock = fakeClock()
  pool = fakePool()
  retries = new ServerRetries(clock, () => 0.5)
  made = []
  forward = make()
})
afterEach(async () => {
  await Promise.all(made.map((one) => one.stop()))
  expect(pool.leases()).toBe(0)
  expect(clock.waits()).toEqual([])
})

describe('the retry schedule', () => {
  it('waits 2, 5, 10, 30 and 60 s, with reason, attempt and the time of the next try', async () => {
    forward.start({})
    const waits: (number | undefined)[] = []
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      ;(await login()).fail(unreachable)
      await reach('waiting')
      const [wait = 0] = clock.waits()
      waits.push(wait)
      const nextTryAt = new Date(clock.now() + wait).toISOString()
      expect(forward.snapshot()).toMatchObject({ attempt, nextTryAt, reason: { code: 'ssh.unreachable' } })
      await clock.advance(wait)
      expect(forward.snapshot()).toMatchObject({ state: 'resolving', nextTryAt: null })
    }
    expect(waits).toEqual([2000, 5000, 10_000, 30_000, 60_000, 60_000])
  })

  it('begins again at 2 s after five stable minutes, and not before', async () => {
    forward.start({})
    for (const wait of [2000, 5000]) {
      ;(await login()).fail(unreachable)
      await reach('waiting')
      await clock.advance(wait)
    }
    let session = fakeSession()
    ;(await login()).succeed(session)
    await reach('running')
    await clock.advance(5 * MINUTE_MS - 1)
    session.end(unreachable)
    await reach('waiting')
    expect(clock.waits()).toEqual([10_000])
    await clock.advance(10_000)
    session = fakeSession()
    ;(await login()).succeed(session)
    await reach('running')
    await clock.advance(5 * MINUTE_MS)
    session.end(unreachable)
    await reach('waiting')
    expect(clock.waits()).toEqual([2000])
  })

  it('never tries again after a fault that only a person can change', async () => {
    forward.start({})
    ;(await login()).fail(new WarrenError('ssh.auth-failed', 'The server refused the login.'))
    await reach('failed')
    await clock.advance(60 * MINUTE_MS)
    expect(pool.dials()).toBe(1)
    forward.retry()
    await login()
    expect(pool.dials()).toBe(2)
  })

  it('tries 2 s after the network changed', async () => {
    forward.start({})
    for (const wait of [2000, 5000, 10_000]) {
      ;(await login()).fail(unreachable)
      await reach('waiting')
      if (wait < 10_000) await clock.advance(wait)
    }
    forward.networkChanged()
    expect(clock.waits()).toEqual([2000])
  })
})

describe('stop and start in quick succession', () => {
  it('ends running when the last word was start', async () => {
    await run()
    const stopping = forward.stop()
    forward.start({})
    await stopping
    ;(await login()).succeed()
    await reach('running')
    expect(pool.leases()).toBe(1)
  })

  it('ends stopped when the last word was stop', async () => {
    await run()
    const first = forward.stop()
    forward.start({})
    await Promise.all([first, forward.stop()])
    expect(forward.snapshot()).toMatchObject({ state: 'stopped', wanted: false })
    expect(pool.pending).toHaveLength(0)
  })

  it('runs once after two edits in a row', async () => {
    await run()
    forward.replace(spec({ remotePort: 1 }))
    forward.replace(spec({ remotePort: 2 }))
    await login()
    for (let turn = 0; turn < 100; turn += 1) await settled()
    expect(pool.pending).toHaveLength(1)
    ;(await login()).succeed()
    await reach('running')
    expect(forward.snapshot().target).toEqual({ host: 'db', port: 2 })
    expect(pool.leases()).toBe(1)
  })
})

describe('a health check that is taken away while the forward runs', () => {
  it('stays away when the session is another one', async () => {
    forward = make({ health: { kind: 'tcp', everySeconds: 10 } })
    const first = await run()
    forward.replace({ ...forward.spec, health: null })
    first.end(unreachable)
    await reach('waiting')
    await clock.advance(clock.waits()[0] ?? 0)
    let asked = 0
    const { openChannel } = fakeSession()
    const second = fakeSession({
      openChannel: (...at) => {
        asked += 1
        return openChannel(...at)
      },
    })
    ;(await login()).succeed(second)
    await reach('running')
    await settled()
    expect([asked, clock.waits()]).toEqual([0, []])
  })
})

describe('a stop while the server is silent', () => {
  it('does not wait for an answer to the request to listen, and closes what comes late', async () => {
    forward = remote()
    const late = fakeRemoteListener(8080)
    let answer = (): void => undefined
    forward.start({})
    ;(await login()).succeed(
      fakeSession({
        listenRemote: () =>
          new Promise((resolve) => {
            answer = () => {
              resolve(late)
            }
          }),
      }),
    )
    await reach('binding')
    await forward.stop()
    expect(forward.snapshot().state).toBe('stopped')
    answer()
    await settled()
    expect(late.closes()).toBe(1)
  })

  it('gives an unanswered request to stop listening two seconds', async () => {
    forward = remote()
    await run(fakeSession({ listenRemote: () => Promise.resolve(fakeRemoteListener(8080, false)) }))
    const stopping = forward.stop()
    await clock.advance(2000)
    await stopping
    expect(forward.snapshot().state).toBe('stopped')
  })
})
