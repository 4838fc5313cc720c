/** What the relays move, told to the books once per turn of the event loop and relay, however many chunks there were. */
import type { TrafficPort } from '../traffic'
import type { Meter } from './types'

/** Of one relay, since the engine was made. */
export interface RelayMeter extends Meter {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly totalConnections: number
  readonly began: () => void
}

/** Makes the meters that share the end of a turn. */
export function createMeters(books: TrafficPort | undefined): (ownerId: string) => RelayMeter {
  let dirty: CountingMeter[] = []
  const flush = (): void => {
    const moved = dirty
    dirty = []
    for (const meter of moved) {
      meter.isDirty = false
      books?.moved(meter.ownerId, meter)
    }
  }
  const mark = (meter: CountingMeter): void => {
    if (dirty.length === 0) setImmediate(flush)
    dirty.push(meter)
  }
  return (ownerId) => new CountingMeter(ownerId, books === undefined ? nobody : mark)
}

// --- internal ---

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
