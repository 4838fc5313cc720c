import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useRef, type MouseEvent, type ReactNode, type RefObject } from 'react'
import { openMenu } from '../components/menu'
import { foldGroup } from '../stores/list'
import { chooseOnly, chooseRange, chooseToo, focusRow, useSelection } from '../stores/selection'
import type { Row } from './build-rows'
import { viewRows } from './current-rows'
import { offerFocus } from './focus'
import { GroupRow } from './group-row'
import { useListKeys } from './list-keys'
import styles from './list.module.css'
import { useListing, type Listing } from './listing'
import { groupEntries, rowEntries } from './menu'

const ROW_HEIGHT = 56
const GROUP_HEIGHT = 36
const OVERSCAN = 6

/** The rows, of which only those on screen exist, and the one with the focus, so that the focus is never lost. */
export function List({ rows }: { rows: readonly Row[] }): ReactNode {
  const listing = useListing()
  const { selection, Row } = listing
  const scroller = useRef<HTMLDivElement>(null)
  const body = useRef<HTMLDivElement>(null)
  const focused = useSelection(selection, (state) => state.focused)
  const focusedIndex = Math.max(
    0,
    rows.findIndex((row) => row.key === focused),
  )
  const grouped = rows[0]?.kind === 'group'
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === 'group' ? GROUP_HEIGHT : ROW_HEIGHT),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: OVERSCAN,
    rangeExtractor: useCallback(
      (range: Range) => {
        const indexes = defaultRangeExtractor(range)
        return indexes.includes(focusedIndex) ? indexes : [...indexes, focusedIndex].sort((a, b) => a - b)
      },
      [focusedIndex],
    ),
  })
  // Sizes depend on what stands where; without this a regrouped list keeps the old places.
  useLayoutEffect(() => {
    virtual.measure()
  }, [rows, virtual])

  const focusKey = useRowFocus({ listing, body, rows, focusedIndex, scrollTo: virtual.scrollToIndex })
  const onKeyDown = useListKeys({ listing, rows, focusedIndex, focusKey, page: () => pageOf(scroller.current) })

  return (
    <div
      ref={scroller}
      className={styles.scroller}
      onContextMenu={(event) => {
        openContextMenu(event, rows, listing)
      }}
    >
      <div
        ref={body}
        role={grouped ? 'treegrid' : 'grid'}
        aria-label={listing.title}
        aria-multiselectable="true"
        aria-rowcount={rows.length}
        className={styles.body}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          clickRow(event, rows, listing)
        }}
        onFocus={(event) => {
          const key = keyAt(event.target)
          if (key !== null && key !== selection.getState().focused) focusRow(selection, key)
        }}
      >
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          const place = { position: index + 1, top: start, reachable: index === focusedIndex }
          if (row.kind === 'group') return <GroupRow key={key} group={row} {...place} />
          return <Row key={key} rowKey={row.key} id={row.id} level={grouped ? 2 : null} {...place} />
        })}
      </div>
    </div>
  )
}

interface RowFocus {
  readonly listing: Listing
  readonly body: RefObject<HTMLDivElement | null>
  readonly rows: readonly Row[]
  readonly focusedIndex: number
  readonly scrollTo: (index: number) => void
}

/** Gives the focus to a row that may not exist yet, and to its neighbour when it is gone. */
function useRowFocus({ listing, body, rows, focusedIndex, scrollTo }: RowFocus): (key: string) => void {
  const { selection } = listing
  const wanted = useRef<string | null>(null)
  const had = useRef(false)
  const lastIndex = useRef(focusedIndex)

  const focusKey = useCallback(
    (key: string) => {
      wanted.current = key
      focusRow(selection, key)
      const index = rows.findIndex((row) => row.key === key)
      if (index >= 0) scrollTo(index)
      focusElement(body.current, wanted)
    },
    [body, rows, scrollTo, selection],
  )

  useLayoutEffect(() => {
    const { focused } = selection.getState()
    const gone = focused !== null && !rows.some((row) => row.key === focused)
    if (gone) {
      const next = rows[Math.min(lastIndex.current, rows.length - 1)]
      focusRow(selection, next?.key ?? null)
      if (had.current && document.activeElement === document.body) wanted.current = next?.key ?? null
    } else lastIndex.current = focusedIndex
    focusElement(body.current, wanted)
  })

  useEffect(() => {
    const element = body.current
    if (element === null) return
    const gain = (): void => {
      had.current = true
    }
    const lose = (event: FocusEvent): void => {
      // Without a new owner the row itself may be gone; the effect above decides.
      if (event.relatedTarget instanceof Node && !element.contains(event.relatedTarget)) had.current = false
    }
    element.addEventListener('focusin', gain)
    element.addEventListener('focusout', lose)
    return () => {
      element.removeEventListener('focusin', gain)
      element.removeEventListener('focusout', lose)
    }
  }, [body])

  useEffect(
    () =>
      offerFocus('list', (key) => {
        const target = key ?? selection.getState().focused ?? rows[0]?.key
        if (target !== undefined) focusKey(rows.some((row) => row.key === target) ? target : (rows[0]?.key ?? target))
      }),
    [focusKey, rows, selection],
  )
  return focusKey
}

function focusElement(body: HTMLElement | null, wanted: { current: string | null }): void {
  if (wanted.current === null || body === null) return
  for (const child of body.children) {
    if (!(child instanceof HTMLElement) || child.dataset.rowKey !== wanted.current) continue
    wanted.current = null
    child.focus({ preventScroll: true })
    return
  }
}

function keyAt(target: EventTarget): string | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('[data-row-key]') : null
  return row?.dataset.rowKey ?? null
}

/** A press chooses and, alone, shows the details; with Ctrl or ⌘ it adds, with Shift it reaches. */
function clickRow(event: MouseEvent, rows: readonly Row[], listing: Listing): void {
  const { list, selection } = listing
  const row = rows.find(({ key }) => key === keyAt(event.target))
  if (row === undefined || (event.target instanceof Element && event.target.closest('button') !== null)) return
  if (row.kind === 'group') foldGroup(list, row.key)
  else if (event.shiftKey) chooseRange(selection, row, viewRows(listing))
  else if (event.ctrlKey || event.metaKey) chooseToo(selection, row)
  else {
    chooseOnly(selection, row)
    // An open form may hold what was typed: only Enter or the menu replaces it.
    if (listing.paneOf() !== 'editor') listing.showDetail(row.id)
  }
}

function openContextMenu(event: MouseEvent, rows: readonly Row[], listing: Listing): void {
  const { selection } = listing
  const row = rows.find(({ key }) => key === keyAt(event.target))
  const anchor = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row-key]') : null
  if (row === undefined || anchor === null) return
  event.preventDefault()
  // The menu key has no pointer: the menu then hangs from the row.
  const at = event.clientX === 0 && event.clientY === 0 ? null : { x: event.clientX, y: event.clientY }
  if (row.kind === 'group') {
    openMenu({ label: row.title, anchor, at, entries: groupEntries(listing, row.title, row.ids) })
    return
  }
  if (!selection.getState().chosen.has(row.id)) chooseOnly(selection, row)
  openMenu({ label: listing.one, anchor, at, entries: rowEntries(listing, row.id) })
}

function pageOf(scroller: HTMLElement | null): number {
  return Math.max(1, Math.floor((scroller?.clientHeight ?? ROW_HEIGHT) / ROW_HEIGHT) - 1)
}
