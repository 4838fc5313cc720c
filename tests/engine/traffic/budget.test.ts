import { describe, expect, it } from 'vitest'
import { limitsSchema } from '../../../src/shared/limits'
import { settled } from '../../support/fake-clock'
import { admit, Greedy, random, slowWorld } from './_rates'

const KB = 1024
const STOP = { counts: 'both', then: 'stop', slowRate: 16 * KB } as const

describe('a budget', () => {
  for (const counts of ['both', 'up', 'down'] as const) {
    it(`passes exactly its bytes (${counts}), then nothing, and says so once`, async () => {
      const next = random(7)
      let spent = 0
      const world = slowWorld(null, { onSpent: () => (spent += 1) })
      world.limiter.setBudget({ ...STOP, counts, bytes: 1_234_567 })
      const paths = Array.from({ length: 9 }, () => {
        const limits = admit(world.limiter)
        expect(limits.up === null).toBe(counts === 'down')
        expect(limits.down === null).toBe(counts === 'up')
        return ['up' as const, 'down' as const].map(
          (direction) =>
            new Greedy(
              world,
              () => limits[direction],
              () => 1 + Math.floor(next() * 5000),
            ),
        )
      })
      expect(world.limiter.isSpent).toBe(false)
      for (const path of paths.flat()) path.run()
      const counted = paths
        .flatMap(([up, down]) => (counts === 'both' ? [up, down] : [counts === 'up' ? up : down]))
        .reduce((total, path) => total + (path?.passed ?? 0), 0)
      expect(counted).toBe(1_234_567)
      expect(world.limiter.isSpent).toBe(true)
      expect(spent).toBe(0)
      await settled()
      expect(spent).toBe(1)
      expect(world.limiter.admit(null)).toBe('quota')
      expect(world.timers()).toBe(0)
    })
  }

  it('is exact together with rates', async () => {
    const world = slowWorld({ perRule: { down: 10 * KB }, perConnection: { down: 6 * KB } })
    world.limiter.setBudget({ ...STOP, bytes: 33_333 })
    const limits = [admit(world.limiter), admit(world.limiter), admit(world.limiter)]
    const paths = limits.map(
      (each) =>
        new Greedy(
          world,
          () => each.down,
          () => 5000,
        ),
    )
    for (const path of paths) path.run()
    world.advance(10_000)
    await settled()
    expect(paths.reduce((total, path) => total + path.passed, 0)).toBe(33_333)
    expect(world.timers()).toBe(0)
  })

  it('of nothing is used up from the first', async () => {
    let spent = 0
    const world = slowWorld(null, { onSpent: () => (spent += 1) })
    world.limiter.setBudget({ ...STOP, bytes: 0 })
    expect(world.limiter.isSpent).toBe(true)
    await settled()
    expect(spent).toBe(1)
  })

  it('that is renewed wakes who waits', async () => {
    const world = slowWorld(null)
    world.limiter.setBudget({ ...STOP, bytes: 1000 })
    const limits = admit(world.limiter)
    const path = new Greedy(
      world,
      () => limits.up,
      () => 300,
    )
    path.run()
    await settled()
    expect(path.passed).toBe(1000)
    world.limiter.setBudget({ ...STOP, bytes: 500 })
    expect(path.passed).toBe(1500)
    world.limiter.setBudget(null)
    expect(limits.up).toBeNull()
    expect(world.limiter.isSpent).toBe(false)
  })

  it('that slows down has all together go at that rate, both ways, and forgets it when it is renewed', async () => {
    let spent = 0
    const world = slowWorld({ perConnection: { up: 1000 * KB } }, { onSpent: () => (spent += 1) })
    world.limiter.setBudget({ counts: 'down', then: 'slow', slowRate: 16 * KB, bytes: 50 * KB })
    const limits = [admit(world.limiter), admit(world.limiter)]
    const down = limits.map(
      (each) =>
        new Greedy(
          world,
          () => each.down,
          () => 5000,
        ),
    )
    for (const path of down) path.run()
    await settled()
    expect(spent).toBe(1)
    expect(down.reduce((total, path) => total + path.passed, 0)).toBeGreaterThanOrEqual(50 * KB)
    expect(typeof world.limiter.admit(null)).toBe('object')
    const up = limits.map(
      (each) =>
        new Greedy(
          world,
          () => each.up,
          () => 5000,
        ),
    )
    for (const path of up) path.run()
    world.advance(1000)
    const from = world.now()
    world.advance(10_000)
    for (const paths of [up, down]) {
      const rate = paths.reduce((total, path) => total + path.between(from, world.now()), 0) / 10
      expect(Math.abs(rate / (16 * KB) - 1)).toBeLessThan(0.05)
    }
    world.limiter.setBudget(null)
    expect(limits[0]?.down).toBeNull()
    expect(limits[0]?.up).not.toBeNull()
  })

  it('is not touched by a change of limits', async () => {
    const world = slowWorld(null)
    world.limiter.setBudget({ ...STOP, bytes: 1000 })
    const limits = admit(world.limiter)
    expect(limits.up?.take(600)).toBe(600)
    world.limiter.set(limitsSchema.parse({ perRule: { up: 1024 * KB } }))
    expect(limits.up?.take(600)).toBe(400)
    await settled()
    expect(world.limiter.isSpent).toBe(true)
  })

  it('that does not hold a whole datagram is used up by it', async () => {
    let spent = 0
    const world = slowWorld(null, { onSpent: () => (spent += 1) })
    world.limiter.setBudget({ ...STOP, bytes: 1000 })
    const limits = admit(world.limiter)
    expect(limits.up?.takeWhole(600)).toBe(true)
    expect(limits.up?.takeWhole(600)).toBe(false)
    await settled()
    expect(spent).toBe(1)
  })
})
