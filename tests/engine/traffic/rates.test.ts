import { describe, expect, it } from 'vitest'
import { limitsSchema } from '../../../src/shared/limits'
import { admit, Greedy, random, slowWorld, type SlowWorld } from './_rates'

const KB = 1024
const MB = 1024 * KB
const BURST_SECONDS = 0.1

function greedy(world: SlowWorld, count: number, chunk: () => number = () => 64 * KB): Greedy[] {
  return Array.from({ length: count }, (_, index) => {
    const limits = admit(world.limiter, `10.0.0.${index % 4}`)
    return new Greedy(world, () => limits.down, chunk)
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
const ratio = (numbers: readonly number[]): number => Math.min(...numbers) / Math.max(...numbers)

describe('bandwidth of a rule', () => {
  for (const rate of [KB, 10 * KB, MB, 100 * MB, 1024 * MB]) {
    for (const count of [1, 3, 100]) {
      for (const late of [0, 3, 40]) {
        it(`passes ${rate / KB} KB/s over ${count} connections, in fair parts, with timers up to ${late} ms late`, () => {
          const next = random(rate + count + late)
          const world = slowWorld({ perRule: { down: rate } }, { lateness: () => next() * late })
          const paths = greedy(world, count, () => 1 + Math.floor(next() * 128 * KB))
          for (const path of paths) path.run()
          world.advance(1000)
          const from = world.now()
          const seconds = rate < 10 * KB ? 60 : 10
          world.advance(seconds * 1000)
          const parts = paths.map((path) => path.between(from, world.now()))
          expect(Math.abs(sum(parts) / (rate * seconds) - 1)).toBeLessThan(0.02)
          expect(ratio(parts)).toBeGreaterThan(0.9)
          expect(sum(paths.map(({ passed }) => passed))).toBeLessThanOrEqual(
            rate * (world.now() / 1000 + BURST_SECONDS),
          )
        })
      }
    }
  }

  it('is smooth: no tenth of a second carries more than two of them, and none is empty', () => {
    for (const rate of [10 * KB, MB, 100 * MB]) {
      const world = slowWorld({ perRule: { down: rate } })
      const paths = greedy(world, 10)
      for (const path of paths) path.run()
      world.advance(5000)
      for (let from = 1000; from < 5000; from += 100) {
        const passed = sum(paths.map((path) => path.between(from, from + 100)))
        expect(passed / (rate / 10)).toBeGreaterThan(0.75)
        expect(passed / (rate / 10)).toBeLessThan(1.25)
      }
    }
  })

  it('makes up for a timer that comes late, without a burst of more than a tenth of a second', () => {
    let late = 0
    const rate = MB
    const world = slowWorld({ perRule: { down: rate } }, { lateness: () => late })
    const [path] = greedy(world, 1)
    path?.run()
    world.advance(500)
    late = 400
    world.advance(20)
    late = 0
    const before = path?.passed ?? 0
    world.advance(410)
    expect((path?.passed ?? 0) - before).toBeLessThanOrEqual(rate * (BURST_SECONDS + 0.05))
    world.advance(2000)
    expect((path?.passed ?? 0) / (rate * (world.now() / 1000))).toBeGreaterThan(0.98)
  })

  it('saves up no more than a tenth of a second while nobody wants anything', () => {
    const world = slowWorld({ perRule: { down: MB } })
    const [path] = greedy(world, 1)
    world.advance(60_000)
    path?.run()
    expect(path?.passed).toBe(Math.floor(MB * BURST_SECONDS))
  })

  it('has a timer only while somebody waits', () => {
    const world = slowWorld({ perRule: { down: MB } })
    const limits = admit(world.limiter)
    expect(limits.down?.take(1000)).toBe(1000)
    expect(world.timers()).toBe(0)
    limits.down?.take(10 * MB)
    let granted = 0
    limits.down?.await({ granted: () => (granted += 1) })
    expect(world.timers()).toBe(1)
    world.advance(50)
    expect(granted).toBe(1)
    expect(world.timers()).toBe(0)
  })
})

describe('bandwidth of connections and sources', () => {
  it('bounds up and down apart', () => {
    const world = slowWorld({ perRule: { up: 10 * KB } })
    const limits = admit(world.limiter)
    expect(limits.down).toBeNull()
    expect(limits.up).not.toBeNull()
  })

  it('gives each connection its own rate', () => {
    const world = slowWorld({ perConnection: { down: 10 * KB } })
    const paths = greedy(world, 100)
    for (const path of paths) path.run()
    world.advance(1000)
    const from = world.now()
    world.advance(10_000)
    for (const path of paths) expect(Math.abs(path.between(from, world.now()) / (100 * KB) - 1)).toBeLessThan(0.02)
  })

  it('shares what a source may among its connections, and what the rule may among all', () => {
    const world = slowWorld({
      perConnection: { down: 100 * KB },
      perSource: { down: 150 * KB },
      perRule: { down: 400 * KB },
    })
    const of = (source: string): Greedy => {
      const limits = admit(world.limiter, source)
      return new Greedy(
        world,
        () => limits.down,
        () => 16 * KB,
      )
    }
    const alone = of('10.0.0.1')
    const pair = [of('10.0.0.2'), of('10.0.0.2')]
    for (const path of [alone, ...pair]) path.run()
    world.advance(1000)
    world.advance(10_000)
    const rate = (path: Greedy, from: number): number => path.between(from, world.now()) / ((world.now() - from) / 1000)
    expect(rate(alone, 1000) / (100 * KB)).toBeCloseTo(1, 1)
    for (const path of pair) expect(rate(path, 1000) / (75 * KB)).toBeCloseTo(1, 1)

    const crowd = Array.from({ length: 20 }, (_, index) => of(`10.0.1.${index}`))
    for (const path of crowd) path.run()
    world.advance(1000)
    const from = world.now()
    world.advance(20_000)
    const all = [alone, ...pair, ...crowd].map((path) => rate(path, from))
    expect(Math.abs(sum(all) / (400 * KB) - 1)).toBeLessThan(0.02)
    expect(ratio(all)).toBeGreaterThan(0.9)
  })

  it('never passes more than rate × time + burst at any level, whatever the order of events', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const next = random(seed)
      const rates = { connection: 20 * KB, source: 50 * KB, rule: 120 * KB }
      const world = slowWorld(
        { perConnection: { down: rates.connection }, perSource: { down: rates.source }, perRule: { down: rates.rule } },
        { lateness: () => next() * 60 },
      )
      const bySource = new Map<string, number>()
      let total = 0
      let live: { source: string; since: number; path: Greedy; release: () => void }[] = []
      const settle = (each: (typeof live)[number]): void => {
        const seconds = (world.now() - each.since) / 1000
        expect(each.path.passed).toBeLessThanOrEqual(rates.connection * (seconds + BURST_SECONDS))
        bySource.set(each.source, (bySource.get(each.source) ?? 0) + each.path.passed)
        total += each.path.passed
        each.release()
      }
      for (let step = 0; step < 300; step += 1) {
        world.advance(next() * 100)
        if (next() < 0.5) {
          const source = `10.0.0.${Math.floor(next() * 3)}`
          const limits = admit(world.limiter, source)
          const path = new Greedy(
            world,
            () => limits.down,
            () => 1 + Math.floor(next() * 9000),
          )
          live.push({
            source,
            since: world.now(),
            path,
            release: () => {
              limits.release()
            },
          })
          path.run()
        } else if (live.length > 0) {
          const index = Math.floor(next() * live.length)
          const gone = live[index]
          live = live.filter((_, at) => at !== index)
          if (gone !== undefined) settle(gone)
        }
      }
      for (const each of live) settle(each)
      const seconds = world.now() / 1000
      for (const passed of bySource.values()) {
        expect(passed).toBeLessThanOrEqual(rates.source * (seconds + BURST_SECONDS))
      }
      expect(total).toBeLessThanOrEqual(rates.rule * (seconds + BURST_SECONDS))
    }
  })

  it('gives a client that comes back at once no new burst', () => {
    const world = slowWorld({ perSource: { down: 100 * KB } })
    let passed = 0
    for (let turn = 0; turn < 100; turn += 1) {
      const limits = admit(world.limiter, turn % 2 === 0 ? '10.0.0.1' : '::ffff:10.0.0.1')
      passed += limits.down?.take(MB) ?? 0
      limits.release()
      world.advance(10)
    }
    expect(passed).toBeLessThanOrEqual(100 * KB * (1 + BURST_SECONDS))
    expect(passed).toBeGreaterThan(90 * KB)
  })

  it('lets a connection that wants little wait for nobody', () => {
    const world = slowWorld({ perRule: { down: MB } })
    for (const path of greedy(world, 20)) path.run()
    const limits = admit(world.limiter)
    let waits = 0
    let longest = 0
    for (let request = 0; request < 100; request += 1) {
      world.advance(100)
      const since = world.now()
      if (limits.down?.take(500) === 500) continue
      waits += 1
      let done = false
      limits.down?.await({ granted: () => (done = true) })
      while (!done && world.now() - since < 1000) world.advance(1)
      longest = Math.max(longest, world.now() - since)
      limits.down?.take(500)
    }
    expect(longest).toBeLessThanOrEqual(30)
    expect(waits).toBeLessThanOrEqual(100)
  })

  it('lets nobody fall behind who is busy elsewhere in some rounds', () => {
    const next = random(7)
    const world = slowWorld({ perRule: { down: 100 * MB } })
    // Each needs up to so many milliseconds between two chunks, and could carry more than its part.
    const paths = [0, 0, 0, 2, 4, 6, 6, 8, 8, 8].map((mostAway) => {
      const { down } = admit(world.limiter)
      const path = { backAt: 0, passed: 0 }
      let held = 0
      const pass = (): void => {
        const granted = down?.take(held) ?? held
        held -= granted
        path.passed += granted
        path.backAt = held > 0 ? Infinity : world.now() + next() * mostAway
        if (held > 0) down?.await({ granted: pass })
      }
      const read = (): void => {
        held = 64 * KB
        pass()
      }
      return Object.assign(path, { read })
    })
    for (let step = 0; step < 5000; step += 1) {
      world.advance(1)
      for (const path of paths) if (path.backAt <= world.now()) path.read()
    }
    expect(ratio(paths.map(({ passed }) => passed))).toBeGreaterThan(0.95)
  })

  it('gives what some leave over to those that want more', () => {
    const world = slowWorld({ perRule: { down: MB } })
    const modest = Array.from({ length: 50 }, () => {
      const limits = admit(world.limiter)
      return (): void => {
        limits.down?.take(10)
      }
    })
    const [path] = greedy(world, 1)
    path?.run()
    for (let step = 0; step < 5000; step += 1) {
      world.advance(1)
      for (const each of modest) if (step % 10 === 0) each()
    }
    expect((path?.passed ?? 0) / (5 * MB)).toBeGreaterThan(0.93)
  })
})

describe('a change of limits', () => {
  it('holds at once for connections that are open, and wakes who waits', () => {
    const world = slowWorld({ perRule: { down: 10 * KB } })
    const [path] = greedy(world, 1)
    path?.run()
    world.advance(1000)
    const slow = path?.passed ?? 0
    world.limiter.set(limitsSchema.parse({ perRule: { down: MB } }))
    world.advance(1000)
    const fast = (path?.passed ?? 0) - slow
    expect(fast / MB).toBeGreaterThan(0.85)
    expect(fast / MB).toBeLessThan(1.15)
    world.limiter.set(null)
    expect((path?.passed ?? 0) - slow - fast).toBe(MB)
    expect(world.timers()).toBeLessThanOrEqual(1)
    world.advance(100)
    expect(world.timers()).toBe(0)
  })

  it('bounds what was unbounded, and the other way round', () => {
    const world = slowWorld(null)
    const limits = admit(world.limiter)
    expect(limits.up).toBeNull()
    world.limiter.set(limitsSchema.parse({ perConnection: { up: 10 * KB } }))
    expect(limits.up).not.toBeNull()
    expect(limits.down).toBeNull()
    world.limiter.set(limitsSchema.parse({ perSource: { down: 10 * KB } }))
    expect(limits.up).toBeNull()
    expect(limits.down).not.toBeNull()
  })

  it('forgets who left while waiting', () => {
    const world = slowWorld({ perRule: { down: 10 * KB } })
    const limits = admit(world.limiter)
    limits.down?.take(MB)
    limits.down?.await({ granted: () => expect.fail('woken after its end') })
    limits.release()
    limits.release()
    world.advance(1000)
    expect(world.timers()).toBe(0)
  })
})

describe('datagrams', () => {
  it('pass whole or not at all, at the rate, even when one is larger than the burst', () => {
    for (const [rate, size] of [
      [10 * KB, 65_507],
      [10 * KB, 1400],
      [MB, 512],
    ] as const) {
      const world = slowWorld({ perRule: { up: rate } })
      const limits = admit(world.limiter)
      let passed = 0
      for (let step = 0; step < 200_000; step += 1) {
        world.advance(1)
        for (let tries = 0; tries < 4; tries += 1) if (limits.up?.takeWhole(size) === true) passed += size
      }
      expect(Math.abs(passed / (rate * 200) - 1)).toBeLessThan(0.05)
    }
  })
})
