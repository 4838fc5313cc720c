/** Paths that always have more to pass, on a clock that only the test moves. */
import {
  createLimiter,
  type ConnectionLimits,
  type Flow,
  type Limiter,
  type LimiterOptions,
} from '../../../src/engine/traffic'
import { limitsSchema, type LimitsDraft } from '../../../src/shared/limits'

export interface SlowWorld {
  readonly limiter: Limiter
  readonly now: () => number
  /** Runs what is due within `ms`; each timer is late by what `lateness` says. */
  readonly advance: (ms: number) => void
  readonly timers: () => number
}

export function slowWorld(
  draft: LimitsDraft | null,
  { lateness = () => 0, ...options }: LimiterOptions & { readonly lateness?: () => number } = {},
): SlowWorld {
  let now = 0
  const tasks = new Set<{ readonly at: number; readonly run: () => void }>()
  const limiter = createLimiter({
    now: () => now,
    after: (ms, run) => {
      const task = { at: now + ms + lateness(), run }
      tasks.add(task)
      return () => tasks.delete(task)
    },
    ...options,
  })
  limiter.set(draft === null ? null : limitsSchema.parse(draft))
  const next = (): { readonly at: number; readonly run: () => void } | undefined =>
    [...tasks].sort((a, b) => a.at - b.at)[0]
  return {
    limiter,
    now: () => now,
    advance: (ms) => {
      const until = now + ms
      for (let task = next(); task !== undefined && task.at <= until; task = next()) {
        tasks.delete(task)
        now = task.at
        task.run()
      }
      now = until
    },
    timers: () => tasks.size,
  }
}

export function admit(limiter: Limiter, source: string | null = null): ConnectionLimits {
  const answer = limiter.admit(source)
  if (typeof answer === 'string') throw new Error(`refused: ${answer}`)
  return answer
}

/** Passes one chunk after another, as a socket that is always readable. */
export class Greedy {
  passed = 0
  /** Of each pass: when, and how much. */
  readonly passes: { readonly at: number; readonly bytes: number }[] = []
  granted: () => void = () => {
    this.run()
  }
  private held = 0

  constructor(
    private readonly world: SlowWorld,
    private readonly flow: () => Flow | null,
    private readonly chunk: () => number,
  ) {}

  /** With nothing that bounds it, a megabyte at a time. */
  run(): void {
    for (let chunks = 0; chunks < 100_000; chunks += 1) {
      if (this.held === 0) this.held = this.chunk()
      const flow = this.flow()
      if (flow === null) {
        this.pass(1024 * 1024)
        return
      }
      const granted = flow.take(this.held)
      this.held -= granted
      if (granted > 0) this.pass(granted)
      if (this.held === 0) continue
      flow.await(this)
      return
    }
    throw new Error('never bounded')
  }

  between(from: number, to: number): number {
    let sum = 0
    for (const { at, bytes } of this.passes) if (at >= from && at < to) sum += bytes
    return sum
  }

  private pass(bytes: number): void {
    this.passed += bytes
    this.passes.push({ at: this.world.now(), bytes })
  }
}

/** A reproducible sequence in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
