/** Servers as the daemon last told them. */
import type { ServerSpec } from '@shared/specs'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface ServersState {
  readonly ready: boolean
  /** By name. */
  readonly list: readonly ServerSpec[]
}

export const serversStore = createStore<ServersState>(() => ({ ready: false, list: [] }))

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

export function setServers(servers: readonly ServerSpec[]): void {
  serversStore.setState({ ready: true, list: [...servers].sort((a, b) => byName.compare(a.name, b.name)) })
}

export function getServer(id: string): ServerSpec | undefined {
  return serversStore.getState().list.find((server) => server.id === id)
}

export function useServers(): readonly ServerSpec[] {
  return useStore(serversStore, (state) => state.list)
}

export function useServer(id: string | null): ServerSpec | undefined {
  return useStore(serversStore, (state) => state.list.find((server) => server.id === id))
}
