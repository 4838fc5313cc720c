/** How many connections began within the last second: never more than allowed in any second, wherever it begins. */

const WINDOW_MS = 1000
/** Beyond so many a second, several share one time stamp. */
const MAX_STAMPS = 1024

export class NewConnections {
  private readonly stamps: Float64Array
  private readonly perStamp: number
  private next = 0
  private inGroup = 0

  constructor(readonly perSecond: number) {
    this.perStamp = Math.ceil(perSecond / MAX_STAMPS)
    this.stamps = new Float64Array(Math.floor(perSecond / this.perStamp)).fill(-Infinity)
  }

  /** Whether one more may begin now; counts it when it may. */
  admit(now: number): boolean {
    const { stamps } = this
    if (this.inGroup === 0 && now - (stamps[this.next] ?? -Infinity) < WINDOW_MS) return false
    // Of a group the last counts, so that none is forgotten early.
    stamps[this.next] = now
    this.inGroup += 1
    if (this.inGroup === this.perStamp) {
      this.inGroup = 0
      this.next = (this.next + 1) % stamps.length
    }
    return true
  }
}
