/** What one flow may take of a bucket that it shares, while there is not enough for all. */
import { MIN_GRANT, type Bucket } from './_bucket'

/**
 * Who got less so far gets more now, until all have the same: otherwise a flow that is busy elsewhere in some rounds (with a socket
 * that it waits for, or with the rest of its last part) falls behind for good.
 */
export class Claim {
  /** Bytes that it may still take of its turn. */
  credit = 0
  /** Bytes, from a zero that all flows of the bucket have in common: what it took while there was not enough. */
  private taken: number

  constructor(private readonly bucket: Bucket) {
    this.taken = bucket.level
  }

  /**
   * Before a round: it could take something.
   *
   * No flow is further behind or ahead than half of its part of an idle bucket's burst: a bucket that is full has something for each,
   * so that one which is ahead waits no longer than it takes to fill.
   */
  count(round: number): void {
    const { bucket } = this
    const most = bucket.burst / bucket.flows / 2
    this.taken = Math.min(Math.max(this.taken, bucket.level - most), bucket.level + most)
    bucket.countAble(round, this.taken)
  }

  /** Its turn: as much as brings it level with the others, and not less than is worth passing on unless it is ahead of them. */
  begin(round: number): void {
    const behind = this.bucket.levelOf(round) - this.taken
    this.credit = behind < 0 ? 0 : Math.max(MIN_GRANT, Math.floor(behind))
  }

  spend(bytes: number, now: number): void {
    this.credit = Math.max(0, this.credit - bytes)
    if (this.bucket.isContended(now)) this.taken += bytes
  }
}
