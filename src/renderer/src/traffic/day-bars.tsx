import { formatBytes } from '@shared/format'
import type { TrafficRow } from '@shared/traffic'
import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import styles from './day-bars.module.css'
import { DAYS_SHOWN, dayName, dayWords, fillDays, lastDays, sumDays, type Day } from './days'

/** Units of the drawing's height; it is stretched to the place. */
const TALL = 100
/** The least that is seen of a day on which something moved. */
const LEAST = 2
/** Of the width of a day. */
const BAR = 0.72

export interface DayBarsProps {
  rows: readonly TrafficRow[]
  /** Milliseconds since the epoch; only tests and pictures say it. */
  now?: number | undefined
}

/**
 * What moved on each of the last 30 days: down from the line upwards, up from the line downwards.
 *
 * One stop of the keyboard; the arrow keys go from day to day, and the day is read out as the value of a slider.
 */
export function DayBars({ rows, now: given }: DayBarsProps): ReactNode {
  const now = new Date(given ?? Date.now())
  const days = fillDays(lastDays(now, DAYS_SHOWN), rows)
  const [at, setAt] = useState<number | null>(null)
  const chosen = at === null ? undefined : days[at]
  const last = days.length - 1
  if (days.every((day) => day.up + day.down + day.connections === 0)) {
    return <p className={styles.caption}>Nothing moved in the last 30 days.</p>
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextDay(event.key, at ?? last, last)
    if (next === null) return
    event.preventDefault()
    event.stopPropagation()
    setAt(next)
  }
  const onPointerMove = (event: PointerEvent): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    if (width > 0) setAt(Math.max(0, Math.min(last, Math.floor(((event.clientX - left) / width) * days.length))))
  }
  const leave = (): void => {
    setAt(null)
  }
  const valued = chosen ?? days[last]
  return (
    <figure className={styles.figure}>
      <div
        className={styles.plot}
        role="slider"
        tabIndex={0}
        aria-label="Day of the last 30"
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={days.length}
        aria-valuenow={(at ?? last) + 1}
        aria-valuetext={valued === undefined ? undefined : `${dayName(valued, now)}: ${dayWords(valued)}`}
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
        onPointerLeave={leave}
        onFocus={() => {
          setAt((known) => known ?? last)
        }}
        onBlur={leave}
      >
        <Bars days={days} at={at} />
      </div>
      <figcaption className={styles.caption}>
        <Caption days={days} chosen={chosen} now={now} />
      </figcaption>
    </figure>
  )
}

// --- internal ---

function Bars({ days, at }: { days: readonly Day[]; at: number | null }): ReactNode {
  const up = Math.max(...days.map((day) => day.up))
  const down = Math.max(...days.map((day) => day.down))
  const most = up + down
  // The line lies where both sides find room at one scale.
  const line = most === 0 ? TALL : Math.min(TALL - LEAST, Math.max(LEAST, (down / most) * TALL))
  const height = (bytes: number): number => (bytes === 0 ? 0 : Math.max(LEAST, (bytes / most) * TALL))
  return (
    <svg viewBox={`0 0 ${days.length} ${TALL}`} preserveAspectRatio="none" className={styles.bars} aria-hidden="true">
      {at !== null && <rect x={at} y={0} width={1} height={TALL} className={styles.chosen} />}
      {days.map((day, index) => {
        const x = index + (1 - BAR) / 2
        return (
          <g key={day.key}>
            <rect x={x} y={line - height(day.down)} width={BAR} height={height(day.down)} className={styles.down} />
            <rect x={x} y={line} width={BAR} height={height(day.up)} className={styles.up} />
          </g>
        )
      })}
      <line x1={0} x2={days.length} y1={line} y2={line} className={styles.line} />
    </svg>
  )
}

function Caption({ days, chosen, now }: { days: readonly Day[]; chosen: Day | undefined; now: Date }): ReactNode {
  if (chosen !== undefined) {
    return (
      <>
        <span>{dayName(chosen, now)}</span>
        <span>{dayWords(chosen)}</span>
      </>
    )
  }
  const sum = sumDays(days)
  return (
    <>
      <span>Last 30 days</span>
      <span>
        {formatBytes(sum.up)} up, {formatBytes(sum.down)} down
      </span>
    </>
  )
}

function nextDay(key: string, at: number, last: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, at - 1)
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(last, at + 1)
    case 'PageUp':
      return Math.min(last, at + 7)
    case 'PageDown':
      return Math.max(0, at - 7)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}
