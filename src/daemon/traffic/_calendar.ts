/** Hours, days and months: hours are those of UTC, days and months those of the machine's time zone. */

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
const MINUTES_PER_HOUR = 60

/** What bytes are booked to. Lies within one hour of UTC and one day of the zone. */
export interface Bucket {
  /** Unix seconds of the begin of the hour. */
  readonly hour: number
  /** `YYYY-MM-DD`. */
  readonly day: string
  /** Milliseconds; from then on, and before, it is another bucket. */
  readonly begin: number
  readonly end: number
}

/** The bucket of a moment. Where midnight lies within an hour of UTC (India, Nepal), that hour has two. */
export function bucketAt(ms: number): Bucket {
  const hourBegin = Math.floor(ms / HOUR_MS) * HOUR_MS
  const day = dayOf(ms)
  return {
    hour: hourBegin / SECOND_MS,
    day,
    begin: Math.max(hourBegin, dayBegin(day)),
    end: Math.min(hourBegin + HOUR_MS, dayEnd(day)),
  }
}

export function dayOf(ms: number): string {
  const date = new Date(ms)
  return `${String(date.getFullYear()).padStart(4, '0')}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

export function monthOf(day: string): string {
  return day.slice(0, 'YYYY-MM'.length)
}

/** Midnight; where the clock skips it, the first moment of the day. */
export function dayBegin(day: string): number {
  const [year, month, date] = parts(day)
  return new Date(year, month, date).getTime()
}

/** The day has 23 or 25 hours when the clock is set for summer. */
export function dayEnd(day: string): number {
  const [year, month, date] = parts(day)
  return new Date(year, month, date + 1).getTime()
}

export function monthEnd(day: string): number {
  const [year, month] = parts(day)
  return new Date(year, month + 1, 1).getTime()
}

/** The first day that begins at `ms` or later. */
export function firstDayFrom(ms: number): string {
  const day = dayOf(ms)
  return dayBegin(day) >= ms ? day : dayOf(dayEnd(day))
}

/** ISO 8601 with the offset of the zone at that moment, so that the two hours of a clock set back stay apart. */
export function localIso(ms: number): string {
  const date = new Date(ms)
  const offset = -date.getTimezoneOffset()
  const sign = offset < 0 ? '-' : '+'
  const minutes = Math.abs(offset)
  const zone = `${sign}${pad(Math.floor(minutes / MINUTES_PER_HOUR))}:${pad(minutes % MINUTES_PER_HOUR)}`
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
  return `${dayOf(ms)}T${time}${zone}`
}

// --- internal ---

function parts(day: string): [number, number, number] {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return [year, month - 1, date]
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
