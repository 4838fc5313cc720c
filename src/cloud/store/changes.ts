/** Who hears of a change: the streams of this process, and on PostgreSQL those of every instance (LISTEN/NOTIFY). */
import { sql, type Transaction } from 'kysely'
import type pg from 'pg'
import { z } from 'zod'
import type { Tables } from './tables'

export interface Change {
  readonly scope: string
  readonly rev: number
}

export interface Changes {
  /** Within the transaction of the change. */
  readonly announce: (trx: Transaction<Tables>, change: Change) => Promise<void>
  /** After its commit. */
  readonly committed: (change: Change) => void
  /** Returns the way to stop listening. */
  readonly listen: (scope: string, listener: (change: Change) => void) => () => void
  /** Whether other instances' changes arrive at this moment. */
  readonly isConnected: () => boolean
  readonly close: () => Promise<void>
}

const CHANNEL = 'warren_changes'
const RECONNECT_MS = 1000
const changeSchema = z.object({ scope: z.string(), rev: z.number() })

/** `pool`: `null` where this process is the only one. */
export async function createChanges(pool: pg.Pool | null, log: (message: string) => void): Promise<Changes> {
  const listeners = new Map<string, Set<(change: Change) => void>>()
  const tell = (change: Change): void => {
    for (const listener of listeners.get(change.scope) ?? []) listener(change)
  }
  /** While nobody listened, changes were missed: every stream is told to look. */
  const tellAll = (): void => {
    for (const [scope, each] of listeners) for (const listener of each) listener({ scope, rev: 0 })
  }
  const listening = pool === null ? null : await keepListening(pool, { tell, tellAll, log })
  return {
    announce: async (trx, change) => {
      if (pool === null) return
      await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(change)})`.execute(trx)
    },
    committed: (change) => {
      // On PostgreSQL our own notice comes back like everybody's.
      if (pool === null) tell(change)
    },
    listen: (scope, listener) => {
      const each = listeners.get(scope) ?? new Set()
      listeners.set(scope, each)
      each.add(listener)
      return () => {
        each.delete(listener)
        if (each.size === 0 && listeners.get(scope) === each) listeners.delete(scope)
      }
    },
    isConnected: () => listening?.isConnected() ?? true,
    close: async () => {
      listeners.clear()
      await listening?.close()
    },
  }
}

// --- internal ---

interface Listening {
  readonly isConnected: () => boolean
  readonly close: () => Promise<void>
}

/** One connection of its own; when it breaks, another one. */
async function keepListening(
  pool: pg.Pool,
  options: {
    readonly tell: (change: Change) => void
    readonly tellAll: () => void
    readonly log: (message: string) => void
  },
): Promise<Listening> {
  let client: pg.PoolClient | null = null
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  const connect = async (): Promise<void> => {
    const fresh = await pool.connect()
    if (isClosed) {
      fresh.release()
      return
    }
    client = fresh
    fresh.on('notification', ({ payload }) => {
      const change = changeSchema.safeParse(parse(payload))
      if (change.success) options.tell(change.data)
    })
    fresh.once('error', (error: Error) => {
      options.log(`listening for changes broke: ${error.message}`)
      client = null
      fresh.release(error)
      again()
    })
    await fresh.query(`listen ${CHANNEL}`)
    options.tellAll()
  }
  const again = (): void => {
    if (isClosed) return
    timer = setTimeout(() => {
      connect().catch((error: unknown) => {
        options.log(`listening for changes again failed: ${String(error)}`)
        again()
      })
    }, RECONNECT_MS)
  }
  await connect()
  return {
    isConnected: () => client !== null,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      const last = client
      client = null
      await last?.query(`unlisten ${CHANNEL}`).catch(() => undefined)
      last?.release(true)
    },
  }
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}
