import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import styles from './tips.module.css'

const DELAY_MS = 500
const GAP = 6
/** Between a tip and the edge of the window. */
const EDGE = 4

interface Tip {
  readonly text: string
  readonly left: number
  readonly top: number
  readonly above: boolean
}

/**
 * Shows the tip of whatever carries `data-tip` under the pointer or the keyboard focus; with `data-tip-when="cut"` only
 * while its text is cut off.
 *
 * One layer for the whole window: a tip per button would cost a list of a thousand rows. The text is also the control's
 * accessible name, so the tip itself is hidden from screen readers.
 */
export function Tips(): ReactNode {
  const [tip, setTip] = useState<Tip | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const shown = useRef<HTMLDivElement>(null)

  // Only the text, once laid out, says how wide it is.
  useLayoutEffect(() => {
    if (tip === null || shown.current === null) return
    const half = shown.current.offsetWidth / 2 + EDGE
    const left = Math.min(Math.max(tip.left, half), window.innerWidth - half)
    if (left !== tip.left) setTip({ ...tip, left })
  }, [tip])

  useEffect(() => {
    const hide = (): void => {
      clearTimeout(timer.current)
      setTip(null)
    }
    const showSoon = (target: EventTarget | null, delay: number): void => {
      hide()
      const owner = target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null
      if (owner === null) return
      timer.current = setTimeout(() => {
        if (owner.dataset.tipWhen === 'cut' && owner.scrollWidth <= owner.clientWidth) return
        if (owner.isConnected && owner.getAttribute('aria-expanded') !== 'true') setTip(place(owner))
      }, delay)
    }
    const onOver = (event: PointerEvent): void => {
      showSoon(event.target, DELAY_MS)
    }
    const onFocus = (event: FocusEvent): void => {
      if (event.target instanceof Element && event.target.matches(':focus-visible')) showSoon(event.target, 0)
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide()
    }
    document.addEventListener('pointerover', onOver)
    document.addEventListener('focusin', onFocus)
    document.addEventListener('focusout', hide)
    document.addEventListener('pointerdown', hide)
    document.addEventListener('keydown', onKey)
    document.addEventListener('scroll', hide, true)
    return () => {
      hide()
      document.removeEventListener('pointerover', onOver)
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('focusout', hide)
      document.removeEventListener('pointerdown', hide)
      document.removeEventListener('keydown', onKey)
      document.removeEventListener('scroll', hide, true)
    }
  }, [])

  if (tip === null) return null
  return (
    <div
      ref={shown}
      aria-hidden="true"
      className={tip.above ? `${styles.tip} ${styles.above}` : styles.tip}
      style={{ left: tip.left, top: tip.top }}
    >
      {tip.text}
    </div>
  )
}

function place(owner: HTMLElement): Tip {
  const box = owner.getBoundingClientRect()
  const above = box.bottom + 40 > window.innerHeight
  return {
    text: owner.dataset.tip ?? '',
    left: box.left + box.width / 2,
    top: above ? box.top - GAP : box.bottom + GAP,
    above,
  }
}
