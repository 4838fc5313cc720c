/** Where connections come from: how many, and what they share. */
import { Bucket } from './_bucket'

/** How many of the sources that have gone are looked at when one comes or goes. */
const LOOKS = 2

export interface SourceRates {
  readonly up: number | null
  readonly down: number | null
}

export class Source {
  connections = 0
  up: Bucket | null = null
  down: Bucket | null = null

  constructor(readonly address: string) {}

  /** Whether nothing would be lost by forgetting it. */
  isFresh(now: number): boolean {
    return this.connections === 0 && (this.up?.isFull(now) ?? true) && (this.down?.isFull(now) ?? true)
  }
}

/**
 * The sources of a rule. One is forgotten when its last connection is gone and its buckets are full again, so that a client that comes
 * back at once does not begin with a new burst.
 */
export class Sources {
  private readonly byAddress = new Map<string, Source>()
  private readonly gone = new Set<Source>()
  private rates: SourceRates = { up: null, down: null }

  get size(): number {
    return this.byAddress.size
  }

  setRates(rates: SourceRates, now: number): void {
    this.rates = rates
    for (const source of this.byAddress.values()) this.equip(source, now)
  }

  find(address: string): Source | undefined {
    return this.byAddress.get(address)
  }

  /** One more connection of it. */
  join(address: string, now: number): Source {
    this.forgetSome(now)
    let source = this.byAddress.get(address)
    if (source === undefined) {
      source = new Source(address)
      this.equip(source, now)
      this.byAddress.set(address, source)
    }
    source.connections += 1
    this.gone.delete(source)
    return source
  }

  leave(source: Source, now: number): void {
    source.connections -= 1
    if (source.connections === 0) this.gone.add(source)
    this.forgetSome(now)
  }

  private forgetSome(now: number): void {
    let looks = LOOKS
    for (const source of this.gone) {
      if (looks === 0) return
      looks -= 1
      this.gone.delete(source)
      if (source.isFresh(now)) this.byAddress.delete(source.address)
      else this.gone.add(source)
    }
  }

  private equip(source: Source, now: number): void {
    source.up = bucketOf(source.up, this.rates.up, now)
    source.down = bucketOf(source.down, this.rates.down, now)
  }
}

/** The same bucket at another rate, where there is one. */
export function bucketOf(bucket: Bucket | null, rate: number | null, now: number): Bucket | null {
  if (rate === null) return null
  if (bucket === null) return new Bucket(rate, now)
  bucket.setRate(rate, now)
  return bucket
}

/** `::ffff:127.0.0.1` is 127.0.0.1: a dual-stack listener sees IPv4 clients so (RFC 4291 §2.5.5.2). */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
