/** Who is let in: the limits of a forward at its door. */
import { turnedAway, type ConnectionLimits, type SourceOf } from '../traffic'
import type { CarrierOptions } from './types'

/** The limits of one more connection, or `null` when it must be turned away; the log is told, a storm of them in one line. */
export function admission({
  limiter,
  log,
}: Pick<CarrierOptions, 'limiter' | 'log'>): (source: string | SourceOf | null) => ConnectionLimits | null {
  return (source) => {
    const answer = limiter.admit(source)
    if (typeof answer !== 'string') return answer
    log(turnedAway(answer))
    return null
  }
}

/** The limits as seen from the other side: of a socket that is the target, and sends what clients receive. */
export function fromTheOtherSide(limits: ConnectionLimits): ConnectionLimits {
  return new Swapped(limits)
}

// --- internal ---

/** Read at each chunk, because limits change. */
class Swapped implements ConnectionLimits {
  constructor(private readonly limits: ConnectionLimits) {}

  get up(): ConnectionLimits['up'] {
    return this.limits.down
  }

  get down(): ConnectionLimits['down'] {
    return this.limits.up
  }

  readonly release = (): void => {
    this.limits.release()
  }
}
