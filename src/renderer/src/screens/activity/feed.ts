/** What happened, newest first: bounded, narrowed and grouped by day. Pure. */
import type { ActivityEvent } from '@shared/snapshots'

/** More than anybody scrolls through, and little enough to hold. */
export const MOST_EVENTS = 1000

export const activityFilters = ['all', 'runs', 'trouble', 'needs-you', 'changes'] as const
export type ActivityFilter = (typeof activityFilters)[number]

/** Joins what was known with what came; each event once, newest first, at most {@link MOST_EVENTS}. */
export function mergeEvents(
  known: readonly ActivityEvent[],
  added: readonly ActivityEvent[],
): readonly ActivityEvent[] {
  const byId = new Map([...known, ...added].map((event) => [event.id, event]))
  return [...byId.values()].sort((one, other) => other.id - one.id).slice(0, MOST_EVENTS)
}

export function filterOf(kind: ActivityEvent['kind']): Exclude<ActivityFilter, 'all'> {
  switch (kind) {
    case 'started':
    case 'stopped':
    case 'recovered':
    case 'daemon':
      return 'runs'
    case 'failed':
    case 'interrupted':
      return 'trouble'
    case 'needs-you':
      return 'needs-you'
    case 'added':
    case 'changed':
    case 'removed':
    case 'trusted':
      return 'changes'
  }
}

export function narrow(
  events: readonly ActivityEvent[],
  { filter, search }: { readonly filter: ActivityFilter; readonly search: string },
): readonly ActivityEvent[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return events.filter((event) => {
    if (filter !== 'all' && filterOf(event.kind) !== filter) return false
    const text = `${event.subject} ${event.message} ${event.code ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

export interface Day {
  /** `2026-01-05` where the person is. */
  readonly key: string
  readonly label: string
  readonly events: readonly ActivityEvent[]
}

/** Days where the person is, newest first: "Today", "Yesterday", then the date in the system's words. */
export function groupByDay(events: readonly ActivityEvent[], now: Date): readonly Day[] {
  const days = new Map<string, ActivityEvent[]>()
  for (const event of events) {
    const key = dayKey(new Date(event.at))
    const day = days.get(key)
    if (day === undefined) days.set(key, [event])
    else day.push(event)
  }
  return [...days].map(([key, list]) => ({ key, label: dayLabel(key, now), events: list }))
}

// --- internal ---

function dayKey(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

function dayLabel(key: string, now: Date): string {
  if (key === dayKey(now)) return 'Today'
  if (key === dayKey(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday'
  const [year = 0, month = 1, day = 1] = key.split('-').map(Number)
  const sameYear = year === now.getFullYear()
  return new Date(year, month - 1, day).toLocaleDateString(undefined, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  })
}
