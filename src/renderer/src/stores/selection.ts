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

/** Only this one. */
export function chooseOnly(id: string): void {
  selectionStore.setState({ focused: id, anchor: id, chosen: new Set([id]) })
}

/** In or out, the others stay (Ctrl-click). */
export function chooseToo(id: string): void {
  selectionStore.setState((state) => {
    const chosen = new Set(state.chosen)
    if (!chosen.delete(id)) chosen.add(id)
    return { focused: id, anchor: id, chosen }
  })
}

/** From the anchor to this one, in the order on screen (shift-click). */
export function chooseRange(id: string, order: readonly string[]): void {
  selectionStore.setState((state) => {
    const from = order.indexOf(state.anchor ?? id)
    const to = order.indexOf(id)
    if (from < 0 || to < 0) return { focused: id, anchor: id, chosen: new Set([id]) }
    return { focused: id, chosen: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)) }
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
