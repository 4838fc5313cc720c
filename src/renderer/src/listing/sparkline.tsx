import { formatRate } from '@shared/format'
import { useCallback, useEffect, useRef, useSyncExternalStore, type ReactNode } from 'react'
import { currentRate, lastSeconds, onRate, rateHistory } from '../stores/rates'
import styles from './sparkline.module.css'

const SECONDS = 60
const WIDTH = 48
const HEIGHT = 16
/** Less than this a second draws no mountain: a keepalive is not traffic. */
const LEAST_SCALE = 1024

/** The last minute as a line. Drawn once a second without React, and only while it is on screen. */
export function Sparkline({ id }: { id: string }): ReactNode {
  const path = useRef<SVGPathElement>(null)
  useEffect(() => {
    const draw = (): void => {
      const history = rateHistory(id)
      path.current?.setAttribute('d', history === undefined ? flat : linePath(lastSeconds(history, SECONDS)))
    }
    draw()
    return onRate(id, draw)
  }, [id])
  return (
    <svg className={styles.spark} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path ref={path} fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" />
    </svg>
  )
}

/** The rate as text; the component draws again only when the text changes. */
export function Rate({ id }: { id: string }): ReactNode {
  const subscribe = useCallback((listener: () => void) => onRate(id, listener), [id])
  return useSyncExternalStore(
    subscribe,
    useCallback(() => formatRate(currentRate(id)), [id]),
  )
}

const flat = `M0 ${HEIGHT - 1}H${WIDTH}`

/** Unknown seconds are drawn at the floor: a line of 48 pixels has no room for a gap. */
export function linePath(values: readonly number[]): string {
  const most = Math.max(LEAST_SCALE, ...values.filter((value) => !Number.isNaN(value)))
  const step = WIDTH / (values.length - 1)
  const points = values.map((value, index) => {
    const share = Number.isNaN(value) ? 0 : value / most
    return `${(index * step).toFixed(1)} ${(HEIGHT - 1 - share * (HEIGHT - 2)).toFixed(1)}`
  })
  return `M${points.join('L')}`
}
