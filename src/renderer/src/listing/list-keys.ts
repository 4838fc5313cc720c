/** ↑↓ move, Space switches, Enter opens, ← → fold; Shift reaches, and the other keys are for the whole window. */
import type { KeyboardEvent } from 'react'
import { foldGroup } from '../stores/list'
import { chooseOnly, chooseRange } from '../stores/selection'
import type { Row } from './build-rows'
import { viewRows } from './current-rows'
import type { Listing } from './listing'
import { idsFor, toggleAll } from './targets'

export interface ListKeys {
  readonly listing: Listing
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
    if (act(event, row, list.listing)) event.preventDefault()
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

function move({ listing, rows, focusKey }: ListKeys, index: number, reach: boolean): void {
  const row = rows[index]
  if (row === undefined) return
  if (row.kind === 'view') {
    if (reach) chooseRange(listing.selection, row, viewRows(listing))
    else {
      chooseOnly(listing.selection, row)
      // Open details follow; in a narrow window they cover the list, and there is nothing to follow.
      if (showsDetail(listing)) listing.showDetail(row.id)
    }
  }
  focusKey(row.key)
}

/** True when the key meant something. */
function act(event: KeyboardEvent, row: Row, listing: Listing): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  if (row.kind === 'group') {
    if (event.key === 'Enter' || event.key === ' ') foldGroup(listing.list, row.key)
    else if (event.key === 'ArrowLeft') foldGroup(listing.list, row.key, true)
    else if (event.key === 'ArrowRight') foldGroup(listing.list, row.key, false)
    else return false
    return true
  }
  if (event.key === ' ') void toggleAll(listing, idsFor(listing, row.id))
  else if (event.key === 'Enter') listing.showDetail(row.id)
  else return false
  return true
}

function showsDetail(listing: Listing): boolean {
  const pane = listing.paneOf()
  return pane !== null && pane !== 'editor'
}
