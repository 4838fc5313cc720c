import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noLimits } from '@shared/limits'
import { fakeSession } from '../../support/fake-pool'
import { makeBench, specWith, type Bench } from './_supervised'

let bench: Bench

beforeEach(() => {
  bench = makeBench()
})

afterEach(async () => {
  await bench.close()
})

function expiringIn(ms: number): { limits: typeof noLimits } {
  return { limits: { ...noLimits, expiresAt: new Date(bench.clock.now() + ms).toISOString() } }
}

describe('the expiry date of a forward', () => {
  it('ends a running one at its time, and a later date makes it run again', async () => {
    const forward = bench.make(expiringIn(90_000))
    forward.start({})
    ;(await bench.login()).succeed(fakeSession())
    await bench.reach(forward, 'running')
    await bench.clock.advance(60_000)
    expect(forward.snapshot().state).toBe('running')
    await bench.clock.advance(30_000)
    await bench.reach(forward, 'failed')
    expect(forward.snapshot()).toMatchObject({ wanted: true, reason: { code: 'limit.expired' } })
    expect(bench.logs.filter(({ code }) => code === 'limit.expired')).toHaveLength(1)
    forward.replace(specWith(expiringIn(90_000), forward.id))
    ;(await bench.login()).succeed(fakeSession())
    await bench.reach(forward, 'running')
  })

  it('ends a running one at once when the date is edited to one that is over', async () => {
    const forward = bench.make()
    forward.start({})
    ;(await bench.login()).succeed(fakeSession())
    await bench.reach(forward, 'running')
    forward.replace(specWith(expiringIn(-1000), forward.id))
    await bench.reach(forward, 'failed')
    expect(forward.snapshot().reason).toMatchObject({ code: 'limit.expired' })
  })

  it('ends one that waits to try again', async () => {
    const forward = bench.make(expiringIn(10_000))
    forward.start({})
    await bench.login()
    await bench.clock.advance(10_000)
    await bench.reach(forward, 'failed')
    expect(forward.snapshot().reason).toMatchObject({ code: 'limit.expired' })
  })

  it('leaves nothing behind when it is stopped before', async () => {
    const forward = bench.make(expiringIn(90_000))
    forward.start({})
    ;(await bench.login()).succeed(fakeSession())
    await bench.reach(forward, 'running')
    await forward.stop()
    expect(bench.clock.waits()).toEqual([])
    await bench.clock.advance(90_000)
    expect(forward.snapshot().state).toBe('stopped')
  })
})
