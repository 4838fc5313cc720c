/** What main told at the start, and how it stands to the daemon now. */
import type { AppHello, DaemonLink, Keyring } from '@shared/ipc'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface LinkState {
  readonly hello: AppHello | null
  readonly daemon: DaemonLink
  readonly keyring: Keyring | null
}

export const linkStore = createStore<LinkState>(() => ({
  hello: null,
  daemon: { state: 'connecting' },
  keyring: null,
}))

export function useLink<T>(select: (state: LinkState) => T): T {
  return useStore(linkStore, select)
}

/** Whether keys are written the way of macOS. */
export function isMac(): boolean {
  return linkStore.getState().hello?.platform === 'darwin'
}

/** `⌘A` on macOS, `Ctrl+A` elsewhere. */
export function commandKey(key: string): string {
  return isMac() ? `⌘${key}` : `Ctrl+${key}`
}
