/** Forwards as the daemon last told them: written by `connect.ts` and the answers of actions, read by views. */
import type { ForwardView } from '@shared/snapshots'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface ForwardsState {
  /** False until the first list arrived. */
  readonly ready: boolean
  readonly byId: ReadonlyMap<string, ForwardView>
}

export const forwardsStore = createStore<ForwardsState>(() => ({ ready: false, byId: new Map() }))

/** The whole list anew, after a connect. */
export function setForwards(views: readonly ForwardView[]): void {
  forwardsStore.setState({ ready: true, byId: new Map(views.map((view) => [view.spec.id, view])) })
}

/** Whole views replace what was known; nothing is patched. */
export function mergeForwards(changed: readonly ForwardView[], removed: readonly string[] = []): void {
  if (changed.length === 0 && removed.length === 0) return
  forwardsStore.setState((state) => {
    const byId = new Map(state.byId)
    for (const view of changed) byId.set(view.spec.id, view)
    for (const id of removed) byId.delete(id)
    return { byId }
  })
}

export function getForward(id: string): ForwardView | undefined {
  return forwardsStore.getState().byId.get(id)
}

/** The views of these ids, without those that are gone. */
export function getForwards(ids: readonly string[]): readonly ForwardView[] {
  const { byId } = forwardsStore.getState()
  return ids.map((id) => byId.get(id)).filter((view) => view !== undefined)
}

/** One forward; the component draws again only when that one changes. */
export function useForward(id: string): ForwardView | undefined {
  return useStore(forwardsStore, (state) => state.byId.get(id))
}

export function useForwards<T>(select: (state: ForwardsState) => T): T {
  return useStore(forwardsStore, select)
}
