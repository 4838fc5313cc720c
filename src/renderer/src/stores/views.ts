/** Views as the daemon last told them: written by `connect.ts` and the answers of actions, read by the screens. */
import type { ForwardView } from '@shared/snapshots'
import { createStore, type StoreApi } from 'zustand/vanilla'

/** What a list needs to know of a forward or relay. */
export interface ListedView {
  readonly spec: Pick<ForwardView['spec'], 'id' | 'name' | 'tags' | 'description' | 'favourite' | 'autoStart'>
  readonly snapshot: Pick<
    ForwardView['snapshot'],
    | ('id' | 'wanted' | 'state' | 'since' | 'listen' | 'target' | 'portCount' | 'attempt' | 'nextTryAt' | 'reason')
    | ('connections' | 'totalConnections' | 'bytesUp' | 'bytesDown' | 'exposed' | 'notice')
  >
}

export interface ViewsState<V> {
  /** False until the first list arrived. */
  readonly ready: boolean
  readonly byId: ReadonlyMap<string, V>
}

/** What readers of any kind of view see of its store. */
export type ReadViews<V extends ListedView = ListedView> = Pick<
  StoreApi<ViewsState<V>>,
  'getState' | 'getInitialState' | 'subscribe'
>

export interface Views<V extends ListedView> {
  readonly store: StoreApi<ViewsState<V>>
  /** The whole list anew, after a connect. */
  readonly set: (views: readonly V[]) => void
  /** Whole views replace what was known; nothing is patched. */
  readonly merge: (changed: readonly V[], removed?: readonly string[]) => void
  readonly get: (id: string) => V | undefined
  /** The views of these ids, without those that are gone. */
  readonly pick: (ids: readonly string[]) => readonly V[]
}

export function createViews<V extends ListedView>(): Views<V> {
  const store = createStore<ViewsState<V>>(() => ({ ready: false, byId: new Map() }))
  return {
    store,
    set: (views) => {
      store.setState({ ready: true, byId: new Map(views.map((view) => [view.spec.id, view])) })
    },
    merge: (changed, removed = []) => {
      if (changed.length === 0 && removed.length === 0) return
      store.setState((state) => {
        const byId = new Map(state.byId)
        for (const view of changed) byId.set(view.spec.id, view)
        for (const id of removed) byId.delete(id)
        return { byId }
      })
    },
    get: (id) => store.getState().byId.get(id),
    pick: (ids) => {
      const { byId } = store.getState()
      return ids.map((id) => byId.get(id)).filter((view) => view !== undefined)
    },
  }
}
