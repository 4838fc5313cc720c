/** The addresses of targets that UDP sessions go to: asked once a minute for each name, never once for each datagram. */
import { isIP } from 'node:net'
import type { RelayTarget } from '@shared/relays'
import type { Clock } from '../types'
import { resolveName } from './_resolve'
import { Ticker } from './_ticker'

export const REFRESH_MS = 60_000
/** A name that was not resolved is not asked for again for so long. */
export const FAILED_MS = 5000

interface Known {
  addresses: readonly string[]
  /** The system's code of the last try, while there is no address. */
  failure: string | null
  asking: Promise<void> | null
  /** Milliseconds of the clock. */
  askedAt: number
}

export interface NamesOptions {
  readonly clock: Clock
  /** A name has other addresses now. */
  readonly onChange: (host: string, addresses: readonly string[]) => void
  /** Asks the system; a test says otherwise. */
  readonly resolve?: ((name: string) => Promise<readonly string[]>) | undefined
}

export class Names {
  private readonly known = new Map<string, Known>()
  private readonly ticker: Ticker

  constructor(private readonly options: NamesOptions) {
    this.ticker = new Ticker(options.clock, REFRESH_MS, () => {
      for (const host of this.known.keys()) void this.ask(host)
      return this.known.size > 0
    })
  }

  /** The names that count from now on; what is known of those that stay is kept. */
  watch(targets: readonly RelayTarget[]): void {
    const wanted = new Set(targets.map(({ host }) => host).filter((host) => isIP(host) === 0))
    for (const host of this.known.keys()) if (!wanted.has(host)) this.known.delete(host)
    for (const host of wanted) void this.ask(host)
    if (wanted.size > 0) this.ticker.start()
  }

  /** Addresses, or the system's code why there is none; `null` when that is not known yet: {@link ask}. */
  of(host: string): readonly string[] | string | null {
    if (isIP(host) !== 0) return [host]
    const known = this.known.get(host)
    if (known === undefined) return null
    if (known.addresses.length > 0) return known.addresses
    return known.failure === null || Math.abs(this.options.clock.now() - known.askedAt) >= FAILED_MS
      ? null
      : known.failure
  }

  /** Resolves when more is known; never rejects. One question at a time for each name. */
  ask(host: string): Promise<void> {
    const known = this.known.get(host) ?? { addresses: [], failure: null, asking: null, askedAt: 0 }
    this.known.set(host, known)
    known.asking ??= this.resolve(host, known).finally(() => {
      known.asking = null
    })
    return known.asking
  }

  stop(): void {
    this.ticker.stop()
    this.known.clear()
  }

  private async resolve(host: string, known: Known): Promise<void> {
    try {
      const addresses = await (this.options.resolve ?? resolveName)(host)
      const isNew = addresses.join() !== known.addresses.join()
      known.addresses = addresses
      known.failure = null
      if (isNew && this.known.get(host) === known) this.options.onChange(host, addresses)
    } catch (error) {
      // What was known holds on: a name server that is away for a while ends no session.
      known.failure = (error as NodeJS.ErrnoException).code ?? 'ENOTFOUND'
    }
    known.askedAt = this.options.clock.now()
  }
}
