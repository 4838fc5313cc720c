/** What main knows of the daemon's world: enough for the tray, notifications and the question at quit. */
import type { CloudView } from '@shared/cloud-views'
import type { DaemonLink } from '@shared/ipc'
import type { Need } from '@shared/needs'
import type { RelayView } from '@shared/relay-snapshots'
import type { ForwardView } from '@shared/snapshots'
import type { Link } from './daemon-link'

export interface World {
  readonly link: DaemonLink
  readonly forwards: ReadonlyMap<string, ForwardView>
  readonly relays: ReadonlyMap<string, RelayView>
  readonly needs: readonly Need[]
  /** `null` until the daemon told it. */
  readonly cloud: CloudView | null
  /** Bytes per second of all forwards and relays, both ways. */
  readonly rate: number
}

export interface WorldWatch {
  readonly get: () => World
  readonly onChange: (listener: (world: World) => void) => void
}

/** No sample for this long means that nothing moves: the daemon is silent then. */
const RATE_STALE_MS = 2500

/** Keeps the mirror. A missed event heals at the next connection, when everything is listed again. */
export function watchWorld(link: Link, onError: (error: unknown) => void): WorldWatch {
  const listeners: ((world: World) => void)[] = []
  let world: World = { link: link.state(), forwards: new Map(), relays: new Map(), needs: [], cloud: null, rate: 0 }
  let stale: NodeJS.Timeout | undefined

  const set = (part: Partial<World>): void => {
    world = { ...world, ...part }
    for (const listener of listeners) listener(world)
  }
  const listAll = async (): Promise<void> => {
    const [forwards, relays, needs, cloud] = await Promise.all([
      link.call('forwards.list', {}),
      link.call('relays.list', {}),
      link.call('needs.list', {}),
      link.call('cloud.status', {}),
    ])
    set({ forwards: byId(forwards), relays: byId(relays), needs, cloud })
  }

  link.on('forwards.changed', (change) => {
    set({ forwards: applyChange(world.forwards, change) })
  })
  link.on('relays.changed', (change) => {
    set({ relays: applyChange(world.relays, change) })
  })
  link.on('needs.changed', ({ needs }) => {
    set({ needs })
  })
  link.on('cloud.changed', ({ cloud }) => {
    set({ cloud })
  })
  link.on('rates.sampled', ({ up, down }) => {
    clearTimeout(stale)
    stale = setTimeout(() => {
      set({ rate: 0 })
    }, RATE_STALE_MS)
    stale.unref()
    if (up + down !== world.rate) set({ rate: up + down })
  })
  link.onState((state) => {
    set(state.state === 'connected' ? { link: state } : { link: state, needs: [], cloud: null, rate: 0 })
    if (state.state === 'connected') listAll().catch(onError)
  })
  return {
    get: () => world,
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}

/** The forwards or relays after a change: whole views replace, ids are taken out. */
export function applyChange<T extends ForwardView | RelayView>(
  views: ReadonlyMap<string, T>,
  { changed, removed }: { readonly changed: readonly T[]; readonly removed: readonly string[] },
): ReadonlyMap<string, T> {
  const next = new Map(views)
  for (const view of changed) next.set(view.spec.id, view)
  for (const id of removed) next.delete(id)
  return next
}

// --- internal ---

function byId<T extends ForwardView | RelayView>(views: readonly T[]): ReadonlyMap<string, T> {
  return new Map(views.map((view) => [view.spec.id, view]))
}
