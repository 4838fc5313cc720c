/** A window with a fake daemon behind it, and stores that start anew. */
import { confirmStore } from '../../src/renderer/src/components/confirm'
import { menuStore } from '../../src/renderer/src/components/menu'
import { toastStore } from '../../src/renderer/src/components/toasts'
import { checksStore } from '../../src/renderer/src/stores/checks'
import { cloudStore } from '../../src/renderer/src/stores/cloud'
import { connectStores } from '../../src/renderer/src/stores/connect'
import { forwardsStore } from '../../src/renderer/src/stores/forwards'
import { linkStore } from '../../src/renderer/src/stores/link'
import { lists } from '../../src/renderer/src/stores/list'
import { needsStore } from '../../src/renderer/src/stores/needs'
import { clearRates } from '../../src/renderer/src/stores/rates'
import { relaysStore } from '../../src/renderer/src/stores/relays'
import { selections } from '../../src/renderer/src/stores/selection'
import { serversStore } from '../../src/renderer/src/stores/servers'
import { settingsStore } from '../../src/renderer/src/stores/settings'
import { uiStore } from '../../src/renderer/src/stores/ui'
import { waitFor } from '@testing-library/react'
import { onTestFinished } from 'vitest'
import type { StoreApi } from 'zustand/vanilla'
import { fakeDaemon, type FakeDaemon, type FakeOptions } from './harness/fake-api'

/** Puts a fake daemon behind `window.api` and forgets what the test before left in the stores. */
export function openWindow(options: FakeOptions = {}): FakeDaemon {
  const daemon = fakeDaemon(options)
  // What a test did not wait for must not come into the next one.
  onTestFinished(daemon.fallSilent)
  Object.assign(window, { api: daemon.api })
  reset(checksStore)
  reset(cloudStore)
  reset(confirmStore)
  reset(menuStore)
  reset(toastStore)
  reset(forwardsStore)
  reset(linkStore)
  reset(relaysStore)
  reset(lists.forwards)
  reset(lists.relays)
  reset(needsStore)
  reset(selections.forwards)
  reset(selections.relays)
  reset(serversStore)
  reset(settingsStore)
  reset(uiStore)
  clearRates()
  return daemon
}

/** Back to what a store held before anybody wrote to it. */
function reset<T>(store: StoreApi<T>): void {
  store.setState(store.getInitialState(), true)
}

/** The same with the stores joined to it, once the first list is there. */
export async function openConnectedWindow(options: FakeOptions = {}): Promise<FakeDaemon> {
  const daemon = openWindow(options)
  onTestFinished(connectStores())
  await waitFor(() => {
    if (!forwardsStore.getState().ready || settingsStore.getState().settings === null) throw new Error('not ready')
  })
  return daemon
}

/** The params of every call of `method`, in order. */
export function callsOf(daemon: FakeDaemon, method: string): readonly unknown[] {
  return daemon.calls.filter((call) => call.method === method).map((call) => call.params)
}
