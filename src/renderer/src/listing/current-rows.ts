/** The rows on screen now, worked out once per change and shared by the list, the keys and the bulk bar. */
import { useCallback, useSyncExternalStore } from 'react'
import type { ListState } from '../stores/list'
import { settingsStore } from '../stores/settings'
import type { ListedView } from '../stores/views'
import { buildRows, type Rows, type ViewRow } from './build-rows'
import { useListing, type Grouping, type Listing } from './listing'

interface Memo {
  readonly byId: ReadonlyMap<string, ListedView>
  readonly list: ListState
  readonly grouping: Grouping
  readonly rows: Rows
}
const memos = new Map<Listing['screen'], Memo>()

export function currentRows(listing: Listing): Rows {
  const { byId } = listing.views.getState()
  const list = listing.list.getState()
  const grouping = listing.groupingOf(settingsStore.getState().settings)
  let memo = memos.get(listing.screen)
  if (memo?.byId !== byId || memo.list !== list || memo.grouping !== grouping) {
    memo = { byId, list, grouping, rows: buildRows({ byId, list, grouping, textOf: listing.textOf }) }
    memos.set(listing.screen, memo)
  }
  return memo.rows
}

export function useRows(): Rows {
  const listing = useListing()
  return useSyncExternalStore(
    useCallback((listener: () => void) => subscribe(listing, listener), [listing]),
    useCallback(() => currentRows(listing), [listing]),
  )
}

/** The rows of views, in order, without the group headers. */
export function viewRows(listing: Listing): readonly ViewRow[] {
  return currentRows(listing).rows.filter((row) => row.kind === 'view')
}

function subscribe({ views, list }: Listing, listener: () => void): () => void {
  const stops = [views.subscribe(listener), list.subscribe(listener), settingsStore.subscribe(listener)]
  return () => {
    for (const stop of stops) stop()
  }
}
