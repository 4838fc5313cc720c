/** Limits as they are typed: texts, what is wrong with them, and back. Pure. */
import { MAX_RATE, MIN_RATE, noLimits, type Limits, type Quota } from '@shared/limits'
import { readRate, readSize, writeRate, writeSize } from './units'

export const rateFields = ['ruleUp', 'ruleDown', 'sourceUp', 'sourceDown', 'connectionUp', 'connectionDown'] as const
export type RateField = (typeof rateFields)[number]
export const countFields = ['maxConnections', 'maxConnectionsPerSource', 'newConnectionsPerSecond'] as const
export type CountField = (typeof countFields)[number]
export type LimitField = RateField | CountField | 'quotaBytes' | 'slowRate' | 'expiresAt'

/** An empty text is no limit. */
export interface LimitsForm extends Readonly<Record<LimitField, string>> {
  readonly period: Quota['period']
  readonly counts: Quota['counts']
  readonly then: Quota['then']
}
export type LimitErrors = Partial<Record<LimitField, string>>

export interface ReadLimits {
  /** What the form says, with the fields that are wrong left as they were. */
  readonly limits: Limits
  readonly errors: LimitErrors
}

const MOST = 1_000_000
const KB = 1024
const DEFAULT_SLOW = 16 * KB
/** What a figure without a unit means: people think of rates in KB/s and of quotas in GB. */
const BARE_RATE = KB
const BARE_SIZE = KB ** 3

export function limitsFormOf(limits: Limits | null): LimitsForm {
  const { perRule, perSource, perConnection, quota, expiresAt, ...counts } = limits ?? noLimits
  return {
    maxConnections: writeCount(counts.maxConnections),
    maxConnectionsPerSource: writeCount(counts.maxConnectionsPerSource),
    newConnectionsPerSecond: writeCount(counts.newConnectionsPerSecond),
    ruleUp: writeRateOf(perRule.up),
    ruleDown: writeRateOf(perRule.down),
    sourceUp: writeRateOf(perSource.up),
    sourceDown: writeRateOf(perSource.down),
    connectionUp: writeRateOf(perConnection.up),
    connectionDown: writeRateOf(perConnection.down),
    quotaBytes: quota === null ? '' : writeSize(quota.bytes),
    period: quota?.period ?? 'month',
    counts: quota?.counts ?? 'both',
    then: quota?.then ?? 'stop',
    slowRate: writeRate(quota?.slowRate ?? DEFAULT_SLOW),
    expiresAt: expiresAt === null ? '' : localMoment(expiresAt),
  }
}

/**
 * What a form means, on top of the limits it began with.
 *
 * A text that was not touched keeps the exact figure behind it: "11.92 MB/s" may have been 12,500,000 bytes.
 */
export function readLimits(form: LimitsForm, before: Limits | null): ReadLimits {
  const base = before ?? noLimits
  const was = limitsFormOf(base)
  const errors: LimitErrors = {}
  const take = <T>(field: LimitField, kept: T, read: (text: string) => T | Wrong): T => {
    if (form[field].trim() === was[field]) return kept
    const value = read(form[field].trim())
    if (!(value instanceof Wrong)) return value
    errors[field] = value.words
    return kept
  }
  const pair = (kept: Limits['perRule'], up: RateField, down: RateField): Limits['perRule'] => ({
    up: take(up, kept.up, orNone(rateOf)),
    down: take(down, kept.down, orNone(rateOf)),
  })
  const quotaBytes = take('quotaBytes', base.quota?.bytes ?? null, orNone(sizeOf))
  const limits: Limits = {
    maxConnections: take('maxConnections', base.maxConnections, orNone(countOf)),
    maxConnectionsPerSource: take('maxConnectionsPerSource', base.maxConnectionsPerSource, orNone(countOf)),
    newConnectionsPerSecond: take('newConnectionsPerSecond', base.newConnectionsPerSecond, orNone(countOf)),
    perRule: pair(base.perRule, 'ruleUp', 'ruleDown'),
    perSource: pair(base.perSource, 'sourceUp', 'sourceDown'),
    perConnection: pair(base.perConnection, 'connectionUp', 'connectionDown'),
    quota:
      quotaBytes === null
        ? null
        : {
            bytes: quotaBytes,
            period: form.period,
            counts: form.counts,
            then: form.then,
            slowRate:
              form.then === 'stop'
                ? (base.quota?.slowRate ?? DEFAULT_SLOW)
                : take('slowRate', base.quota?.slowRate ?? DEFAULT_SLOW, rateOf),
          },
    expiresAt: take('expiresAt', base.expiresAt, orNone(momentOf)),
  }
  return { limits, errors }
}

/** How many of the rarer limits are set. */
export function moreCount({ perSource, perConnection, newConnectionsPerSecond, expiresAt }: Limits): number {
  const rates = [perSource.up, perSource.down, perConnection.up, perConnection.down]
  return [...rates, newConnectionsPerSecond, expiresAt].filter((each) => each !== null).length
}

/** The rarer ones, which are folded away. */
export const moreFields: readonly LimitField[] = [
  ...(['sourceUp', 'sourceDown', 'connectionUp', 'connectionDown'] as const),
  ...(['newConnectionsPerSecond', 'expiresAt'] as const),
]

