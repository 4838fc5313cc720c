/** The limits of one forward or relay: counts, rates and a budget, changeable while bytes flow. */
import { noLimits, type Limits } from '@shared/limits'
import type { LimitDrops } from '@shared/relay-snapshots'
import { BudgetLeft } from './_budget-left'
import { LimitedFlow } from './_flow'
import { Lane } from './_lane'
import { NewConnections } from './_new-connections'
import { bucketOf, plainAddress, Sources, type Source } from './_sources'
import type { Budget, ConnectionLimits, Limiter, LimiterOptions, Refusal, SourceOf } from './types'

/** How often who waits is looked after: smooth at 100 ms, and cheap. */
const TICK_MS = 10
/** From this rate on more often, so that no tick is worth more than socket buffers hold. */
const FAST_RATE = 64 * 1024 * 1024
const FAST_TICK_MS = 4
/** Thousands that wait are looked after less often: each costs a system call a time. */
const TICK_MS_PER_WAITER = 0.2
const MAX_TICK_MS = 100

/** Makes the limits of one forward or relay; none hold until {@link Limiter.set}. */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  return new RuleLimiter(options)
}

// --- internal ---

class RuleLimiter implements Limiter {
  readonly drops: { -readonly [K in keyof LimitDrops]: number } = {
    connections: 0,
    denied: 0,
    evicted: 0,
    datagrams: 0,
  }
  readonly up: Lane
  readonly down: Lane
  readonly now: () => number
  private limits: Limits = noLimits
  private readonly live = new Set<LimitedConnection>()
  /** Only while something is limited per source. */
  private sources: Sources | null = null
  private newConnections: NewConnections | null = null
  private budget: BudgetLeft | null = null
  private cancelTick: (() => void) | null = null
  private closed = false
  private readonly options: LimiterOptions

  constructor(options: LimiterOptions) {
    this.options = options
    this.now = options.now ?? monotonic
    this.up = new Lane(this.now, this.schedule)
    this.down = new Lane(this.now, this.schedule)
  }

  get isSpent(): boolean {
    return this.budget?.isSpent ?? false
  }

  set(limits: Limits | null): void {
    this.limits = limits ?? noLimits
    const { newConnectionsPerSecond } = this.limits
    if (newConnectionsPerSecond !== (this.newConnections?.perSecond ?? null)) {
      this.newConnections = newConnectionsPerSecond === null ? null : new NewConnections(newConnectionsPerSecond)
    }
    this.apply()
  }

  setBudget(budget: Budget | null): void {
    const left: BudgetLeft | null = budget === null ? null : new BudgetLeft(budget, () => this.spent(left))
    this.budget = left
    this.apply()
    left?.look()
  }

  admit(from: string | SourceOf | null): ConnectionLimits | Refusal {
    const refusal = this.refusal(from)
    if (refusal !== null) {
      this.drops.connections += 1
      return refusal
    }
    const connection = new LimitedConnection(this, from)
    this.live.add(connection)
    if (this.sources !== null) connection.join(this.sources)
    if (this.up.isBound || this.down.isBound) connection.wire()
    return connection
  }

  dropped(kind: keyof LimitDrops): void {
    this.drops[kind] += 1
  }

  /** For {@link LimitedConnection} only. */
  left(connection: LimitedConnection): void {
    if (this.live.delete(connection) && connection.source !== null) this.sources?.leave(connection.source, this.now())
  }

  close(): void {
    this.closed = true
    this.cancelTick?.()
    this.cancelTick = null
    for (const connection of [...this.live]) connection.release()
  }

  private refusal(from: string | SourceOf | null): Refusal | null {
    const { limits } = this
    const { expiresAt, maxConnections, maxConnectionsPerSource } = limits
    if (expiresAt !== null && (this.options.date ?? Date.now)() >= Date.parse(expiresAt)) return 'expired'
    if (this.budget?.isSpent === true && this.budget.budget.then === 'stop') return 'quota'
    if (maxConnections !== null && this.live.size >= maxConnections) return 'connections'
    if (maxConnectionsPerSource !== null && this.sources !== null) {
      const address = addressOf(from)
      const open = address === null ? 0 : (this.sources.find(address)?.connections ?? 0)
      if (open >= maxConnectionsPerSource) return 'source'
    }
    if (this.newConnections !== null && !this.newConnections.admit(this.now())) return 'rate'
    return null
  }

