/** What a list is narrowed to, and which groups are folded. */
import type { ForwardState } from '@shared/snapshots'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'

export const summaryFilters = ['all', 'running', 'trying', 'needs-you', 'failed', 'stopped'] as const
export type SummaryFilter = (typeof summaryFilters)[number]

export interface ListState {
  readonly search: string
  /** `null`: every tag. */
  readonly tag: string | null
  readonly filter: SummaryFilter
  /** Keys of the folded groups. */
  readonly folded: ReadonlySet<string>
}

export type List = StoreApi<ListState>
const createList = (): List =>
  createStore<ListState>(() => ({ search: '', tag: null, filter: 'all', folded: new Set() }))

export const lists = { forwards: createList(), relays: createList() } as const

/** Which filter of the summary line a state counts to. */
export function filterOf(state: ForwardState): Exclude<SummaryFilter, 'all'> {
  switch (state) {
    case 'running':
    case 'degraded':
      return 'running'
    case 'needs-you':
    case 'failed':
    case 'stopped':
      return state
    case 'waiting':
    case 'resolving':
    case 'connecting':
    case 'verifying':
    case 'authenticating':
    case 'binding':
      return 'trying'
  }
}

export function setSearch(list: List, search: string): void {
  list.setState({ search })
}
export function setTag(list: List, tag: string | null): void {
  list.setState({ tag })
}
export function setFilter(list: List, filter: SummaryFilter): void {
  list.setState({ filter })
}
/** Shows everything again. */
export function clearNarrowing(list: List): void {
  list.setState({ search: '', tag: null, filter: 'all' })
}
/** Folds or unfolds a group; `fold` says which, where the key does (← and →). */
export function foldGroup(list: List, key: string, fold?: boolean): void {
  list.setState((state) => {
    const folded = new Set(state.folded)
    const was = folded.delete(key)
    if (fold ?? !was) folded.add(key)
    return { folded }
  })
}

export function useList<T>(list: List, select: (state: ListState) => T): T {
  return useStore(list, select)
}
