/** The rows on screen now, worked out once per change and shared by the list, the keys and the bulk bar. */
import type { ForwardView } from '@shared/snapshots'
import { useSyncExternalStore } from 'react'
import { forwardsStore } from '../../stores/forwards'
import { listStore, type ListState } from '../../stores/list'
import { settingsStore } from '../../stores/settings'
import { buildRows, type ForwardRow, type GroupBy, type Rows } from './rows'

interface Memo {
  readonly byId: ReadonlyMap<string, ForwardView>
  readonly list: ListState
  readonly groupBy: GroupBy
  readonly rows: Rows
}
let memo: Memo | null = null

export function currentRows(): Rows {
  const { byId } = forwardsStore.getState()
  const list = listStore.getState()
  const groupBy = settingsStore.getState().settings?.groupBy ?? 'tag'
  if (memo === null || memo.byId !== byId || memo.list !== list || memo.groupBy !== groupBy) {
    memo = { byId, list, groupBy, rows: buildRows({ byId, list, groupBy }) }
  }
  return memo.rows
}

export function useRows(): Rows {
  return useSyncExternalStore(subscribe, currentRows)
}

/** The rows of forwards, in order, without the group headers. */
export function forwardRows(): readonly ForwardRow[] {
  return currentRows().rows.filter((row) => row.kind === 'forward')
}

function subscribe(listener: () => void): () => void {
  const stops = [forwardsStore.subscribe(listener), listStore.subscribe(listener), settingsStore.subscribe(listener)]
  return () => {
    for (const stop of stops) stop()
  }
}
