/** What the actions share: finding relays, telling the engine in bounded time, and keeping the books. */
import type { RelayRecord } from '../../store/index'
import type { Services } from '../../services'
import { nameKey } from '../../store/index'

/** How long the engine may take to follow a command, as in the original. */
export const SYNC_MS = 6000

export interface Desk {
  readonly services: Services
  /** A relay that this API can speak of: one port, one target. */
  readonly find: (name: string) => RelayRecord | null
  /** Also those that this API cannot speak of. */
  readonly isNameTaken: (name: string) => boolean
  /** Whether a relay other than `except` listens on the port, or would, whatever its protocol and address. */
  readonly isPortTaken: (port: number, except?: string) => boolean
  readonly isRunning: (id: string) => boolean
  /** Whether the engine followed in time. What it has begun goes on. */
  readonly command: (work: () => Promise<void> | void) => Promise<boolean>
  /** Starts a relay; true when it listens, or cannot for a reason of its own. */
  readonly start: (id: string) => Promise<boolean>
  /** Ends connections and listens anew; what moved until then is in a log of its own. */
  readonly restart: (id: string) => Promise<boolean>
  /** Turns what moved since the last flush into a log. A store that does not take it keeps it for the next one. */
  readonly flush: (id: string) => Promise<void>
  /** Removed from the store while the engine has not followed yet: id by name. */
  readonly leaving: Map<string, string>
}

export function createDesk(services: Services): Desk {
  const { catalog, engine, store, warnings, books, now } = services
  const leaving = new Map<string, string>()
  const isLeaving = (id: string): boolean => [...leaving.values()].includes(id)
  const isRunning = (id: string): boolean => {
    const { state } = engine.relays.snapshot(id)
    return state === 'running' || state === 'degraded'
  }
  const byName = (name: string): RelayRecord | undefined => {
    const key = nameKey(name.trim())
    return catalog.relays().find(({ spec }) => nameKey(spec.name) === key && !isLeaving(spec.id))
  }
  const command = (work: () => Promise<void> | void): Promise<boolean> => inTime(work, warnings)
  const start: Desk['start'] = async (id) => {
    const isTaken = await command(async () => {
      engine.relays.start(id)
      services.relays.touch(id)
      await bound(services, id)
    })
    return isTaken && engine.relays.snapshot(id).state !== 'binding'
  }
  const flush: Desk['flush'] = async (id) => {
    await warnings.tolerate(() => books.flush())
    await warnings.tolerate(() => store.flushXForwards([id], now()))
    services.report.refresh()
  }
  return {
    services,
    leaving,
    isRunning,
    command,
    start,
    flush,
    find: (name) => {
      const record = byName(name)
      return record !== undefined && record.spec.portCount === 1 && record.spec.targets.length === 1 ? record : null
    },
    isNameTaken: (name) => byName(name) !== undefined,
    isPortTaken: (port, except) =>
      catalog.relays().some(({ spec }) => {
        if (spec.id === except) return false
        const { listen } = engine.relays.snapshot(spec.id)
        const isBound = spec.listenPort === 0 && 'port' in listen && listen.port === port
        return isBound || (spec.listenPort <= port && port < spec.listenPort + spec.portCount)
      }),
    restart: async (id) => {
      const isStopped = await command(() => engine.relays.stop(id))
      await flush(id)
      return isStopped && (await start(id))
    },
  }
}

// --- internal ---

/** Resolves when the relay listens, cannot, or will try again later. */
async function bound({ engine }: Services, id: string): Promise<void> {
  let stopListening: () => void = () => undefined
  const waits = new Promise<void>((resolve) => {
    stopListening = engine.onChange((event) => {
      if (event.kind === 'relay' && event.id === id && engine.relays.snapshot(id).state === 'waiting') resolve()
    })
    if (engine.relays.snapshot(id).state === 'waiting') resolve()
  })
  await Promise.race([waits, engine.relays.settled([id], SYNC_MS)]).finally(stopListening)
}

async function inTime(work: () => Promise<void> | void, warnings: Services['warnings']): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), SYNC_MS)
  })
  const done = async (): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      await warnings.tolerate(() => Promise.reject(error as Error))
      return false
    }
  }
  try {
    return await Promise.race([done(), late])
  } finally {
    clearTimeout(timer)
  }
}
