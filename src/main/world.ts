/** What main knows of the daemon's world: enough for the tray, notifications and the question at quit. */
import type { DaemonLink } from '@shared/ipc'
import type { Need } from '@shared/needs'
import type { RpcNotifications } from '@shared/rpc'
import type { ForwardView } from '@shared/snapshots'
import type { Link } from './daemon-link'

export interface World {
  readonly link: DaemonLink
  readonly forwards: ReadonlyMap<string, ForwardView>
  readonly needs: readonly Need[]
  /** Bytes per second of all forwards, both ways. */
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
  let world: World = { link: link.state(), forwards: new Map(), needs: [], rate: 0 }
  let stale: NodeJS.Timeout | undefined

  const set = (part: Partial<World>): void => {
    world = { ...world, ...part }
    for (const listener of listeners) listener(world)
  }
  const listAll = async (): Promise<void> => {
    const [forwards, needs] = await Promise.all([link.call('forwards.list', {}), link.call('needs.list', {})])
    set({ forwards: new Map(forwards.map((view) => [view.spec.id, view])), needs })
  }

  link.on('forwards.changed', (change) => {
    set({ forwards: applyForwards(world.forwards, change) })
  })
  link.on('needs.changed', ({ needs }) => {
    set({ needs })
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
    set(state.state === 'connected' ? { link: state } : { link: state, needs: [], rate: 0 })
    if (state.state === 'connected') listAll().catch(onError)
  })
  return {
    get: () => world,
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}

/** The forwards after a change: whole views replace, ids are taken out. */
export function applyForwards(
  forwards: ReadonlyMap<string, ForwardView>,
  { changed, removed }: RpcNotifications['forwards.changed'],
): ReadonlyMap<string, ForwardView> {
  const next = new Map(forwards)
  for (const view of changed) next.set(view.spec.id, view)
  for (const id of removed) next.delete(id)
  return next
}
