/** Who hears of a change: the streams of this process, and on PostgreSQL those of every instance (LISTEN/NOTIFY). */
import { sql, type Kysely } from 'kysely'
import type pg from 'pg'
import { z } from 'zod'
import type { Tables } from './tables'

/** What a stream may depend on: when it is over, the stream is. */
export const endings = {
  member: (teamId: string, userId: string): string => `member:${teamId}:${userId}`,
  team: (teamId: string): string => `team:${teamId}`,
  user: (userId: string): string => `user:${userId}`,
  device: (device: string): string => `device:${device}`,
  token: (jti: string): string => `token:${jti}`,
} as const

export interface Listener {
  readonly changed: (rev: number) => void
  /** Something beside the list: of a person their teams, roles and key; of a team its members, roles and keys. */
  readonly news: () => void
  /** Something that it depends on is over. */
  readonly ended: () => void
  /** Notices may have been missed: whether it is still allowed, and where the list stands, is to be asked anew. */
  readonly look: () => void
}

export interface Interest {
  readonly scope: string
  /** Of {@link endings}. */
  readonly endings: readonly string[]
}

export interface Changes {
  /** Within the transaction of the change. */
  readonly announce: (trx: Kysely<Tables>, notice: Notice) => Promise<void>
  /** After its commit. */
  readonly committed: (notice: Notice) => void
  /** Returns the way to stop listening. */
  readonly listen: (interest: Interest, listener: Listener) => () => void
  /** Whether other instances' changes arrive at this moment. */
  readonly isConnected: () => boolean
  readonly close: () => Promise<void>
}

const CHANNEL = 'warren_changes'
const RECONNECT_MS = 1000
/** A connection whose other end vanished without a word is found so. */
const PING_MS = 30_000
const noticeSchema = z.union([
  z.object({ scope: z.string(), rev: z.number() }),
  z.object({ ended: z.string() }),
  /** Of a scope. */
  z.object({ news: z.string() }),
])
export type Notice = z.output<typeof noticeSchema>

/** `pool`: `null` where this process is the only one. */
export async function createChanges(pool: pg.Pool | null, log: (message: string) => void): Promise<Changes> {
  const byScope = createIndex()
  const byEnding = createIndex()
  const tell = (notice: Notice): void => {
    if ('ended' in notice) for (const listener of byEnding.of(notice.ended)) listener.ended()
    else if ('news' in notice) for (const listener of byScope.of(notice.news)) listener.news()
    else for (const listener of byScope.of(notice.scope)) listener.changed(notice.rev)
  }
  const tellAll = (): void => {
    for (const listener of byScope.all()) listener.look()
  }
  const listening = pool === null ? null : await keepListening(pool, { tell, tellAll, log })
  return {
    announce: async (trx, notice) => {
      if (pool === null) return
      await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(notice)})`.execute(trx)
    },
    committed: (notice) => {
      // On PostgreSQL our own notice comes back like everybody's.
      if (pool === null) tell(notice)
    },
    listen: (interest, listener) => {
      const removals = [
        byScope.add(interest.scope, listener),
        ...interest.endings.map((key) => byEnding.add(key, listener)),
      ]
      return () => {
        for (const remove of removals) remove()
      }
    },
    isConnected: () => listening?.isConnected() ?? true,
    close: async () => {
      byScope.clear()
      byEnding.clear()
      await listening?.close()
    },
  }
}

// --- internal ---

interface Index {
  readonly of: (key: string) => readonly Listener[]
  readonly all: () => readonly Listener[]
  readonly add: (key: string, listener: Listener) => () => void
  readonly clear: () => void
}

function createIndex(): Index {
  const listeners = new Map<string, Set<Listener>>()
  return {
    of: (key) => [...(listeners.get(key) ?? [])],
    all: () => [...listeners.values()].flatMap((each) => [...each]),
    add: (key, listener) => {
      const each = listeners.get(key) ?? new Set()
      listeners.set(key, each)
      each.add(listener)
      return () => {
        each.delete(listener)
        if (each.size === 0 && listeners.get(key) === each) listeners.delete(key)
      }
    },
    clear: () => {
      listeners.clear()
    },
  }
}

interface Listening {
  readonly isConnected: () => boolean
  readonly close: () => Promise<void>
}

/** One connection of its own; when it breaks, another one, and every listener is told to look. */
async function keepListening(
  pool: pg.Pool,
  options: {
    readonly tell: (notice: Notice) => void
    readonly tellAll: () => void
    readonly log: (message: string) => void
  },
): Promise<Listening> {
  let client: pg.PoolClient | null = null
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  const broken = (which: pg.PoolClient, error: Error): void => {
    // The end of a connection is told more than once.
    if (client !== which) return
    options.log(`listening for changes broke: ${error.message}`)
    client = null
    which.release(error)
    again()
  }
  const connect = async (): Promise<void> => {
    const fresh = await pool.connect()
    // Stays for good: an error after the connection was given up must find somebody.
    fresh.on('error', (error: Error) => {
      broken(fresh, error)
    })
    fresh.on('notification', ({ payload }) => {
      const notice = noticeSchema.safeParse(parse(payload))
      if (notice.success) options.tell(notice.data)
    })
    try {
      await fresh.query(`listen ${CHANNEL}`)
    } catch (error) {
      fresh.release(true)
      throw error
    }
    if (isClosed) {
      fresh.release(true)
      return
    }
    client = fresh
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
  const ping = setInterval(() => {
    const asked = client
    if (asked === null) return
    const late = setTimeout(() => {
      broken(asked, new Error('the database does not answer'))
    }, PING_MS / 2)
    asked
      .query('select 1')
      .catch((error: unknown) => {
        broken(asked, error instanceof Error ? error : new Error(String(error)))
      })
      .finally(() => {
        clearTimeout(late)
      })
  }, PING_MS)
  return {
    isConnected: () => client !== null,
    close: () => {
      isClosed = true
      clearTimeout(timer)
      clearInterval(ping)
      const last = client
      client = null
      // Ended, not given back: it would hear notices for the next who takes it.
      last?.release(true)
      return Promise.resolve()
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
