import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SupervisedForward } from '../../../src/engine/supervisor'
import { errorCodes, WarrenError, type ErrorCode } from '../../../src/shared/errors'
import { settled, turnsUntil } from '../../support/fake-clock'
import { fakeRemoteListener, fakeSession } from '../../support/fake-pool'
import { makeBench, type Bench } from './_supervised'

const HOUR_MS = 3_600_000
const unreachable = new WarrenError('ssh.unreachable', 'The server cannot be reached.')

let bench: Bench

beforeEach(() => {
  bench = makeBench()
})
afterEach(() => bench.close())

/** Every login that is under way ends like one dial that they joined. */
async function fail(error: Error): Promise<void> {
  await bench.login()
  for (const login of [...bench.pool.pending]) login.fail(error)
}

async function allWaiting(forwards: readonly SupervisedForward[]): Promise<void> {
  for (const forward of forwards) await bench.reach(forward, 'waiting')
}

describe('twenty forwards of one server that is away', () => {
  it('are tried together, on one schedule', async () => {
    const forwards = Array.from({ length: 20 }, () => bench.make())
    for (const forward of forwards) forward.start({})
    for (const wait of [2000, 5000, 10_000, 30_000, 60_000, 60_000]) {
      await turnsUntil(() => bench.pool.pending.length === 20)
      expect(bench.pool.pending).toHaveLength(20)
      await fail(unreachable)
      await allWaiting(forwards)
      expect(new Set(bench.clock.waits())).toEqual(new Set([wait]))
      await bench.clock.advance(wait)
    }
  })

  it('do not try one after the other when the first is refused at once', async () => {
    const [first, second] = [bench.make(), bench.make()]
    first.start({})
    second.start({})
    await settled()
    await fail(unreachable)
    await allWaiting([first, second])
    // The first one's time has come and its dial fails before the second one looks.
    bench.retries.failed('s')
    await bench.clock.advance(1999)
    const dials = bench.pool.dials()
    first.retry()
    ;(await bench.login()).fail(unreachable)
    await bench.reach(first, 'waiting')
    expect(bench.pool.dials()).toBe(dials + 1)
    expect(second.snapshot().state).toBe('waiting')
  })

  it('run again with the first session that comes up, whoever asked for it', async () => {
    const forwards = Array.from({ length: 5 }, () => bench.make())
    for (const forward of forwards) forward.start({})
    for (const wait of [2000, 5000]) {
      await turnsUntil(() => bench.pool.pending.length === 5)
      await fail(unreachable)
      await allWaiting(forwards)
      if (wait < 5000) await bench.clock.advance(wait)
    }
    forwards[0]?.retry()
    ;(await bench.login()).succeed()
    await turnsUntil(() => bench.pool.pending.length === 4)
    for (const login of [...bench.pool.pending]) login.succeed()
    for (const forward of forwards) await bench.reach(forward, 'running')
  })
})

describe('a port that the dead session still holds on the server', () => {
  it('is asked for again until the server frees it, and the reason says so', async () => {
    const forward = bench.make({
      type: 'remote',
      remoteHost: null,
      remotePort: 8080,
      localHost: '127.0.0.1',
      localPort: 3000,
    })
    forward.start({})
    const session = fakeSession({ listenRemote: () => Promise.resolve(fakeRemoteListener(8080)) })
    ;(await bench.login()).succeed(session)
    await bench.reach(forward, 'running')
    session.end(new WarrenError('ssh.keepalive-timeout', 'bastion has not answered for 45 s.'))
    await bench.reach(forward, 'waiting')
    await bench.clock.advance(2000)
    const taken = fakeSession({
      listenRemote: () => Promise.reject(new WarrenError('forward.remote-port-in-use', '8080 is taken on bastion.')),
    })
    for (const wait of [2000, 5000]) {
      ;(await bench.login()).succeed(taken)
      await bench.reach(forward, 'waiting')
      const { reason } = forward.snapshot()
      expect(reason?.code).toBe('forward.remote-port-in-use')
      expect(reason?.message).toBe('8080 is taken on bastion, most likely by the session that broke.')
      expect(bench.clock.waits()).toEqual([wait])
      await bench.clock.advance(wait)
    }
    ;(await bench.login()).succeed(fakeSession({ listenRemote: () => Promise.resolve(fakeRemoteListener(8080)) }))
    await bench.reach(forward, 'running')
    expect(forward.snapshot()).toMatchObject({ reason: null, attempt: 0 })
  })
})

describe('a refusal', () => {
  const never = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => !errorCodes[code].retry)

  it.each(never)('%s is not tried again', async (code) => {
    const forward = bench.make()
    forward.start({})
    ;(await bench.login()).fail(new WarrenError(code, 'No.'))
    await bench.reach(forward, 'failed')
    expect(bench.clock.waits()).toEqual([])
    await bench.clock.advance(HOUR_MS)
    forward.networkChanged()
    await bench.clock.advance(HOUR_MS)
    expect(bench.pool.dials()).toBe(1)
    expect(forward.snapshot()).toMatchObject({ state: 'failed', wanted: true, nextTryAt: null, reason: { code } })
  })
})
