/** The forwards of the daemon. */
import type { ForwardView } from '@shared/snapshots'
import { useStore } from 'zustand'
import { createViews, type ViewsState } from './views'

export const forwards = createViews<ForwardView>()
export const {
  store: forwardsStore,
  set: setForwards,
  merge: mergeForwards,
  get: getForward,
  pick: getForwards,
} = forwards

/** One forward; the component draws again only when that one changes. */
export function useForward(id: string): ForwardView | undefined {
  return useStore(forwardsStore, (state) => state.byId.get(id))
}

export function useForwards<T>(select: (state: ViewsState<ForwardView>) => T): T {
  return useStore(forwardsStore, select)
}
