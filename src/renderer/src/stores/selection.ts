/** Which row has the focus and which are chosen. Ids, so that they survive sorting and filtering. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface SelectionState {
  /** Key of the row that has, or last had, the focus: a forward's id or a group's key. */
  readonly focused: string | null
  readonly chosen: ReadonlySet<string>
  /** Where a shift-click or shift-arrow begins. */
  readonly anchor: string | null
}

const none: ReadonlySet<string> = new Set()
export const selectionStore = createStore<SelectionState>(() => ({ focused: null, chosen: none, anchor: null }))

export function focusRow(key: string | null): void {
  selectionStore.setState({ focused: key })
}

/** A row on screen; one forward has several where it has several tags. */
export interface RowRef {
  readonly key: string
  readonly id: string
}

/** Only this one. */
export function chooseOnly({ key, id }: RowRef): void {
  selectionStore.setState({ focused: key, anchor: key, chosen: new Set([id]) })
}

/** In or out, the others stay (Ctrl-click). */
export function chooseToo({ key, id }: RowRef): void {
  selectionStore.setState((state) => {
    const chosen = new Set(state.chosen)
    if (!chosen.delete(id)) chosen.add(id)
    return { focused: key, anchor: key, chosen }
  })
}

/** From the anchor to this one, in the order on screen (shift-click). */
export function chooseRange(row: RowRef, order: readonly RowRef[]): void {
  selectionStore.setState((state) => {
    const from = order.findIndex(({ key }) => key === (state.anchor ?? row.key))
    const to = order.findIndex(({ key }) => key === row.key)
    if (from < 0 || to < 0) return { focused: row.key, anchor: row.key, chosen: new Set([row.id]) }
    const range = order.slice(Math.min(from, to), Math.max(from, to) + 1)
    return { focused: row.key, chosen: new Set(range.map(({ id }) => id)) }
  })
}

export function chooseAll(ids: readonly string[]): void {
  selectionStore.setState({ chosen: new Set(ids) })
}

export function chooseNone(): void {
  selectionStore.setState({ chosen: none })
}

/** Ids that no longer exist cannot stay chosen. */
export function keepChosen(exists: (id: string) => boolean): void {
  const { chosen } = selectionStore.getState()
  const kept = [...chosen].filter(exists)
  if (kept.length !== chosen.size) selectionStore.setState({ chosen: new Set(kept) })
}

export function useSelection<T>(select: (state: SelectionState) => T): T {
  return useStore(selectionStore, select)
}
