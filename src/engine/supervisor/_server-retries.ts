/**
 * When a server is tried again: one schedule for all forwards that need it, so that twenty of them do not knock twenty times.
 *
 * The pool joins dials that overlap; this sees to it that they overlap.
 */
import type { Clock } from '../types'
import { LONGEST_DELAY_MS, retryDelayMs, STABLE_MS } from './_retry'

interface Entry {
  /** Grows with every fault and shrinks only after a stable while, so that a flapping server is not knocked at every 2 s. */
  failures: number
  nextTryAt: number
  upSince: number | null
  users: number
  readonly waiting: Set<() => void>
}

export class ServerRetries {
  private readonly entries = new Map<string, Entry>()

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** A forward needs this server from now on. What is known about it is forgotten with the last one. */
  join(serverId: string): () => void {
    const entry = this.entry(serverId)
    entry.users += 1
    let left = false
    return () => {
      if (left) return
      left = true
      entry.users -= 1
      if (entry.users === 0) this.entries.delete(serverId)
    }
  }

  /** A try failed, or the session ended. Returns the milliseconds until the next one: the same for all that failed with it. */
  failed(serverId: string): number {
    const entry = this.entry(serverId)
    const now = this.clock.now()
    const left = this.delay(serverId)
    if (left > 0) return left
    if (entry.upSince !== null && now - entry.upSince >= STABLE_MS) entry.failures = 0
    entry.upSince = null
    entry.failures += 1
    const delay = retryDelayMs(entry.failures, this.random())
    entry.nextTryAt = now + delay
    return delay
  }

  /** How long a try has to wait because another forward's failed a moment ago; 0 for not at all. */
  delay(serverId: string): number {
    const left = this.entry(serverId).nextTryAt - this.clock.now()
    // More than that only says that the clock was set back.
    return left > LONGEST_DELAY_MS ? 0 : Math.max(0, left)
  }

  /** A session is there: who waits for the server need not wait any longer. */
  up(serverId: string): void {
    const entry = this.entry(serverId)
    entry.upSince ??= this.clock.now()
    entry.nextTryAt = 0
    for (const wake of [...entry.waiting]) wake()
  }

  /** Runs `wake` when a session to the server comes up; returns the way to cancel. */
  onUp(serverId: string, wake: () => void): () => void {
    const { waiting } = this.entry(serverId)
    waiting.add(wake)
    return () => {
      waiting.delete(wake)
    }
  }

  /** The network is another one: what failed in the old one says nothing. */
  reset(): void {
    for (const entry of this.entries.values()) {
      entry.failures = 0
      entry.nextTryAt = 0
    }
  }

  // --- internal ---

  private entry(serverId: string): Entry {
    let entry = this.entries.get(serverId)
    if (entry === undefined) {
      entry = { failures: 0, nextTryAt: 0, upSince: null, users: 0, waiting: new Set() }
      this.entries.set(serverId, entry)
    }
    return entry
  }
}
