/** What moved, made up: usage, days and ended connections for looking at and for tests. */
import type { EndedConnection, EndReason, TrafficRow, Usage } from '@shared/traffic'

const GB = 1024 ** 3
const MB = 1024 ** 2
const MINUTE_MS = 60_000

export function makeUsage(id: string, changes: Partial<Usage> = {}): Usage {
  return {
    id,
    today: { up: 310 * MB, down: 1.9 * GB },
    month: { up: 4.1 * GB, down: 31.2 * GB },
    ever: { up: 88.4 * GB, down: 640 * GB },
    connections: 1824,
    quota: null,
    ...changes,
  }
}

/** A quota of 50 GB with a share of it used; it ends with the month. */
export function makeQuota(share: number, now = new Date()): NonNullable<Usage['quota']> {
  const endsAt = new Date(now.getFullYear(), now.getMonth() + 1, 1).toISOString()
  return { used: Math.round(50 * GB * share), bytes: 50 * GB, endsAt }
}

/** The last 30 days, quiet at weekends and with a gap of three days. */
export function makeDays(id: string, now = new Date()): readonly TrafficRow[] {
  return Array.from({ length: 30 }, (_, index) => index)
    .filter((ago) => ago < 11 || ago > 13)
    .map((ago) => {
      const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() - ago)
      const weekend = date.getDay() % 6 === 0 ? 0.12 : 1
      const wave = (1.2 + Math.sin(ago / 2.3) + Math.sin(ago * 1.9) / 3) * weekend
      return {
        ...{ id, name: id, from: `${localDay(date)}T00:00:00.000+00:00` },
        ...{ up: Math.round(wave * 180 * MB), down: Math.round(wave * 1.3 * GB), connections: 40 + ago * 3 },
      }
    })
    .reverse()
}

export function makeEnded(id: string, count = 30): readonly EndedConnection[] {
  const reasons: readonly EndReason[] = [
    ...(['closed', 'closed', 'reset', 'idle', 'unreachable', 'ended'] as const),
    ...(['closed', 'quota', 'crash', 'evicted', 'stopped'] as const),
  ]
  return Array.from({ length: count }, (_, index) => {
    const ended = Date.now() - index * index * MINUTE_MS - 12_000
    return {
      ownerId: id,
      source: { host: index % 4 === 3 ? '2001:db8:42::7' : `203.0.113.${index + 2}`, port: 40_000 + index * 7 },
      target: { host: 'game-1.internal', port: 25_565 },
      startedAt: new Date(ended - (index + 1) * 47_000).toISOString(),
      endedAt: new Date(ended).toISOString(),
      bytesUp: index * 210_000,
      bytesDown: index * 4_100_000,
      reason: reasons[index % reasons.length] ?? 'closed',
    }
  })
}

export interface TrafficOptions {
  /** The share of a quota that is used; `undefined`: no quota. */
  readonly quotaUsed?: number | undefined
  /** Nothing moved yet. */
  readonly untouched?: boolean | undefined
}

/** What a fake daemon answers about traffic. */
export function trafficHandlers({ quotaUsed, untouched }: TrafficOptions = {}): Record<
  string,
  (params: never) => unknown
> {
  const zero = { up: 0, down: 0 }
  return {
    'traffic.usage': ({ ids }: { ids: readonly string[] }) =>
      ids.map((id) =>
        makeUsage(id, {
          ...(untouched === true ? { today: zero, month: zero, ever: zero, connections: 0 } : {}),
          ...(quotaUsed === undefined ? {} : { quota: makeQuota(quotaUsed) }),
        }),
      ),
    'traffic.rows': ({ id }: { id: string }) => (untouched === true ? [] : makeDays(id)),
    'traffic.history': ({ id, limit }: { id: string; limit: number }) =>
      untouched === true ? [] : makeEnded(id).slice(0, limit),
    'app.pickCertificateFile': () => '/etc/ssl/chosen.pem',
    'app.exportTraffic': ({ name, by, format }: { name: string | null; by: string; format: string }) => ({
      file: `/home/me/Documents/warren-traffic-${name ?? 'all'}-${by}s.${format}`,
    }),
  }
}

// --- internal ---

function localDay(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
