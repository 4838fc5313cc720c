/** The last days with what moved on each, also those without a row. Pure. */
import { formatBytes, plural } from '@shared/format'
import type { TrafficRow } from '@shared/traffic'

export interface Day {
  /** `2026-01-05` where the person is. */
  readonly key: string
  /** Its midnight. */
  readonly date: Date
  readonly up: number
  readonly down: number
  readonly connections: number
}

export const DAYS_SHOWN = 30

/** `count` days up to today, oldest first, empty. Counted in days of the calendar: some have 23 or 25 hours. */
export function lastDays(now: Date, count: number): readonly Day[] {
  return Array.from({ length: count }, (_, index) => {
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (count - 1 - index))
    return { key: keyOf(date), date, up: 0, down: 0, connections: 0 }
  })
}

/** The same with what the rows say. A row begins with its day where the daemon is, which is this machine. */
export function fillDays(days: readonly Day[], rows: readonly TrafficRow[]): readonly Day[] {
  const byKey = new Map(rows.map((row) => [row.from.slice(0, 'YYYY-MM-DD'.length), row]))
  return days.map((day) => {
    const row = byKey.get(day.key)
    return row === undefined ? day : { ...day, up: row.up, down: row.down, connections: row.connections }
  })
}

export function sumDays(days: readonly Day[]): { readonly up: number; readonly down: number } {
  return days.reduce((sum, day) => ({ up: sum.up + day.up, down: sum.down + day.down }), { up: 0, down: 0 })
}

/** `Tuesday, 3 November`, with its year where that is another one. */
export function dayName(day: Day, now: Date): string {
  const key = keyOf(now)
  if (day.key === key) return 'Today'
  const year = day.date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const)
  return day.date.toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short', ...year })
}

/** `1.2 MB up, 34 MB down, 12 connections`. */
export function dayWords(day: Day): string {
  if (day.up + day.down + day.connections === 0) return 'nothing'
  return `${formatBytes(day.up)} up, ${formatBytes(day.down)} down, ${plural(day.connections, 'connection')}`
}

// --- internal ---

function keyOf(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
