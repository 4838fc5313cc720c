/** Rows as they are asked for: by hour or day, of a range, with names. */
import type { TrafficRow } from '@shared/traffic'
import type { Store, TrafficDelta } from '../store/index'
import { dayBegin, firstDayFrom, localIso } from './_calendar'

const SECOND_MS = 1000
const NO_BEGIN = ''
const NO_END = '9999-99-99'

export interface RowsQuery {
  /** `null`: of all. */
  readonly id: string | null
  readonly by: 'hour' | 'day'
  /** ISO 8601; `to` is not included. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly limit: number
}

export interface RowsSource {
  readonly store: Pick<Store, 'trafficHours' | 'trafficDays'>
  /** What could not be saved. */
  readonly unsaved: readonly TrafficDelta[]
  readonly names: ReadonlyMap<string, string>
}

/** Oldest first: those that begin within the range. */
export async function readRows(source: RowsSource, query: RowsQuery): Promise<readonly TrafficRow[]> {
  const saved = await (query.by === 'hour' ? savedHours : savedDays)(source, query)
  const wanted = source.unsaved.filter((row) => (query.id === null || row.ownerId === query.id) && isWithin(row, query))
  return merge(saved, wanted, query.by)
    .slice(0, query.limit)
    .map((row) => ({
      id: row.ownerId,
      name: source.names.get(row.ownerId) ?? row.ownerId,
      from: localIso(beginOf(row, query.by)),
      ...{ up: row.up, down: row.down, connections: row.connections },
    }))
}

// --- internal ---

function savedHours({ store }: RowsSource, query: RowsQuery): Promise<readonly TrafficDelta[]> {
  const { from, to } = hourRange(query)
  return store.trafficHours({ ownerId: query.id, limit: query.limit, from, to })
}

function savedDays({ store }: RowsSource, query: RowsQuery): Promise<readonly TrafficDelta[]> {
  return store.trafficDays({ ownerId: query.id, limit: query.limit, ...dayRange(query) })
}

function hourRange({ from, to }: RowsQuery): { from: number; to: number } {
  return {
    from: from === undefined ? 0 : Math.ceil(Date.parse(from) / SECOND_MS),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(Date.parse(to) / SECOND_MS),
  }
}

function dayRange({ from, to }: RowsQuery): { from: string; to: string } {
  return {
    from: from === undefined ? NO_BEGIN : firstDayFrom(Date.parse(from)),
    to: to === undefined ? NO_END : firstDayFrom(Date.parse(to)),
  }
}

function isWithin(row: TrafficDelta, query: RowsQuery): boolean {
  if (query.by === 'hour') {
    const { from, to } = hourRange(query)
    return row.hour >= from && row.hour < to
  }
  const { from, to } = dayRange(query)
  return row.day >= from && row.day < to
}

function beginOf(row: TrafficDelta, by: RowsQuery['by']): number {
  return by === 'hour' ? row.hour * SECOND_MS : dayBegin(row.day)
}

/** Adds what could not be saved. */
function merge(
  saved: readonly TrafficDelta[],
  unsaved: readonly TrafficDelta[],
  by: RowsQuery['by'],
): readonly TrafficDelta[] {
  if (unsaved.length === 0) return saved
  const rows = new Map<string, TrafficDelta>()
  for (const row of [...saved, ...unsaved]) {
    const key = `${by === 'hour' ? row.hour : row.day} ${row.ownerId}`
    const before = rows.get(key)
    const sum = before === undefined ? row : { ...row, ...added(before, row) }
    rows.set(key, sum)
  }
  return [...rows.values()].sort((a, b) => beginOf(a, by) - beginOf(b, by) || (a.ownerId < b.ownerId ? -1 : 1))
}

function added(one: TrafficDelta, other: TrafficDelta): Pick<TrafficDelta, 'up' | 'down' | 'connections'> {
  return {
    up: one.up + other.up,
    down: one.down + other.down,
    connections: one.connections + other.connections,
  }
}
