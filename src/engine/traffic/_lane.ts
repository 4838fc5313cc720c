/** One direction of a rule: its bucket, its budget, and the queue of those that wait. */
import { MIN_GRANT, type Bucket } from './_bucket'
import type { BudgetLeft } from './_budget-left'
import type { LimitedFlow } from './_flow'
import { FlowList } from './_flow-list'

/** What one round leaves over (of flows that wanted less than their part) is dealt again, so often. */
const MAX_ROUNDS = 8

export class Lane {
  rule: Bucket | null = null
  /** Rates of what each connection and each source gets a bucket with. */
  perConnection: number | null = null
  perSource: number | null = null
  /** While bytes of this direction count. */
  budget: BudgetLeft | null = null
  /** A number for each round, so that a bucket divides once. */
  round = 0
  private readonly queue = new FlowList()
  private readonly skipped = new FlowList()

  constructor(
    readonly now: () => number,
    private readonly schedule: () => void,
  ) {}

  get waiting(): number {
    return this.queue.size
  }

  get isBound(): boolean {
    return this.rule !== null || this.perConnection !== null || this.perSource !== null || this.budget !== null
  }

  enqueue(flow: LimitedFlow): void {
    this.queue.push(flow)
    this.schedule()
  }

  /**
   * Deals what there is, in turn: to each that can take it what brings it level with the others (see `Claim`).
   *
   * Who did not get a turn comes first the next time.
   */
  serve(now: number): void {
    for (let rounds = 0; rounds < MAX_ROUNDS && this.queue.size > 0; rounds += 1) {
      if (!this.serveRound(now)) return
    }
  }

  private serveRound(now: number): boolean {
    const { queue, rule, skipped } = this
    this.round += 1
    let progress = false
    rule?.refill(now)
    for (let flow = queue.first; flow !== null; flow = flow.next) flow.countAble(now)
    for (let left = queue.size; left > 0; left -= 1) {
      if (rule !== null && rule.tokens < MIN_GRANT) break
      const flow = queue.shift()
      if (flow === null) break
      if (flow.beginTurn(now)) {
        progress = true
        flow.wake()
      } else skipped.push(flow)
    }
    queue.prepend(skipped)
    return progress
  }
}
