/**
 * What the relays move, told to the books at the end of a turn of the event loop, however many chunks there were; where turns are quick,
 * once a millisecond: the books write to a file each time.
 */
import type { TrafficPort } from '../traffic'
import type { Meter } from './types'

/** Of one relay, since the engine was made. */
export interface RelayMeter extends Meter {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly totalConnections: number
  readonly began: () => void
}

export interface Meters {
  readonly of: (ownerId: string) => RelayMeter
  /** Tells what is not told yet. */
  readonly flush: () => void
}

/** Makes the meters that share the end of a turn. */
export function createMeters(books: TrafficPort | undefined): Meters {
  let dirty: CountingMeter[] = []
  let toldAt = -Infinity
  const flush = (): void => {
    if (dirty.length === 0) return
    const moved = dirty
    dirty = []
    toldAt = performance.now()
    for (const meter of moved) {
      meter.isDirty = false
      books?.moved(meter.ownerId, meter)
    }
  }
  const mark = (meter: CountingMeter): void => {
    if (dirty.length === 0) {
      if (performance.now() - toldAt >= PACE_MS) setImmediate(flush)
      else setTimeout(flush, PACE_MS)
    }
    dirty.push(meter)
  }
  return { of: (ownerId) => new CountingMeter(ownerId, books === undefined ? nobody : mark), flush }
}

// --- internal ---

const PACE_MS = 1

class CountingMeter implements RelayMeter {
  bytesUp = 0
  bytesDown = 0
  totalConnections = 0
  isDirty = false

  constructor(
    readonly ownerId: string,
    private readonly mark: (meter: CountingMeter) => void,
  ) {}

  up(bytes: number): void {
    this.bytesUp += bytes
    if (!this.isDirty) this.changed()
  }

  down(bytes: number): void {
    this.bytesDown += bytes
    if (!this.isDirty) this.changed()
  }

  began(): void {
    this.totalConnections += 1
    if (!this.isDirty) this.changed()
  }

  private changed(): void {
    this.isDirty = true
    this.mark(this)
  }
}

function nobody(): void {
  // No books are kept.
}
