/** How often one address may try to log in or make accounts. Shared through the database where there are several instances. */
import type pg from 'pg'
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { Problem } from './problem'

export interface Limits {
  /** Throws 429 with `Retry-After` when this address tried too often. */
  readonly login: (address: string) => Promise<void>
  readonly register: (address: string) => Promise<void>
}

export interface LimitSettings {
  /** Logins of one address in a minute. */
  readonly loginsPerMinute: number
  /** New accounts of one address in an hour. */
  readonly accountsPerHour: number
}
export const defaultLimits: LimitSettings = { loginsPerMinute: 30, accountsPerHour: 20 }

const MINUTE = 60
const HOUR = 3600
const SECOND_MS = 1000

export function createLimits(pool: pg.Pool | null, settings: LimitSettings = defaultLimits): Limits {
  const logins = limiter(pool, { keyPrefix: 'login', points: settings.loginsPerMinute, duration: MINUTE })
  const accounts = limiter(pool, { keyPrefix: 'account', points: settings.accountsPerHour, duration: HOUR })
  return {
    login: (address) => consume(logins, address),
    register: (address) => consume(accounts, address),
  }
}

// --- internal ---

interface Bound {
  readonly keyPrefix: string
  readonly points: number
  readonly duration: number
}

function limiter(pool: pg.Pool | null, bound: Bound): RateLimiterAbstract {
  if (pool === null) return new RateLimiterMemory(bound)
  return new RateLimiterPostgres({
    ...bound,
    ...{ storeClient: pool, storeType: 'pool' },
    // The table is a migration's; what is over goes with the purge of the store.
    ...{ tableName: 'rate_limits', tableCreated: true, clearExpiredByTimeout: false },
  })
}

async function consume(bound: RateLimiterAbstract, address: string): Promise<void> {
  try {
    await bound.consume(address)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / SECOND_MS))
    throw new Problem(429, 'Too many attempts. Try again later.', { headers: { 'retry-after': String(seconds) } })
  }
}
