/** Turns the hours of the panels' books. */
import type { Clock } from '@engine'
import type { XPortForwardStore } from '../../store/index'

export const HOUR_MS = 60 * 60 * 1000
/** How long traffic logs are kept, as in the original. */
export const LOG_DAYS = 32
/** Machines sleep and clocks are set: the hour is looked at, not waited for. */
const LOOK_MS = 60_000
const DAY_MS = 24 * HOUR_MS

export interface HourOptions {
  readonly store: Pick<XPortForwardStore, 'turnXHour'>
  readonly clock: Clock
  readonly books: { readonly flush: () => Promise<void> }
  /** Relays that run now. */
  readonly running: () => readonly string[]
  readonly onTurned: () => void
  readonly tolerate: (work: () => Promise<void>) => Promise<unknown>
}

/** Looks at once and then every minute; returns the way to stop. */
export function keepHours(options: HourOptions): () => void {
  const { store, clock, books, running, onTurned, tolerate } = options
  let turned = Number.NaN
  let cancel: () => void = () => undefined
  let isClosed = false
  const turn = async (): Promise<void> => {
    const at = clock.now()
    const hour = Math.floor(at / HOUR_MS)
    if (hour === turned) return
    await books.flush()
    await store.turnXHour({ hour, running: running(), at, before: at - LOG_DAYS * DAY_MS })
    turned = hour
    onTurned()
  }
  const look = (): void => {
    void tolerate(turn).finally(() => {
      if (!isClosed) cancel = clock.after(LOOK_MS, look)
    })
  }
  look()
  return () => {
    isClosed = true
    cancel()
  }
}
