/** The account, the teams, the state of sync and what waits for a decision, as the daemon last told them. */
import type { CloudConflict, CloudTeam, CloudView } from '@shared/cloud-views'
import { conflictSentence, isTeamLost } from '@shared/cloud-words'
import type { ActivityEvent } from '@shared/snapshots'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { dismissToast, showToast } from '../components/toasts'
import { showCloud, uiStore } from './ui'

export interface CloudState {
  /** `null` until the daemon told it. */
  readonly view: CloudView | null
  /** Oldest first. */
  readonly conflicts: readonly CloudConflict[]
}

export const cloudStore = createStore<CloudState>(() => ({ view: null, conflicts: [] }))

/** Takes what the daemon tells; what wants a decision and was not known before is said once. */
export function setCloud(view: CloudView, conflicts: readonly CloudConflict[]): void {
  const before = cloudStore.getState()
  cloudStore.setState({ view, conflicts: [...conflicts].sort((one, other) => one.at.localeCompare(other.at)) })
  forgetDecided(conflicts)
  if (before.view === null || uiStore.getState().screen === 'cloud') return
  const known = new Set(before.conflicts.map(({ id }) => id))
  tellConflicts(conflicts.filter(({ id }) => !known.has(id)))
  if (view.state === 'login-needed' && before.view.state !== 'login-needed') tellLogin(view)
}

/** Takes the answer of a request that changed something; the event with the conflicts follows. */
export function setCloudView(view: CloudView): void {
  setCloud(view, cloudStore.getState().conflicts)
}

export function useCloud<T>(select: (state: CloudState) => T): T {
  return useStore(cloudStore, select)
}

export function useTeam(id: string): CloudTeam | undefined {
  return useStore(cloudStore, (state) => state.view?.teams.find((team) => team.id === id))
}

/** Says that somebody else ended a membership: the team's forwards are gone from the list already. */
export function tellLostTeam(event: ActivityEvent): void {
  if (isTeamLost(event)) showToast({ text: event.message })
}

// --- internal ---

/** What a message on the screen asks to be decided. */
let asked: { readonly toast: number; readonly ids: ReadonlySet<string> } | null = null

function forgetDecided(conflicts: readonly CloudConflict[]): void {
  if (asked === null || conflicts.some(({ id }) => asked?.ids.has(id))) return
  dismissToast(asked.toast)
  asked = null
}

function tellConflicts(conflicts: readonly CloudConflict[]): void {
  const [first] = conflicts
  if (first === undefined) return
  const id = showToast({
    text: conflicts.length === 1 ? conflictSentence(first) : `${conflicts.length} forwards were changed on both sides.`,
    more: 'Nothing was overwritten.',
    action: {
      label: 'Decide',
      run: () => {
        dismissToast(id)
        showCloud({ kind: 'inbox', conflictId: first.id })
      },
    },
  })
  asked = { toast: id, ids: new Set(conflicts.map((conflict) => conflict.id)) }
}

function tellLogin(view: CloudView): void {
  showToast({
    text: `${hostOf(view)} wants a login again.`,
    more: 'What you change here waits until then.',
    action: {
      label: 'Sign in',
      run: () => {
        showCloud({ kind: 'account' })
      },
    },
  })
}

function hostOf({ account }: CloudView): string {
  if (account === null) return 'The cloud server'
  try {
    return new URL(account.url).host
  } catch {
    return account.url
  }
}
