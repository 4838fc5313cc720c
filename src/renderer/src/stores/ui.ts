/** What is on screen: which screen, what the pane shows, what the list is narrowed to. */
import type { ForwardType } from '@shared/specs'
import type { RelayProtocol } from '@shared/relays'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export type Screen = 'forwards' | 'relays' | 'servers' | 'cloud' | 'activity' | 'settings'

/** What the pane on the right of the forwards holds. */
export type Pane =
  | { readonly kind: 'detail'; readonly forwardId: string }
  | {
      readonly kind: 'editor'
      /** `null`: a new forward. */
      readonly forwardId: string | null
      /** Where a new one begins. */
      readonly start: EditorStart
    }
export interface EditorStart {
  readonly type?: ForwardType | undefined
  /** A forward to begin from, for "Duplicate". */
  readonly copyOf?: string | undefined
}

/** What the pane on the right of the relays holds. */
export type RelayPane =
  | { readonly kind: 'detail'; readonly relayId: string }
  /** `null`: a new relay. */
  | { readonly kind: 'editor'; readonly relayId: string | null; readonly start: RelayStart }
export interface RelayStart {
  readonly protocol?: RelayProtocol | undefined
  /** A relay to begin from, for "Duplicate". */
  readonly copyOf?: string | undefined
}

/** What the cloud screen shows. */
export type CloudPage =
  | { readonly kind: 'account' }
  /** With the conflict to open, where one was asked for. */
  | { readonly kind: 'inbox'; readonly conflictId: string | null }
  | { readonly kind: 'team'; readonly teamId: string }

export interface UiState {
  readonly screen: Screen
  readonly cloudPage: CloudPage
  readonly pane: Pane | null
  readonly relayPane: RelayPane | null
  /** A server to show when the servers screen opens; `new` for its form. The screen sets it back to `null`. */
  readonly serverToShow: string | null
  /** A host whose trusted keys to show when the servers screen opens; it sets this back to `null`. */
  readonly trustedToShow: string | null
}

export const uiStore = createStore<UiState>(() => ({
  screen: 'forwards',
  cloudPage: { kind: 'account' },
  pane: null,
  relayPane: null,
  serverToShow: null,
  trustedToShow: null,
}))

export function showScreen(screen: Screen): void {
  uiStore.setState({ screen })
}

export function showDetail(forwardId: string): void {
  uiStore.setState({ screen: 'forwards', pane: { kind: 'detail', forwardId } })
}

export function editForward(forwardId: string): void {
  uiStore.setState({ screen: 'forwards', pane: { kind: 'editor', forwardId, start: {} } })
}

export function newForward(start: EditorStart = {}): void {
  uiStore.setState({ screen: 'forwards', pane: { kind: 'editor', forwardId: null, start } })
}

export function showRelay(relayId: string): void {
  uiStore.setState({ screen: 'relays', relayPane: { kind: 'detail', relayId } })
}

export function editRelay(relayId: string): void {
  uiStore.setState({ screen: 'relays', relayPane: { kind: 'editor', relayId, start: {} } })
}

export function newRelay(start: RelayStart = {}): void {
  uiStore.setState({ screen: 'relays', relayPane: { kind: 'editor', relayId: null, start } })
}

export function closeRelayPane(): void {
  uiStore.setState({ relayPane: null })
}

/** Opens the servers screen at one server, or with `new` at the form for a new one. */
export function showServer(serverId: string): void {
  uiStore.setState({ screen: 'servers', serverToShow: serverId })
}

/** Opens the servers screen at the trusted keys of one host. */
export function showTrustedKeys(host: string): void {
  uiStore.setState({ screen: 'servers', trustedToShow: host })
}

export function showCloud(cloudPage: CloudPage): void {
  uiStore.setState({ screen: 'cloud', cloudPage })
}

export function closePane(): void {
  uiStore.setState({ pane: null })
}

export function useUi<T>(select: (state: UiState) => T): T {
  return useStore(uiStore, select)
}