  /** Brings lanes, sources and live connections to what is set; who waits looks again. */
  private apply(): void {
    const now = this.now()
    const { perRule, perSource, perConnection, maxConnectionsPerSource } = this.limits
    const slow =
      this.budget?.isSpent === true && this.budget.budget.then === 'slow' ? this.budget.budget.slowRate : null
    for (const [lane, direction] of [
      [this.up, 'up'],
      [this.down, 'down'],
    ] as const) {
      lane.rule = bucketOf(lane.rule, lower(perRule[direction], slow), now)
      lane.perConnection = perConnection[direction]
      lane.perSource = perSource[direction]
      const counts = this.budget?.budget.counts
      lane.budget = slow === null && (counts === 'both' || counts === direction) ? this.budget : null
    }
    if (perSource.up === null && perSource.down === null && maxConnectionsPerSource === null) this.sources = null
    else {
      const isNew = this.sources === null
      this.sources ??= new Sources()
      this.sources.setRates(perSource, now)
      if (isNew) for (const connection of this.live) connection.join(this.sources)
    }
    for (const connection of [...this.live]) {
      if (this.sources === null) connection.source = null
      connection.wire()
    }
    for (const connection of [...this.live]) connection.wake()
  }

  /** After the path has passed on what it was granted last. */
  private spent(budget: BudgetLeft | null): void {
    queueMicrotask(() => {
      if (this.closed || this.budget !== budget) return
      if (budget?.budget.then === 'slow') this.apply()
      this.options.onSpent?.()
    })
  }

  private readonly schedule = (): void => {
    if (this.cancelTick !== null || this.closed) return
    this.cancelTick = (this.options.after ?? afterTimeout)(this.tickMs(), this.tick)
  }

  private readonly tick = (): void => {
    this.cancelTick = null
    const now = this.now()
    this.up.serve(now)
    this.down.serve(now)
    if (this.up.waiting > 0 || this.down.waiting > 0) this.schedule()
  }

  private tickMs(): number {
    if (Math.max(fastest(this.up), fastest(this.down)) >= FAST_RATE) return FAST_TICK_MS
    return Math.min(MAX_TICK_MS, Math.max(TICK_MS, (this.up.waiting + this.down.waiting) * TICK_MS_PER_WAITER))
  }
}

/** `up` and `down` are plain fields, so that a path pays one test for each chunk while nothing is limited. */
class LimitedConnection implements ConnectionLimits {
  up: LimitedFlow | null = null
  down: LimitedFlow | null = null
  source: Source | null = null
  /** Kept when a direction is unbound for a while. */
  private upFlow: LimitedFlow | null = null
  private downFlow: LimitedFlow | null = null
  private released = false

  constructor(
    private readonly limiter: RuleLimiter,
    private readonly from: string | SourceOf | null,
  ) {}

  join(sources: Sources): void {
    const address = addressOf(this.from)
    if (address !== null) this.source = sources.join(address, this.limiter.now())
  }

  wire(): void {
    this.up = this.wireFlow(this.limiter.up, 'up')
    this.down = this.wireFlow(this.limiter.down, 'down')
  }

  /** Whoever waits looks again at what holds now. */
  wake(): void {
    for (const flow of [this.upFlow, this.downFlow]) {
      if (flow === null || flow.waiter === null) continue
      flow.list?.remove(flow)
      flow.wake()
    }
  }

  release(): void {
    if (this.released) return
    this.released = true
    for (const flow of [this.upFlow, this.downFlow]) {
      flow?.leave()
      flow?.wire({ own: null, source: null, rule: null })
    }
    this.up = null
    this.down = null
    this.limiter.left(this)
  }

  private wireFlow(lane: Lane, direction: 'up' | 'down'): LimitedFlow | null {
    const key = `${direction}Flow` as const
    let flow = this[key]
    if (flow === null) {
      if (!lane.isBound) return null
      flow = new LimitedFlow(lane)
      this[key] = flow
    }
    const own = bucketOf(flow.ownBucket, lane.perConnection, lane.now())
    flow.wire({ own, source: this.source?.[direction] ?? null, rule: lane.rule })
    return lane.isBound ? flow : null
  }
}

function addressOf(from: string | SourceOf | null): string | null {
  const address = typeof from === 'string' || from === null ? from : (from.remoteAddress ?? null)
  return address === null ? null : plainAddress(address)
}

function lower(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}

function fastest(lane: Lane): number {
  return lane.waiting === 0 ? 0 : Math.max(lane.rule?.rate ?? 0, lane.perSource ?? 0, lane.perConnection ?? 0)
}

function monotonic(): number {
  return performance.now()
}

function afterTimeout(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms)
  return () => {
    clearTimeout(timer)
  }
}
