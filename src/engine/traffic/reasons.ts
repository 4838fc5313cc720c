/** Why a forward or relay does not run though it is wanted, in words. */
import { WarrenError } from '@shared/errors'
import type { Limits, Quota } from '@shared/limits'
import type { LogEntry } from '@shared/snapshots'
import type { Refusal } from './types'

/** The quota's bytes are used up; `now` in milliseconds since 1970. */
export function quotaFault(quota: Pick<Quota, 'period' | 'bytes'> | null, now: number): WarrenError {
  if (quota === null) return new WarrenError('limit.quota', 'The quota is used up.', { fix: 'Raise the quota.' })
  const of = quota.period === 'day' ? 'this day' : 'this month'
  return new WarrenError('limit.quota', `The quota of ${sizeText(quota.bytes)} of ${of} is used up.`, {
    fix: `It runs again by itself on ${dateText(periodEnd(quota.period, now))}; a higher quota makes it run now.`,
    field: 'limits.quota',
  })
}

export function slowNotice(quota: Pick<Quota, 'period' | 'slowRate'>, now: number): string {
  const of = quota.period === 'day' ? 'this day' : 'this month'
  const until = dateText(periodEnd(quota.period, now))
  return `The quota of ${of} is used up: everything together goes at ${sizeText(quota.slowRate)}/s until ${until}`
}

export function expiryFault(expiresAt: string): WarrenError {
  return new WarrenError('limit.expired', `Its time was over on ${dateText(new Date(expiresAt))}.`, {
    fix: 'Set a later expiry date, or none.',
    field: 'limits.expiresAt',
  })
}

/** Milliseconds until it expires, 0 and below when it has; `null` when it never does. */
export function timeLeft({ expiresAt }: Pick<Limits, 'expiresAt'>, now: number): number | null {
  return expiresAt === null ? null : Date.parse(expiresAt) - now
}

/** The line in the log about a client that a limit kept out. */
export function turnedAway(refusal: Refusal): Pick<LogEntry, 'level' | 'code' | 'message'> {
  return TURNED_AWAY[refusal]
}

// --- internal ---

const WHY: Readonly<Record<Refusal, string>> = {
  connections: 'as many as its limits allow are open',
  source: 'as many as its limits allow are open from there',
  rate: 'more came within a second than its limits allow',
  quota: 'its quota is used up',
  expired: 'its time is over',
}

/** Made once: a flood asks for them thousands of times a second. */
const TURNED_AWAY = Object.fromEntries(
  Object.entries(WHY).map(([refusal, why]) => [
    refusal,
    { level: 'warn', code: 'limit.connections', message: `A client was turned away: ${why}.` },
  ]),
) as Readonly<Record<Refusal, Pick<LogEntry, 'level' | 'code' | 'message'>>>

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
const STEP = 1024

/** The next midnight, or that of the next first of a month, of the machine's time zone. */
function periodEnd(period: Quota['period'], now: number): Date {
  const at = new Date(now)
  return period === 'day'
    ? new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1)
    : new Date(at.getFullYear(), at.getMonth() + 1, 1)
}

/** `2026-12-01 00:00`, of the machine's time zone. */
function dateText(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
}

function sizeText(bytes: number): string {
  const power = bytes < STEP ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / STEP ** power
  return `${Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0))} ${UNITS[power] ?? ''}`
}
