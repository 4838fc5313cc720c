/** What is left of a budget. */
import type { Budget } from './types'

export class BudgetLeft {
  left: number
  private told = false

  constructor(
    readonly budget: Budget,
    /** Called once, when nothing is left. */
    private readonly onSpent: () => void,
  ) {
    this.left = Math.max(0, Math.floor(budget.bytes))
  }

  get isSpent(): boolean {
    return this.left === 0
  }

  take(bytes: number): void {
    this.left -= bytes
    this.look()
  }

  /** For a budget of nothing. */
  look(): void {
    if (this.left > 0 || this.told) return
    this.told = true
    this.onSpent()
  }
}
