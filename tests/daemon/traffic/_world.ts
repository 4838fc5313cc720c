/** Books over a real store, an engine that moves what the test says, and a clock that only the test moves. */
import { resolvePlaces, type Places } from '@daemon/client'
import type { Engine, EngineEvent } from '@engine'
import type { ConnectionSnapshot } from '@shared/snapshots'
import type { EndedConnection } from '@shared/traffic'
import type { Fault } from '@shared/errors'
import { limitsSchema, type LimitsDraft } from '@shared/limits'
import { openStore, type LedgerHook, type Store } from '../../../src/daemon/store/index'
import type { Happening } from '../../../src/daemon/activity'
import { createWarnings, type Warnings } from '../../../src/daemon/warnings'
import { openBooks, type Books } from '../../../src/daemon/traffic'
import { fakeClock, type FakeClock } from '../../support/fake-clock'

export interface Moved {
  up?: number
  down?: number
  connections?: number
}

export interface World {
  readonly books: Books
  readonly store: Store
  readonly warnings: Warnings
  readonly clock: FakeClock
  readonly log: string[]
  readonly told: Happening[]
  /** What the engine was given to move, by owner; `null` without a bound. */
  readonly budgets: Map<string, number | null>
  readonly live: ConnectionSnapshot[]
  /** The engine moves so much more. */
  readonly move: (ownerId: string, more: Moved) => void
  /** As `move`, but the engine keeps it for itself: as forwards do for some milliseconds. */
  readonly moveUntold: (ownerId: string, more: Moved) => void
  readonly define: (ownerId: string, limits?: LimitsDraft, name?: string) => void
  readonly emit: (event: EngineEvent) => void
  readonly faults: () => readonly Fault[]
  /** Ends in order. */
  readonly close: () => Promise<void>
  /** As `kill -9`: nothing more is written. */
  readonly kill: () => Promise<void>
}

export interface WorldOptions {
  readonly home: string
  readonly clock?: FakeClock
  readonly hooks?: readonly LedgerHook[]
  /** Stands before the real store. */
  readonly wrap?: (store: Store) => Store
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const places: Places = resolvePlaces({}, options.home)
  const clock = options.clock ?? fakeClock()
  const log: string[] = []
  const warnings = createWarnings((message) => log.push(message))
  const real = openStore(places)
  const store = options.wrap?.(real) ?? real
  const books = await openBooks({
    ...{ store, home: places.home, clock, warnings },
    ...{ log: (message: string) => log.push(message), hooks: options.hooks ?? [] },
    activity: { add: (happening) => told.push(happening) },
  })
  const totals = new Map<string, { bytesUp: number; bytesDown: number; totalConnections: number }>()
  const listeners = new Set<(event: EngineEvent) => void>()
  const budgets = new Map<string, number | null>()
  const live: ConnectionSnapshot[] = []
  const told: World['told'] = []
  const snapshot = (id: string): { bytesUp: number; bytesDown: number; totalConnections: number; notice: string } => ({
    ...(totals.get(id) ?? { bytesUp: 0, bytesDown: 0, totalConnections: 0 }),
    notice: 'Goes slow until tomorrow',
  })
  const engine = {
    relays: { snapshot },
    snapshot,
    connections: () => live,
    setBudget: (id: string, budget: { bytes: number } | null) => budgets.set(id, budget?.bytes ?? null),
    onChange: (listener: (event: EngineEvent) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } as unknown as Engine
  books.attach(engine)
  const moveUntold: World['moveUntold'] = (id, { up = 0, down = 0, connections = 0 }) => {
    const before = snapshot(id)
    totals.set(id, {
      bytesUp: before.bytesUp + up,
      bytesDown: before.bytesDown + down,
      totalConnections: before.totalConnections + connections,
    })
  }
  return {
    ...{ books, store, warnings, clock, log, told, budgets, live, moveUntold },
    move: (id, more) => {
      moveUntold(id, more)
      books.port.moved(id, snapshot(id))
    },
    define: (id, limits = {}, name = id) =>
      books.define({ id, kind: 'relay', name, limits: limitsSchema.parse(limits) }),
    emit: (event) => {
      for (const listener of listeners) listener(event)
    },
    faults: () => warnings.list(),
    close: async () => {
      await books.close()
      await real.close()
    },
    // A process that is gone writes nothing: its books get a store that is closed.
    kill: () => real.close(),
  }
}

export function endedConnection(ownerId: string, more: Partial<EndedConnection> = {}): EndedConnection {
  return {
    ownerId,
    source: { host: '127.0.0.1', port: 50_000 },
    target: { host: '127.0.0.1', port: 80 },
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    bytesUp: 1,
    bytesDown: 2,
    reason: 'closed',
    ...more,
  }
}

export function liveConnection(forwardId: string, id: string, bytesUp = 0): ConnectionSnapshot {
  return {
    ...{ id, forwardId, forward: forwardId, process: null, since: '2026-01-01T00:00:00.000Z', bytesUp, bytesDown: 0 },
    ...{ source: { host: '127.0.0.1', port: 50_001 }, target: { host: '127.0.0.1', port: 80 } },
  }
}
