/** A server that shows another key than before, while a person looks at both. */
import type { HostKeyConflict } from '@shared/errors'
import { createStore } from 'zustand/vanilla'

export interface KeyConflictState {
  readonly shown: { readonly conflict: HostKeyConflict; readonly forwardId: string } | null
}

export const keyConflictStore = createStore<KeyConflictState>(() => ({ shown: null }))

export function compareHostKeys(forwardId: string, conflict: HostKeyConflict): void {
  keyConflictStore.setState({ shown: { conflict, forwardId } })
}

export function closeKeyConflict(): void {
  keyConflictStore.setState({ shown: null })
}
