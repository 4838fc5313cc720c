/** ↑↓ move, Space switches, Enter opens, ← → fold; Shift reaches, and the other keys are for the whole window. */
import type { KeyboardEvent } from 'react'
import { chooseOnly, chooseRange } from '../../stores/selection'
import { foldGroup } from '../../stores/list'
import { showDetail, uiStore } from '../../stores/ui'
import { forwardRows } from './current-rows'
import type { Row } from './rows'
import { idsFor, toggleForwards } from './targets'

export interface ListKeys {
  readonly rows: readonly Row[]
  readonly focusedIndex: number
  readonly focusKey: (key: string) => void
  /** Rows that fit on screen. */
  readonly page: () => number
}

export function useListKeys(list: ListKeys): (event: KeyboardEvent) => void {
  return (event) => {
    const row = list.rows[list.focusedIndex]
    if (row === undefined || event.defaultPrevented) return
    const target = destination(event, list)
    if (target !== null) {
      event.preventDefault()
      move(list, target, event.shiftKey)
      return
    }
    // Inside a row Space and Enter belong to the button that has the focus.
    if (event.target instanceof Element && event.target.closest('button') !== null) return
    if (act(event, row)) event.preventDefault()
  }
}

// --- internal ---

function destination(event: KeyboardEvent, { rows, focusedIndex, page }: ListKeys): number | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  const last = rows.length - 1
  switch (event.key) {
    case 'ArrowDown':
      return Math.min(last, focusedIndex + 1)
    case 'ArrowUp':
      return Math.max(0, focusedIndex - 1)
    case 'PageDown':
      return Math.min(last, focusedIndex + page())
    case 'PageUp':
      return Math.max(0, focusedIndex - page())
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}

function move({ rows, focusKey }: ListKeys, index: number, reach: boolean): void {
  const row = rows[index]
  if (row === undefined) return
  if (row.kind === 'forward') {
    if (reach) chooseRange(row, forwardRows())
    else {
      chooseOnly(row)
      // Open details follow; in a narrow window they cover the list, and there is nothing to follow.
      if (uiStore.getState().pane?.kind === 'detail') showDetail(row.id)
    }
  }
  focusKey(row.key)
}

/** True when the key meant something. */
function act(event: KeyboardEvent, row: Row): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  if (row.kind === 'group') {
    if (event.key === 'Enter' || event.key === ' ') foldGroup(row.key)
    else if (event.key === 'ArrowLeft') foldGroup(row.key, true)
    else if (event.key === 'ArrowRight') foldGroup(row.key, false)
    else return false
    return true
  }
  if (event.key === ' ') void toggleForwards(idsFor(row.id))
  else if (event.key === 'Enter') showDetail(row.id)
  else return false
  return true
}
