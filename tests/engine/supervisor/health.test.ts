import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HealthWatch } from '../../../src/engine/supervisor/_health'
import { Status } from '../../../src/engine/supervisor/_status'
import { forwardDraftSchema } from '../../../src/shared/specs'
import { WarrenError } from '../../../src/shared/errors'
import { fakeClock, settled, type FakeClock } from '../../support/fake-clock'
import { fakeSession } from '../../support/fake-pool'
import { specWith } from './_supervised'

const EVERY_SECONDS = 10
const spec = { ...specWith(), health: { kind: 'tcp', everySeconds: EVERY_SECONDS } as const }
const way = { session: fakeSession(), bound: { host: '127.0.0.1', port: 1 } }

let clock: FakeClock
let status: Status
let outcomes: (Error | null)[]
let asked: number
let watch: HealthWatch

beforeEach(() => {
  clock = fakeClock()
  status = new Status(clock.now, () => undefined)
  status.run()
  outcomes = []
  asked = 0
  const probe = (): Promise<void> => {
    asked += 1
    const outcome = outcomes.shift() ?? null
    return outcome === null ? Promise.resolve() : Promise.reject(outcome)
  }
  watch = new HealthWatch({ clock, status, log: () => undefined, probe })
})
afterEach(() => {
  watch.stop()
  expect(clock.waits()).toEqual([])
})

async function rounds(count: number): Promise<void> {
  await settled()
  for (let round = 1; round < count; round += 1) await clock.advance(EVERY_SECONDS * 1000)
}

describe('a health check', () => {
  it('makes a forward degraded after three failures in a row, and running after one success', async () => {
    const failure = new Error('/health answers 503')
    outcomes = [failure, failure, null, failure, failure, failure]
    watch.start(spec, way)
    await rounds(5)
    expect(status.state).toBe('running')
    await rounds(2)
    expect(status.state).toBe('degraded')
    expect(status.reason).toMatchObject({ code: 'health.failed' })
    expect(status.reason?.message).toContain('/health answers 503')
    expect(status.health).toMatchObject({ healthy: false })
    await rounds(2)
    expect(status).toMatchObject({ state: 'running', reason: null, health: { healthy: true } })
    expect(asked).toBe(7)
  })

  it('stays unhealthy though clients reach the target', async () => {
    outcomes = Array.from({ length: 3 }, () => new Error('no'))
    watch.start(spec, way)
    await rounds(3)
    status.target(new WarrenError('target.refused', 'It refused.').toFault())
    status.target(null)
    expect(status).toMatchObject({ state: 'degraded', reason: { code: 'health.failed' } })
  })

  it('asks no more when the session is gone, and forgets when the check is taken away', async () => {
    outcomes = Array.from({ length: 3 }, () => new Error('no'))
    watch.start(spec, way)
    await rounds(3)
    watch.replace({ ...spec, health: null })
    expect(status).toMatchObject({ state: 'running', health: null })
    watch.start(spec, way)
    watch.stop()
    await rounds(3)
    expect(asked).toBe(4)
  })

  it('fits the kind of forward', () => {
    const draft = { name: 'x', serverId: 's', type: 'dynamic', bindPort: 0 } as const
    const socks = { kind: 'socks', host: 'example.org', port: 443 } as const
    expect(forwardDraftSchema.safeParse({ ...draft, health: { kind: 'tcp' } }).success).toBe(false)
    expect(forwardDraftSchema.safeParse({ ...draft, health: socks }).success).toBe(true)
    expect(forwardDraftSchema.safeParse({ ...spec, id: undefined, health: socks }).success).toBe(false)
  })
})
