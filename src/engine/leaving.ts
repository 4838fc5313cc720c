/** What is being removed. The last wish holds: what is defined again before it is gone stays, and is started only then. */
export class Leaving {
  private readonly removals = new Map<string, Promise<void>>()

  has(id: string): boolean {
    return this.removals.has(id)
  }

  /** It was defined again. */
  stay(id: string): void {
    this.removals.delete(id)
  }

  /** Resolves once it is `stopped`, with whether it may be forgotten. */
  async go(id: string, stopped: Promise<void>): Promise<boolean> {
    this.removals.set(id, stopped)
    await stopped
    if (this.removals.get(id) !== stopped) return false
    this.removals.delete(id)
    return true
  }
}
