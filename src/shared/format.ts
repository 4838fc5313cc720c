/** Figures for people: the same in the window, the tray and the command line. */

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const SIZE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
const SIZE_STEP = 1024
/** From here a figure needs no decimal to be read well. */
const WHOLE_FROM = 100

/** A size in binary multiples written as KB, MB, GB: `0 B`, `812 B`, `1.2 KB`, `34.5 MB`, `512 GB`. */
export function formatBytes(bytes: number): string {
  let value = Number.isFinite(bytes) ? Math.max(0, bytes) : 0
  let unit = 0
  // Half a step before 1024 the rounded figure would read "1024 KB".
  while (unit < SIZE_UNITS.length - 1 && value >= SIZE_STEP - 0.5) {
    value /= SIZE_STEP
    unit++
  }
  const figure = unit === 0 || value >= WHOLE_FROM - 0.05 ? String(Math.round(value)) : value.toFixed(1)
  return `${figure} ${SIZE_UNITS[unit] ?? ''}`
}

/** Bytes per second: `1.2 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** A length of time in at most two units: `42 s`, `14 m`, `2 h 14 m`, `3 d 4 h`. Takes milliseconds. */
export function formatDuration(milliseconds: number): string {
  const ms = clean(milliseconds)
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} m`
  if (ms < DAY_MS) return two([Math.floor(ms / HOUR_MS), 'h'], [Math.floor((ms % HOUR_MS) / MINUTE_MS), 'm'])
  return two([Math.floor(ms / DAY_MS), 'd'], [Math.floor((ms % DAY_MS) / HOUR_MS), 'h'])
}

/** A length of time in one unit, where room is scarce: `42 s`, `14 m`, `2 h`, `3 d`. Takes milliseconds. */
export function formatAge(milliseconds: number): string {
  const [figure = '0', unit = 's'] = formatDuration(milliseconds).split(' ')
  return `${figure} ${unit}`
}

/** The time until an ISO 8601 moment, rounded up so that it never shows 0 early: `8 s`, `1 m 5 s`, `now`. */
export function formatCountdown(until: string, now: number): string {
  const seconds = Math.ceil(clean(Date.parse(until) - now) / SECOND_MS)
  if (seconds === 0) return 'now'
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two([Math.floor(seconds / 60), 'm'], [seconds % 60, 's'])
  return formatDuration(seconds * SECOND_MS)
}

/** How long ago an ISO 8601 moment was: `just now`, `42 s ago`, `2 h ago`. */
export function formatAgo(at: string, now: number): string {
  const ms = clean(now - Date.parse(at))
  return ms < 5 * SECOND_MS ? 'just now' : `${formatAge(ms)} ago`
}

/** The age of an ISO 8601 moment in milliseconds, never negative: clocks may be set back. */
export function ageOf(at: string, now: number): number {
  return clean(now - Date.parse(at))
}

/** A short span as a step took it: `3 ms`, `1.2 s`. */
export function formatMilliseconds(milliseconds: number): string {
  const ms = clean(milliseconds)
  return ms < SECOND_MS ? `${Math.round(ms)} ms` : `${(ms / SECOND_MS).toFixed(1)} s`
}

/** A fingerprint in groups of four, so that it can be compared by eye: `SHA256: 47DE QpJ8 …`. */
export function groupFingerprint(fingerprint: string): string {
  const colon = fingerprint.indexOf(':')
  const prefix = colon < 0 ? '' : `${fingerprint.slice(0, colon + 1)} `
  const groups = fingerprint.slice(colon + 1).match(/.{1,4}/g) ?? []
  return `${prefix}${groups.join(' ')}`
}

/** `1 forward`, `3 forwards`; give the plural when it is not formed with s. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

// --- internal ---

function two(first: readonly [number, string], second: readonly [number, string]): string {
  return second[0] === 0 ? `${first[0]} ${first[1]}` : `${first[0]} ${first[1]} ${second[0]} ${second[1]}`
}

function clean(milliseconds: number): number {
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0
}
