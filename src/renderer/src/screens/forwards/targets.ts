/** Which forwards a key or a menu item means. */
import { getForwards } from '../../stores/forwards'
import { startForwards, stopForwards, toggleForward } from '../../stores/forward-actions'
import { selectionStore } from '../../stores/selection'
import { uiStore } from '../../stores/ui'
import { forwardRows } from './current-rows'

/** The chosen ones; else the one with the focus; else the one in the pane. */
export function targetIds(): readonly string[] {
  const { chosen, focused } = selectionStore.getState()
  if (chosen.size > 0) return [...chosen]
  const row = forwardRows().find(({ key }) => key === focused)
  if (row !== undefined) return [row.id]
  const { pane } = uiStore.getState()
  return pane?.kind === 'detail' ? [pane.forwardId] : []
}

/** What a row's menu acts on: the whole choice when the row belongs to it, the row alone otherwise. */
export function idsFor(id: string): readonly string[] {
  const { chosen } = selectionStore.getState()
  return chosen.has(id) ? [...chosen] : [id]
}

/** One is switched; of many, those that are off are started, and only when none is off all are stopped. */
export async function toggleForwards(ids: readonly string[]): Promise<void> {
  const [only] = ids
  if (only !== undefined && ids.length === 1) {
    await toggleForward(only)
    return
  }
  const off = getForwards(ids).filter((view) => !view.snapshot.wanted)
  if (off.length > 0) await startForwards(off.map((view) => view.spec.id))
  else await stopForwards(ids)
}
