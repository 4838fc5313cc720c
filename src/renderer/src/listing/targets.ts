/** Which rows a key or a menu item means. */
import { viewRows } from './current-rows'
import type { Listing } from './listing'

/** The chosen ones; else the one with the focus; else the one in the pane. */
export function targetIds(listing: Listing): readonly string[] {
  const { chosen, focused } = listing.selection.getState()
  if (chosen.size > 0) return [...chosen]
  const row = viewRows(listing).find(({ key }) => key === focused)
  if (row !== undefined) return [row.id]
  const pane = listing.paneOf()
  return pane === null || pane === 'editor' ? [] : [pane.detail]
}

/** What a row's menu acts on: the whole choice when the row belongs to it, the row alone otherwise. */
export function idsFor({ selection }: Listing, id: string): readonly string[] {
  const { chosen } = selection.getState()
  return chosen.has(id) ? [...chosen] : [id]
}

/** One is switched; of many, those that are off are started, and only when none is off all are stopped. */
export async function toggleAll({ views, actions }: Listing, ids: readonly string[]): Promise<void> {
  const [only] = ids
  if (only !== undefined && ids.length === 1) {
    await actions.toggle(only)
    return
  }
  const { byId } = views.getState()
  const off = ids.filter((id) => byId.get(id)?.snapshot.wanted === false)
  await (off.length > 0 ? actions.start(off) : actions.stop(ids))
}
