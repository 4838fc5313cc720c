/** What forwards move, told to who keeps the books: now and then while bytes flow, and when a connection ends. */
import type { Connection, Ledger, LedgerWatch } from './connections'
import type { TrafficPort } from './types'

/** The books lag behind what flows by this at most. */
export const TELL_MS = 250

export interface ForwardBooks extends LedgerWatch {
  /** Tells what has not been told yet, and nothing any more. */
  readonly close: () => void
}

export interface BooksOptions {
  readonly port: TrafficPort
  readonly clock: { readonly now: () => number; readonly after: (ms: number, task: () => void) => () => void }
}

/** A timer runs only while bytes flow. */
export function createForwardBooks({ port, clock }: BooksOptions): ForwardBooks {
  let stirred: Ledger[] = []
  let cancel: (() => void) | null = null
  let isSoon = false
  let isClosed = false

  const tell = (): void => {
    cancel?.()
    cancel = null
    const ledgers = stirred
    stirred = []
    for (const ledger of ledgers) {
      ledger.settle()
      port.moved(ledger.forwardId, ledger.totals())
    }
  }
  const soon = (): void => {
    if (isSoon) return
    isSoon = true
    setImmediate(() => {
      isSoon = false
      if (!isClosed) tell()
    })
  }
  return {
    stirred: (ledger) => {
      if (isClosed) return
      stirred.push(ledger)
      cancel ??= clock.after(TELL_MS, () => {
        cancel = null
        tell()
      })
    },
    ended: (connection: Connection) => {
      port.ended({
        ownerId: connection.ledger.forwardId,
        source: connection.source,
        target: connection.target,
        startedAt: new Date(connection.since).toISOString(),
        endedAt: new Date(clock.now()).toISOString(),
        bytesUp: connection.bytesUp,
        bytesDown: connection.bytesDown,
        reason: connection.endReason ?? 'closed',
      })
      // A storm of short connections is told once per turn of the event loop.
      soon()
    },
    close: () => {
      tell()
      isClosed = true
    },
  }
}
