/** A token bucket: how many bytes one connection, source or rule may pass now in one direction. */

/** What an idle bucket saves up, and so the longest burst. */
const BURST_MS = 100
/** While bytes that a late timer kept back are made up for, this much of the rate comes on top of it. */
const CATCH_UP = 0.5
/** Of a longer standstill (a suspended machine) only this much is made up for. */
const MAX_OWED_MS = 1000
/** For so long after somebody had to wait at a bucket, its flows take turns. Longer than the longest tick. */
const CONTENDED_MS = 250
/** Smaller pieces are not worth a system call; a slow rate gathers a few milliseconds more. */
export const MIN_GRANT = 32

export class Bucket {
  /** Fractional, so that nothing is lost between two looks. Negative after a datagram larger than the burst. */
  tokens: number
  burst: number
  /** Flows that wait because this bucket is empty. */
  waiting = 0
  /** Live flows that share it. */
  flows = 0
  private bytesPerMs: number
  private owed = 0
  private emptyAt = -Infinity
  /** What each will have taken after the last round, if it took its part: see `Claim`. */
  level = 0
  /** Of the last round: how many could take something here, and what they had taken before. */
  private round = 0
  private able = 0
  private taken = 0
  private isLevelled = true

  constructor(
    /** Bytes per second. */
    public rate: number,
    private last: number,
  ) {
    this.bytesPerMs = rate / 1000
    this.burst = this.bytesPerMs * BURST_MS
    this.tokens = this.burst
  }

  /** From now on. */
  setRate(rate: number, now: number): void {
    if (rate === this.rate) return
    this.refill(now)
    this.rate = rate
    this.bytesPerMs = rate / 1000
    this.burst = this.bytesPerMs * BURST_MS
    this.tokens = Math.min(this.tokens, this.burst)
    this.owed = 0
  }

  /** Adds what the time since the last look is worth. */
  refill(now: number): void {
    const elapsed = now - this.last
    if (elapsed <= 0) return
    this.last = now
    const earned = elapsed * this.bytesPerMs
    let tokens = this.tokens + earned
    if (this.owed > 0) {
      const extra = Math.min(this.owed, earned * CATCH_UP)
      this.owed -= extra
      tokens += extra
    }
    if (tokens > this.burst) {
      // Somebody waited and was looked after late: what does not fit into a burst is given in the time after it.
      if (this.waiting > 0) this.owed = Math.min(this.bytesPerMs * MAX_OWED_MS, this.owed + tokens - this.burst)
      else this.owed = 0
      tokens = this.burst
    }
    this.tokens = tokens
  }

  /** Somebody had to wait here. */
  ranDry(now: number): void {
    this.emptyAt = now
  }

  /** Whether its flows take turns: there are several, and not enough for all. */
  isContended(now: number): boolean {
    return this.flows > 1 && now - this.emptyAt < CONTENDED_MS
  }

  /** One more flow could take something in this round. `taken`: what it had before. */
  countAble(round: number, taken: number): void {
    if (round !== this.round) {
      this.round = round
      this.able = 0
      this.taken = 0
      this.isLevelled = false
    }
    this.able += 1
    this.taken += taken
  }

  /** Where all that could take something in this round come to, with what was there when the first asked; -Infinity: none could. */
  levelOf(round: number): number {
    if (round !== this.round) return -Infinity
    if (!this.isLevelled) {
      this.isLevelled = true
      this.level = (this.taken + this.tokens) / this.able
    }
    return this.level
  }

  /** Whether it says no more than a new one would. */
  isFull(now: number): boolean {
    this.refill(now)
    return this.tokens >= this.burst && this.owed === 0
  }

  /** Whether a datagram may pass: one larger than the burst goes when the bucket is full, and the bytes are owed. */
  hasWhole(bytes: number, now: number): boolean {
    this.refill(now)
    return this.tokens >= Math.min(bytes, this.burst)
  }
}
