/** Open questions, and which of them the person wants to see now. */
import type { Need } from '@shared/needs'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface NeedsState {
  readonly list: readonly Need[]
  /** The need whose dialog was asked for from a row; `null`: the oldest that was not put off. */
  readonly shown: string | null
}

export const needsStore = createStore<NeedsState>(() => ({ list: [], shown: null }))

export function setNeeds(list: readonly Need[]): void {
  needsStore.setState((state) => ({
    list,
    shown: list.some((need) => need.id === state.shown) ? state.shown : null,
  }))
}

/** Opens the dialog of a need, even when it was put off. */
export function showNeed(id: string): void {
  needsStore.setState({ shown: id })
}

export function useNeed(id: string | null): Need | undefined {
  return useStore(needsStore, (state) => state.list.find((need) => need.id === id))
}

export function useNeeds<T>(select: (state: NeedsState) => T): T {
  return useStore(needsStore, select)
}
