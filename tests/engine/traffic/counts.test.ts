import { describe, expect, it } from 'vitest'
import { createLimiter, type ConnectionLimits, type Limiter, type Refusal } from '../../../src/engine/traffic'
import { limitsSchema, type LimitsDraft } from '../../../src/shared/limits'

const limits = (draft: LimitsDraft): ReturnType<typeof limitsSchema.parse> => limitsSchema.parse(draft)

function admitted(limiter: Limiter, source: string | null = '10.0.0.1'): ConnectionLimits {
  const answer = limiter.admit(source)
  if (typeof answer === 'string') throw new Error(`refused: ${answer}`)
  return answer
}

function refusedFor(limiter: Limiter, source: string | null = '10.0.0.1'): Refusal | null {
  const answer = limiter.admit(source)
  return typeof answer === 'string' ? answer : null
}

describe('how many connections', () => {
  it('lets everybody in and bounds nothing while no limits are set', () => {
    const limiter = createLimiter()
    for (let count = 0; count < 1000; count += 1) {
      const connection = admitted(limiter)
      expect(connection.up).toBeNull()
      expect(connection.down).toBeNull()
    }
    expect(limiter.drops).toEqual({ connections: 0, denied: 0, evicted: 0, datagrams: 0 })
  })

  it('refuses the one too many, counts it, and lets one in for each that leaves', () => {
    const limiter = createLimiter()
    limiter.set(limits({ maxConnections: 2 }))
    const first = admitted(limiter)
    admitted(limiter)
    expect(refusedFor(limiter)).toBe('connections')
    first.release()
    first.release()
    admitted(limiter)
    expect(refusedFor(limiter)).toBe('connections')
    expect(limiter.drops.connections).toBe(2)
  })

  it('counts an IPv4 source the same in its IPv6 clothes', () => {
    const limiter = createLimiter()
    limiter.set(limits({ maxConnectionsPerSource: 1 }))
    const first = admitted(limiter, '::ffff:10.0.0.1')
    expect(refusedFor(limiter, '10.0.0.1')).toBe('source')
    admitted(limiter, '10.0.0.2')
    first.release()
    admitted(limiter, '10.0.0.1')
  })

  it('counts what was open before the limit was set, and drops nothing when it is lowered', () => {
    const limiter = createLimiter()
    const open = [admitted(limiter), admitted(limiter), admitted(limiter, '10.0.0.2')]
    limiter.set(limits({ maxConnectionsPerSource: 1, maxConnections: 3 }))
    expect(refusedFor(limiter)).toBe('connections')
    open[2]?.release()
    expect(refusedFor(limiter)).toBe('source')
    open[0]?.release()
    expect(refusedFor(limiter)).toBe('source')
    open[1]?.release()
    admitted(limiter)
  })

  it('asks for the address only when something is limited per source', () => {
    const limiter = createLimiter()
    let asked = 0
    const client = {
      get remoteAddress(): string {
        asked += 1
        return '10.0.0.1'
      },
    }
    limiter.set(limits({ maxConnections: 5 }))
    limiter.admit(client)
    expect(asked).toBe(0)
    limiter.set(limits({ maxConnectionsPerSource: 1 }))
    expect(typeof limiter.admit(client)).toBe('string')
  })

  for (const perSecond of [1, 7, 1000, 5000]) {
    it(`never lets more than ${perSecond} in within any second, and ${perSecond} in each when more want`, () => {
      let now = 0
      const limiter = createLimiter({ now: () => now })
      limiter.set(limits({ newConnectionsPerSecond: perSecond }))
      const times: number[] = []
      const step = 1000 / (perSecond * 3)
      for (let index = 0; index < perSecond * 3 * 5; index += 1) {
        now = index * step
        const answer = limiter.admit(null)
        if (typeof answer === 'string') continue
        times.push(now)
        answer.release()
      }
      times.forEach((time, index) => {
        const later = times[index + perSecond]
        if (later !== undefined) expect(later - time).toBeGreaterThanOrEqual(1000 - 1e-6)
      })
      expect(times.length).toBeGreaterThanOrEqual(perSecond * 5 * 0.99)
    })
  }

  it('refuses from its expiry date on', () => {
    let date = Date.parse('2026-05-01T00:00:00Z')
    const limiter = createLimiter({ date: () => date })
    limiter.set(limits({ expiresAt: '2026-05-01T00:00:01Z' }))
    admitted(limiter)
    date += 1000
    expect(refusedFor(limiter)).toBe('expired')
  })
})
