/** What a person does with where forwards are kept. */
import { PERSONAL } from '@shared/cloud-views'
import { plural } from '@shared/format'
import type { ForwardView } from '@shared/snapshots'
import { confirmAction } from '../components/confirm'
import type { MenuEntry } from '../components/menu'
import { showToast } from '../components/toasts'
import { LOCAL, moveMeaning, notShareable, spaceOf, spacesOf, takesAway, type Space } from '../sharing/words'
import { valueOf } from './call'
import { cloudStore } from './cloud'
import { getForwards, mergeForwards } from './forwards'
import { getServer } from './servers'
import { showCloud } from './ui'
import { offerUndo } from './undo'

/** Moves forwards that can be moved, after a question where others lose them; says what could not and why. */
export async function moveForwards(ids: readonly string[], to: Space): Promise<void> {
  const views = getForwards(ids).filter((view) => spaceOf(view.cloud).namespace !== to.namespace)
  const movable = views.filter((view) => hindrance(view, to) === null)
  const [first] = movable
  if (first === undefined) {
    sayStuck(views, to)
    return
  }
  if (!(await mayTakeAway(movable, to))) return
  const before = movable.map((view) => ({ id: view.spec.id, space: spaceOf(view.cloud) }))
  const moved = await valueOf(
    window.api.daemon['cloud.share']({ ids: movable.map((view) => view.spec.id), namespace: to.namespace }),
  )
  if (moved === null) return
  mergeForwards(moved)
  offerUndo(doneLine(movable, to), () => moveBack(before))
  sayStuck(
    views.filter((view) => !movable.includes(view)),
    to,
  )
}

/** Asks before others lose a forward. */
export async function mayTakeAway(views: readonly Pick<ForwardView, 'spec' | 'cloud'>[], to: Space): Promise<boolean> {
  const leaving = views.filter((view) => takesAway(spaceOf(view.cloud), to))
  const [first] = leaving
  if (first === undefined) return true
  const what = leaving.length === 1 ? first.spec.name : plural(leaving.length, 'forward')
  return confirmAction({
    title: to.namespace === LOCAL ? `Stop sharing ${what}?` : `Move ${what} to ${to.name}?`,
    body: moveMeaning(spaceOf(first.cloud), to),
    action: to.namespace === LOCAL ? 'Stop sharing' : 'Move',
    cancel: 'Keep sharing',
  })
}

/** Where forwards can go, as a menu in a menu; nothing without an account. */
export function moveMenu(ids: readonly string[]): readonly MenuEntry[] {
  const entries = moveEntries(ids)
  return entries.length === 0 ? [] : [{ kind: 'menu', label: 'Keep in', entries }]
}

/** Where forwards can go, as entries of a menu; empty without an account. */
export function moveEntries(ids: readonly string[]): readonly MenuEntry[] {
  const { view } = cloudStore.getState()
  const views = getForwards(ids)
  if (view === null || view.account === null || views.length === 0) return []
  const here = new Set(views.map(({ cloud }) => spaceOf(cloud).namespace))
  return spacesOf(view).map((space) => ({
    kind: 'item',
    label: space.name,
    checked: here.size === 1 && here.has(space.namespace),
    disabled: !views.some((each) => hindrance(each, space) === null),
    onSelect: () => void moveForwards(ids, space),
  }))
}

/** Shows the decision that waits for a forward. */
export function showConflictOf(forwardId: string): void {
  const conflict = cloudStore.getState().conflicts.find((each) => each.forwardId === forwardId)
  showCloud({ kind: 'inbox', conflictId: conflict?.id ?? null })
}

/** Why a forward cannot go there; `null` when it can, or is there already. */
export function hindrance({ spec, cloud }: Pick<ForwardView, 'spec' | 'cloud'>, to: Space): string | null {
  const from = spaceOf(cloud)
  if (from.namespace === to.namespace) return null
  if (!from.mayWrite)
    return `${spec.name} belongs to ${from.name}, where your role is User. Duplicate it to have your own.`
  if (!to.mayWrite) return `Your role in ${to.name} is User: you may run its forwards, not add any.`
  return to.namespace === LOCAL ? null : notShareable(spec, getServer(spec.serverId))
}

// --- internal ---

async function moveBack(before: readonly { readonly id: string; readonly space: Space }[]): Promise<void> {
  for (const namespace of new Set(before.map(({ space }) => space.namespace))) {
    const ids = before.filter(({ space }) => space.namespace === namespace).map(({ id }) => id)
    const moved = await valueOf(window.api.daemon['cloud.share']({ ids, namespace }))
    if (moved !== null) mergeForwards(moved)
  }
}

function doneLine(views: readonly ForwardView[], to: Space): string {
  const [first] = views
  const what = views.length === 1 && first !== undefined ? first.spec.name : plural(views.length, 'forward')
  const verb = views.length === 1 ? 'is' : 'are'
  if (to.namespace === LOCAL) return `${what} ${verb} on this machine only now.`
  return to.namespace === PERSONAL
    ? `${what} ${verb} in your account now.`
    : `${what} ${verb} shared with ${to.name} now.`
}

function sayStuck(views: readonly ForwardView[], to: Space): void {
  const [first] = views
  const why = first === undefined ? null : hindrance(first, to)
  if (first === undefined || why === null) return
  const who = views.length === 1 ? first.spec.name : `${first.spec.name} and ${plural(views.length - 1, 'other')}`
  showToast({ tone: 'fault', text: `${who} cannot be moved to ${to.name}.`, more: why })
}
