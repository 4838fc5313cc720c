import { Suspense, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { Skeleton } from '../components/skeleton'
import { focusBackToList } from '../listing/focus'
import { changeSettings, useSetting } from '../stores/settings'
import { useCovers } from './covers'
import styles from './pane.module.css'

/** What settings.ts allows. */
const NARROWEST = 280
const WIDEST = 900
const DEFAULT_WIDTH = 380
const STEP = 16

export interface PaneProps {
  /** Its name; `null` while it is closed. */
  label: string | null
  children: ReactNode
}

/** The right side: a detail or a form. Its width is remembered; in a narrow window it covers the list. */
export function Pane({ label, children }: PaneProps): ReactNode {
  const saved = useSetting('detailWidth', DEFAULT_WIDTH)
  const [dragged, setDragged] = useState<number | null>(null)
  const open = label !== null
  const covers = useCovers()
  const aside = useRef<HTMLElement>(null)
  const wasOpen = useRef(false)
  useEffect(() => {
    if (wasOpen.current && !open) focusBackToList()
    wasOpen.current = open
  }, [open])
  useEffect(() => {
    // What lies under the pane cannot keep the focus.
    if (open && covers && aside.current?.contains(document.activeElement) === false) aside.current.focus()
  }, [open, covers])
  if (label === null) return null
  const width = dragged ?? saved
  return (
    <aside ref={aside} tabIndex={-1} className={styles.pane} style={{ width }} aria-label={label}>
      <Divider
        width={width}
        onDrag={setDragged}
        onDone={(final) => {
          setDragged(null)
          void changeSettings({ detailWidth: final })
        }}
      />
      <Suspense fallback={<Skeleton rows={3} />}>{children}</Suspense>
    </aside>
  )
}

function Divider(props: {
  width: number
  onDrag: (width: number) => void
  onDone: (width: number) => void
}): ReactNode {
  const start = useRef<{ readonly x: number; readonly width: number } | null>(null)
  const at = (event: PointerEvent): number =>
    start.current === null ? props.width : clamp(start.current.width + start.current.x - event.clientX)
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? STEP : event.key === 'ArrowRight' ? -STEP : 0
    if (step === 0) return
    event.preventDefault()
    event.stopPropagation()
    props.onDone(clamp(props.width + step))
  }
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the pane"
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      aria-valuenow={Math.round(props.width)}
      tabIndex={0}
      className={styles.divider}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { x: event.clientX, width: props.width }
      }}
      onPointerMove={(event) => {
        if (start.current !== null) props.onDrag(at(event))
      }}
      onPointerUp={(event) => {
        if (start.current === null) return
        const final = at(event)
        start.current = null
        props.onDone(final)
      }}
    />
  )
}

function clamp(width: number): number {
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)))
}