/** The field of a fault such as `limits.perRule.up`, where a form has one for it. */
export function limitFieldOf(path: string | null): LimitField | null {
  const fields: Readonly<Record<string, LimitField>> = {
    maxConnections: 'maxConnections',
    maxConnectionsPerSource: 'maxConnectionsPerSource',
    newConnectionsPerSecond: 'newConnectionsPerSecond',
    'perRule.up': 'ruleUp',
    'perRule.down': 'ruleDown',
    'perSource.up': 'sourceUp',
    'perSource.down': 'sourceDown',
    'perConnection.up': 'connectionUp',
    'perConnection.down': 'connectionDown',
    'quota.bytes': 'quotaBytes',
    'quota.slowRate': 'slowRate',
    expiresAt: 'expiresAt',
  }
  const key = (path ?? '').replace(/^(?:patch\.)?limits\./, '')
  return fields[key] ?? null
}

/** What is limited, in a few words for a row or a summary: `up 2 MB/s · 50 GB a month`; empty without limits. */
export function limitsInWords(limits: Limits, live = 'connections'): string {
  const { maxConnections, maxConnectionsPerSource, newConnectionsPerSecond, perRule, quota, expiresAt } = limits
  const parts = [
    maxConnections === null ? null : `${maxConnections.toLocaleString()} ${live}`,
    maxConnectionsPerSource === null ? null : `${maxConnectionsPerSource.toLocaleString()} from one address`,
    newConnectionsPerSecond === null ? null : `${newConnectionsPerSecond.toLocaleString()} new a second`,
    ratesInWords(perRule, ''),
    ratesInWords(limits.perSource, ' for each address'),
    ratesInWords(limits.perConnection, ' for each connection'),
    quota === null ? null : `${writeSize(quota.bytes)} a ${quota.period}`,
    expiresAt === null ? null : `until ${new Date(expiresAt).toLocaleString(undefined, shortMoment)}`,
  ]
  return parts.filter((part) => part !== null).join(' · ')
}

/** Whether both limit the same; `null` limits nothing. Not a matter of how their keys are ordered. */
export function sameLimits(one: Limits | null, other: Limits | null): boolean {
  return canonical(one ?? noLimits) === canonical(other ?? noLimits)
}

/** `null` where nothing is limited: how a forward says it. */
export function limitsOrNull(limits: Limits): Limits | null {
  return sameLimits(limits, null) ? null : limits
}

// --- internal ---

function canonical(limits: Limits): string {
  const { perRule, perSource, perConnection, quota, expiresAt } = limits
  const rates = [perRule, perSource, perConnection].flatMap(({ up, down }) => [up, down])
  const period = quota && [quota.bytes, quota.period, quota.counts, quota.then, quota.slowRate]
  return JSON.stringify([countFields.map((field) => limits[field]), rates, period, expiresAt])
}

const shortMoment = { dateStyle: 'medium', timeStyle: 'short' } as const

class Wrong {
  constructor(readonly words: string) {}
}

function orNone<T>(read: (text: string) => T | Wrong): (text: string) => T | Wrong | null {
  return (text) => (text === '' ? null : read(text))
}

function countOf(text: string): number | Wrong {
  const value = Number(text.replace(/[\s,.'’](?=\d{3}(?!\d))/g, ''))
  if (!Number.isInteger(value)) return new Wrong('Type a whole number.')
  if (value < 1) return new Wrong('Type at least 1, or leave it empty for no limit.')
  if (value > MOST) return new Wrong(`Type at most ${MOST.toLocaleString()}.`)
  return value
}

function rateOf(text: string): number | Wrong {
  const value = readRate(text, { bare: BARE_RATE })
  if (value === null) return new Wrong('Type a rate, such as 500 KB/s or 2 MB/s.')
  if (value < MIN_RATE) return new Wrong('Type at least 1 KB/s.')
  if (value > MAX_RATE) return new Wrong(`Type at most ${writeRate(MAX_RATE)}.`)
  return value
}

function sizeOf(text: string): number | Wrong {
  const value = readSize(text, { bare: BARE_SIZE })
  if (value === null) return new Wrong('Type an amount, such as 500 MB or 50 GB.')
  if (value < 1) return new Wrong('Type at least 1 B, or leave it empty for no quota.')
  if (value > Number.MAX_SAFE_INTEGER) return new Wrong('Type a smaller amount.')
  return value
}

function momentOf(text: string): string | Wrong {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return new Wrong('Type a date and a time.')
  if (at.getTime() <= Date.now()) return new Wrong('This moment is over: choose a later one.')
  return at.toISOString()
}

function writeCount(value: number | null): string {
  return value === null ? '' : String(value)
}

function writeRateOf(value: number | null): string {
  return value === null ? '' : writeRate(value)
}

function ratesInWords({ up, down }: Limits['perRule'], whom: string): string | null {
  if (up === null && down === null) return null
  if (up === down && up !== null) return `${writeRate(up)} each way${whom}`
  const parts = [up === null ? null : `up ${writeRate(up)}`, down === null ? null : `down ${writeRate(down)}`]
  return `${parts.filter((part) => part !== null).join(', ')}${whom}`
}

/** What `<input type="datetime-local">` holds: the moment where the person is, to the minute. */
function localMoment(iso: string): string {
  const at = new Date(iso)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}
