/** Preflights of this window: what each forward's last check found. */
import type { Fault } from '@shared/errors'
import type { CheckStep } from '@shared/snapshots'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { settle } from './call'

export type Check =
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly steps: readonly CheckStep[]; readonly at: number }
  /** The check itself could not be made. */
  | { readonly state: 'failed'; readonly fault: Fault }

export const checksStore = createStore<{ readonly byId: ReadonlyMap<string, Check> }>(() => ({ byId: new Map() }))

/** Checks a forward, one check at a time for each. */
export async function checkForward(id: string): Promise<void> {
  if (checksStore.getState().byId.get(id)?.state === 'running') return
  put(id, { state: 'running' })
  const result = await settle(window.api.daemon['forwards.check']({ id }))
  put(id, result.ok ? { state: 'done', steps: result.value, at: Date.now() } : { state: 'failed', fault: result.fault })
}

export function forgetCheck(id: string): void {
  checksStore.setState(({ byId }) => ({ byId: new Map([...byId].filter(([each]) => each !== id)) }))
}

export function useCheck(id: string): Check | undefined {
  return useStore(checksStore, ({ byId }) => byId.get(id))
}

// --- internal ---

function put(id: string, check: Check): void {
  checksStore.setState(({ byId }) => ({ byId: new Map(byId).set(id, check) }))
}
