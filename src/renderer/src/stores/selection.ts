/** Which row of a list has the focus and which are chosen. Ids, so that they survive sorting and filtering. */
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'

export interface SelectionState {
  /** Key of the row that has, or last had, the focus: that of a forward or relay, or of a group. */
  readonly focused: string | null
  readonly chosen: ReadonlySet<string>
  /** Where a shift-click or shift-arrow begins. */
  readonly anchor: string | null
}

const none: ReadonlySet<string> = new Set()

/** The selection of one list. */
export type Selection = StoreApi<SelectionState>
const createSelection = (): Selection =>
  createStore<SelectionState>(() => ({ focused: null, chosen: none, anchor: null }))

export const selections = { forwards: createSelection(), relays: createSelection() } as const

export function focusRow(selection: Selection, key: string | null): void {
  selection.setState({ focused: key })
}

/** A row on screen; what has several tags has several of them. */
export interface RowRef {
  readonly key: string
  readonly id: string
}

/** Only this one. */
export function chooseOnly(selection: Selection, { key, id }: RowRef): void {
  selection.setState({ focused: key, anchor: key, chosen: new Set([id]) })
}

/** In or out, the others stay (Ctrl-click). */
export function chooseToo(selection: Selection, { key, id }: RowRef): void {
  selection.setState((state) => {
    const chosen = new Set(state.chosen)
    if (!chosen.delete(id)) chosen.add(id)
    return { focused: key, anchor: key, chosen }
  })
}

/** From the anchor to this one, in the order on screen (shift-click). */
export function chooseRange(selection: Selection, row: RowRef, order: readonly RowRef[]): void {
  selection.setState((state) => {
    const from = order.findIndex(({ key }) => key === (state.anchor ?? row.key))
    const to = order.findIndex(({ key }) => key === row.key)
    if (from < 0 || to < 0) return { focused: row.key, anchor: row.key, chosen: new Set([row.id]) }
    const range = order.slice(Math.min(from, to), Math.max(from, to) + 1)
    return { focused: row.key, chosen: new Set(range.map(({ id }) => id)) }
  })
}

export function chooseAll(selection: Selection, ids: readonly string[]): void {
  selection.setState({ chosen: new Set(ids) })
}

export function chooseNone(selection: Selection): void {
  selection.setState({ chosen: none })
}

/** Ids that no longer exist cannot stay chosen. */
export function keepChosen(selection: Selection, exists: (id: string) => boolean): void {
  const { chosen } = selection.getState()
  const kept = [...chosen].filter(exists)
  if (kept.length !== chosen.size) selection.setState({ chosen: new Set(kept) })
}

export function useSelection<T>(selection: Selection, select: (state: SelectionState) => T): T {
  return useStore(selection, select)
}
