/** What the list of forwards is narrowed to, and which groups are folded. */
import type { ForwardState } from '@shared/snapshots'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

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

export const listStore = createStore<ListState>(() => ({ search: '', tag: null, filter: 'all', folded: new Set() }))

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

export function setSearch(search: string): void {
  listStore.setState({ search })
}
export function setTag(tag: string | null): void {
  listStore.setState({ tag })
}
export function setFilter(filter: SummaryFilter): void {
  listStore.setState({ filter })
}
/** Shows everything again. */
export function clearNarrowing(): void {
  listStore.setState({ search: '', tag: null, filter: 'all' })
}
/** Folds or unfolds a group; `fold` says which, where the key does (← and →). */
export function foldGroup(key: string, fold?: boolean): void {
  listStore.setState((state) => {
    const folded = new Set(state.folded)
    const was = folded.delete(key)
    if (fold ?? !was) folded.add(key)
    return { folded }
  })
}

export function useList<T>(select: (state: ListState) => T): T {
  return useStore(listStore, select)
}
