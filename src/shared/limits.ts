/** What the connections of a forward or relay may use. Everything is changed live, without dropping a connection. */
import { z } from 'zod'

/** Slow enough for any line, and still a rate that a person sees move. */
export const MIN_RATE = 1024
export const MAX_RATE = 100 * 1024 ** 3
const MAX_COUNT = 1_000_000

const count = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(MAX_COUNT, `must be at most ${MAX_COUNT}`)
/** Bytes per second. */
const rate = z
  .int('must be a whole number')
  .min(MIN_RATE, `must be at least ${MIN_RATE} bytes per second`)
  .max(MAX_RATE, `must be at most ${MAX_RATE} bytes per second`)

const ratePair = z.strictObject({
  /** What clients send. `null`: no limit. */
  up: rate.nullable().default(null),
  /** What clients receive. */
  down: rate.nullable().default(null),
})
export type RatePair = z.output<typeof ratePair>
const noRates = { up: null, down: null }

export const quotaSchema = z.strictObject({
  bytes: z.int().min(1, 'must be at least 1').max(Number.MAX_SAFE_INTEGER),
  /** Begins at midnight, or at midnight of the first, of the machine's time zone. */
  period: z.enum(['day', 'month']),
  /** Which bytes count. */
  counts: z.enum(['both', 'up', 'down']).default('both'),
  /** What happens when it is used up: every connection ends and new ones are refused, or all together go at `slowRate`. */
  then: z.enum(['stop', 'slow']).default('stop'),
  slowRate: rate.default(16 * 1024),
})
export type Quota = z.output<typeof quotaSchema>

export const limitsSchema = z.strictObject({
  /** At once, for the whole rule. Of a UDP relay: sessions, the least recently used of which makes room. */
  maxConnections: count.nullable().default(null),
  /** At once, from one source address. */
  maxConnectionsPerSource: count.nullable().default(null),
  newConnectionsPerSecond: count.nullable().default(null),
  perConnection: ratePair.default(noRates),
  /** All connections from one address together. */
  perSource: ratePair.default(noRates),
  /** All connections of the rule together. */
  perRule: ratePair.default(noRates),
  quota: quotaSchema.nullable().default(null),
  /** ISO 8601; from then on it does not run. */
  expiresAt: z.iso.datetime().nullable().default(null),
})
export type Limits = z.output<typeof limitsSchema>
export type LimitsDraft = z.input<typeof limitsSchema>

export const noLimits: Limits = limitsSchema.parse({})

/** What limits kept out or dropped, counted since the daemon started. */
export interface LimitDrops {
  /** Turned away: too many at once, or too many new ones in a second. */
  readonly connections: number
  /** Turned away by the allow and deny lists. */
  readonly denied: number
  /** UDP sessions that made room for newer ones. */
  readonly evicted: number
  /** UDP datagrams beyond the rate. */
  readonly datagrams: number
}
