/** The relays of the daemon. */
import type { RelayView } from '@shared/relay-snapshots'
import { useStore } from 'zustand'
import { createViews, type ViewsState } from './views'

export const relays = createViews<RelayView>()
export const { store: relaysStore, set: setRelays, merge: mergeRelays, get: getRelay, pick: getRelays } = relays

/** One relay; the component draws again only when that one changes. */
export function useRelay(id: string): RelayView | undefined {
  return useStore(relaysStore, (state) => state.byId.get(id))
}

export function useRelays<T>(select: (state: ViewsState<RelayView>) => T): T {
  return useStore(relaysStore, select)
}
