/** The API's units: KB of 1024 bytes with four decimals, seconds, and what a panel's limits mean. */
import { MAX_RATE, MIN_RATE, type Limits } from '@shared/limits'
import type { RelayProtocol } from '@shared/relays'

const KB = 1024
const DECIMALS = 10_000
/** The document has panels pass this for UDP, where the original has no such limit. */
export const UDP_PLACEHOLDER = 2333
const MAX_CONNECTIONS = 1_000_000
const MINUTE_MS = 60_000
const SECOND_MS = 1000

/** At most four decimals; 0 is 0. */
export function kilobytes(bytes: number): number {
  // The fraction by itself: very many bytes leave no room for it otherwise.
  return Math.trunc(bytes / KB) + Math.round(((bytes % KB) / KB) * DECIMALS) / DECIMALS
}

export interface PanelLimits {
  readonly maxConnections: number
  /** KB per second, each way, of each connection; 0: none. */
  readonly rateKb: number
}

/** What is enforced for what a panel asked. */
export function limitsOf(
  protocol: RelayProtocol,
  { maxConnections, rateKb }: PanelLimits,
): Pick<Limits, 'maxConnections' | 'perConnection'> {
  const rate = rateKb === 0 ? null : Math.min(MAX_RATE, Math.max(MIN_RATE, rateKb * KB))
  const isPlaceholder = protocol === 'udp' && maxConnections === UDP_PLACEHOLDER
  return {
    maxConnections: isPlaceholder || maxConnections === 0 ? null : Math.min(MAX_CONNECTIONS, maxConnections),
    perConnection: { up: rate, down: rate },
  }
}

/** What a panel is shown: its own numbers as long as they are what holds, otherwise what a person set since. */
export function shownLimits(protocol: RelayProtocol, limits: Limits, stored: PanelLimits): PanelLimits {
  const meant = limitsOf(protocol, stored)
  const { up, down } = limits.perConnection
  const isTheirRate = meant.perConnection.up === up && meant.perConnection.down === down
  const slower = Math.min(up ?? Infinity, down ?? Infinity)
  const isTheirCount = stored.maxConnections > 0 && meant.maxConnections === limits.maxConnections
  return {
    maxConnections: isTheirCount ? stored.maxConnections : (limits.maxConnections ?? 0),
    rateKb: isTheirRate ? stored.rateKb : slower === Infinity ? 0 : Math.max(1, Math.round(slower / KB)),
  }
}

/** `2020-05-15T23:06:33+08:00` (RFC 3339) in the machine's zone. */
export function rfc3339(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset()
  const local = new Date(ms + offset * MINUTE_MS).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)
  if (offset === 0) return `${local}Z`
  const two = (value: number): string => String(value).padStart(2, '0')
  const away = Math.abs(offset)
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.trunc(away / 60))}:${two(away % 60)}`
}

export function unixSeconds(ms: number): number {
  return Math.floor(ms / SECOND_MS)
}
