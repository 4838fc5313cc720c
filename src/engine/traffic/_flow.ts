/** One direction of one connection under limits. */
import { MIN_GRANT, type Bucket } from './_bucket'
import { Claim } from './_claim'
import type { FlowList } from './_flow-list'
import type { Lane } from './_lane'
import type { Flow, Waiter } from './types'

/** Nothing is allocated per chunk: a flow is its own place in the queue. */
export class LimitedFlow implements Flow {
  next: LimitedFlow | null = null
  previous: LimitedFlow | null = null
  list: FlowList | null = null
  waiter: Waiter | null = null
  private own: Bucket | null = null
  private source: Bucket | null = null
  private rule: Bucket | null = null
  /** Why the last {@link take} was cut short; counted in `waiting` of the bucket while it waits. */
  private blockedAt: Bucket | null = null
  private isCounted = false
  private wanted = 0
  /** What it may take of each while others wait. */
  private ofSource: Claim | null = null
  private ofRule: Claim | null = null

  constructor(private readonly lane: Lane) {}

  /** The buckets from now on. */
  wire(buckets: { readonly own: Bucket | null; readonly source: Bucket | null; readonly rule: Bucket | null }): void {
    this.discount()
    this.blockedAt = null
    if (this.source !== null) this.source.flows -= 1
    if (this.rule !== null) this.rule.flows -= 1
    this.own = buckets.own
    this.source = buckets.source
    this.rule = buckets.rule
    this.ofSource = this.source === null ? null : new Claim(this.source)
    this.ofRule = this.rule === null ? null : new Claim(this.rule)
    if (this.source !== null) this.source.flows += 1
    if (this.rule !== null) this.rule.flows += 1
  }

  get ownBucket(): Bucket | null {
    return this.own
  }

  take(wanted: number): number {
    const { lane } = this
    const { budget } = lane
    const limit = budget === null ? wanted : Math.min(wanted, budget.left)
    this.wanted = limit
    if (limit === 0) {
      this.blockedAt = null
      return 0
    }
    const now = lane.now()
    let granted = Math.min(limit, this.tokens(now))
    const contended = this.contended(now)
    if (contended !== null && this.credit < granted) {
      granted = this.credit
      this.blockedAt = contended
    }
    if (granted < limit) {
      if (granted < MIN_GRANT) granted = 0
      this.blockedAt?.ranDry(now)
    }
    if (granted > 0) this.spend(granted, now)
    return granted
  }

  takeWhole(bytes: number): boolean {
    const { lane, own, source, rule } = this
    const { budget } = lane
    if (budget !== null && budget.left < bytes) {
      budget.take(budget.left)
      return false
    }
    const now = lane.now()
    if (own !== null && !own.hasWhole(bytes, now)) return false
    if (source !== null && !source.hasWhole(bytes, now)) return false
    if (rule !== null && !rule.hasWhole(bytes, now)) return false
    this.spend(bytes, now)
    return true
  }

  await(waiter: Waiter): void {
    this.waiter = waiter
    // Nothing comes of a budget that is used up until another is set, which wakes everybody.
    if (this.list !== null || this.lane.budget?.isSpent === true) return
    this.count()
    this.lane.enqueue(this)
  }

  /** Before a round: stands up to be counted where there is something to take. */
  countAble(now: number): void {
    if (this.tokens(now) < Math.min(this.wanted, MIN_GRANT)) return
    this.ofSource?.count(this.lane.round)
    this.ofRule?.count(this.lane.round)
  }

  /** Whether its turn can begin: then {@link take} grants up to its fair part. */
  beginTurn(now: number): boolean {
    const { round } = this.lane
    this.ofSource?.begin(round)
    this.ofRule?.begin(round)
    return Math.min(this.tokens(now), this.credit) >= Math.min(this.wanted, MIN_GRANT)
  }

  wake(): void {
    this.discount()
    const { waiter } = this
    this.waiter = null
    waiter?.granted()
  }

  /** Waits no more. */
  leave(): void {
    this.list?.remove(this)
    this.discount()
    this.waiter = null
  }

  /** Whole bytes that all its buckets have; the one with the least is why there are no more. */
  private tokens(now: number): number {
    const { own, source, rule } = this
    let tokens = Infinity
    let least: Bucket | null = null
    if (own !== null) {
      own.refill(now)
      tokens = own.tokens
      least = own
    }
    if (source !== null) {
      source.refill(now)
      if (source.tokens < tokens) {
        tokens = source.tokens
        least = source
      }
    }
    if (rule !== null) {
      rule.refill(now)
      if (rule.tokens < tokens) {
        tokens = rule.tokens
        least = rule
      }
    }
    if (least !== this.blockedAt) {
      const counted = this.isCounted
      this.discount()
      this.blockedAt = least
      if (counted) this.count()
    }
    return Math.max(0, Math.floor(tokens))
  }

  /** What is left of its turn. */
  private get credit(): number {
    return Math.min(this.ofSource?.credit ?? Infinity, this.ofRule?.credit ?? Infinity)
  }

  private contended(now: number): Bucket | null {
    if (this.rule !== null && this.rule.isContended(now)) return this.rule
    if (this.source !== null && this.source.isContended(now)) return this.source
    return null
  }

  private spend(bytes: number, now: number): void {
    const { own, source, rule } = this
    if (own !== null) own.tokens -= bytes
    if (source !== null) source.tokens -= bytes
    if (rule !== null) rule.tokens -= bytes
    this.ofSource?.spend(bytes, now)
    this.ofRule?.spend(bytes, now)
    this.lane.budget?.take(bytes)
  }

  private count(): void {
    if (this.isCounted || this.blockedAt === null) return
    this.isCounted = true
    this.blockedAt.waiting += 1
  }

  private discount(): void {
    if (!this.isCounted) return
    this.isCounted = false
    if (this.blockedAt !== null) this.blockedAt.waiting -= 1
  }
}
