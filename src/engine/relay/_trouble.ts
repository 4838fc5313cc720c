/** Clients are turned away for want of something of this machine: one line and one notice, not one for each of them. */
import type { RelayCarrierOptions } from './types'

/** A notice goes when nobody was turned away for so long. */
const CALM_MS = 30_000

export class TroubleTeller {
  private cancel: (() => void) | null = null

  constructor(private readonly options: Pick<RelayCarrierOptions, 'log' | 'onNotice' | 'clock'>) {}

  /** `code`: the system's (EMFILE, ENOBUFS, …). */
  tell(code: string): void {
    const { log, onNotice, clock } = this.options
    const isFull = code === 'EMFILE' || code === 'ENFILE'
    const why = isFull ? 'too many files and connections are open' : `the system says ${code}`
    if (this.cancel === null) {
      log({ level: 'error', message: `A client was turned away: ${why}.`, code: null })
      onNotice(`Clients were turned away: ${why}`)
    }
    this.cancel?.()
    this.cancel = clock.after(CALM_MS, () => {
      this.cancel = null
      onNotice(null)
    })
  }

  stop(): void {
    this.cancel?.()
    this.cancel = null
  }
}
