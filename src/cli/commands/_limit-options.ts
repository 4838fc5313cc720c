/** What connections may use, as options: of relays, and of forwards with `warren limits`. */
import type { Command } from 'commander'
import { formatBytes, formatRate, plural } from '@shared/format'
import { limitsSchema, MAX_RATE, MIN_RATE, type Limits, type LimitsDraft, type Quota } from '@shared/limits'
import { checked } from '../checked'
import { parseTime, usageError } from '../usage'

export interface LimitOptions {
  readonly maxConnections?: string
  readonly perSource?: string
  readonly newPerSecond?: string
  readonly rateKb?: string
  readonly upRate?: string
  readonly downRate?: string
  readonly connectionRate?: string
  readonly sourceRate?: string
  readonly quota?: string
  readonly quotaThen?: string
  readonly expires?: string
}

export function defineLimitOptions(command: Command): Command {
  return command
    .option('--max-connections <n>', 'connections at once; "none" lifts this or any limit below')
    .option('--per-source <n>', 'connections at once from one address')
    .option('--new-per-second <n>', 'new connections in a second')
    .option('--rate-kb <n>', 'KB (1024 bytes) per second for all connections together, each way')
    .option('--up-rate <rate>', 'what all clients together send: 500KB, 1.5MB, 10Mbit')
    .option('--down-rate <rate>', 'what all clients together receive')
    .option('--connection-rate <rate>', 'each connection, each way')
    .option('--source-rate <rate>', 'all connections from one address, each way')
    .option('--quota <size/period>', 'bytes per day or month: 10GB/month, 500MB/day:down')
    .option('--quota-then <what>', 'when it is used up: stop, or slow:RATE')
    .option('--expires <time>', 'from then on it does not run: 2026-12-31, or with a time in ISO 8601')
}

export function hasLimitOptions(options: LimitOptions): boolean {
  return keys.some((key) => options[key] !== undefined)
}

/** `before` with what the options say; throws when one cannot be read. */
export function readLimits(options: LimitOptions, before: Limits): Limits {
  const { rateKb } = options
  const rule = rateKb === undefined ? before.perRule : bothWays(kilobytes(rateKb))
  const draft: LimitsDraft = {
    maxConnections: read(options.maxConnections, before.maxConnections, count('--max-connections')),
    maxConnectionsPerSource: read(options.perSource, before.maxConnectionsPerSource, count('--per-source')),
    newConnectionsPerSecond: read(options.newPerSecond, before.newConnectionsPerSecond, count('--new-per-second')),
    perConnection: pair(options.connectionRate, before.perConnection, '--connection-rate'),
    perSource: pair(options.sourceRate, before.perSource, '--source-rate'),
    perRule: {
      up: read(options.upRate, rule.up, rate('--up-rate')),
      down: read(options.downRate, rule.down, rate('--down-rate')),
    },
    quota: readQuota(options, before.quota),
    expiresAt: read(options.expires, before.expiresAt, (text) => parseTime('--expires', text)),
  }
  return limitsSchema.parse(checked(limitsSchema, draft))
}

/** One line per limit; none where there is none. */
export function limitLines(limits: Limits): readonly (readonly [string, string])[] {
  const { quota } = limits
  const rates = (which: 'perRule' | 'perConnection' | 'perSource'): string =>
    [
      ...(limits[which].up === null ? [] : [`↑${formatRate(limits[which].up)}`]),
      ...(limits[which].down === null ? [] : [`↓${formatRate(limits[which].down)}`]),
    ].join(' ')
  const counts: readonly (readonly [string, string])[] = [
    ['at once', limits.maxConnections === null ? '' : plural(limits.maxConnections, 'connection')],
    [
      'at once from one address',
      limits.maxConnectionsPerSource === null ? '' : plural(limits.maxConnectionsPerSource, 'connection'),
    ],
    [
      'new in a second',
      limits.newConnectionsPerSecond === null ? '' : plural(limits.newConnectionsPerSecond, 'connection'),
    ],
    ['all together', rates('perRule')],
    ['each connection', rates('perConnection')],
    ['each address', rates('perSource')],
    ['quota', quota === null ? '' : quotaWords(quota)],
    ['until', limits.expiresAt ?? ''],
  ]
  return counts.filter(([, text]) => text !== '')
}

// --- internal ---

const keys = [
  ...(['maxConnections', 'perSource', 'newPerSecond', 'rateKb', 'upRate', 'downRate'] as const),
  ...(['connectionRate', 'sourceRate', 'quota', 'quotaThen', 'expires'] as const),
]
const NONE = 'none'
const KB = 1024
/** Without a unit nobody knows whether bytes or kilobytes were meant. */
const units: Readonly<Record<string, number>> = { B: 1, KB, MB: KB ** 2, GB: KB ** 3, TB: KB ** 4 }
/** Lines are sold in bits, and in thousands. */
const bits: Readonly<Record<string, number>> = { KBIT: 1e3 / 8, MBIT: 1e6 / 8, GBIT: 1e9 / 8 }

function read<T>(text: string | undefined, before: T | null, parse: (text: string) => T): T | null {
  if (text === undefined) return before
  return text === NONE ? null : parse(text)
}

function count(option: string): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text)) return Number(text)
    throw usageError(`${option} needs a whole number or none, not "${text}".`)
  }
}

function kilobytes(text: string): number | null {
  // As panels write it: 0 is no limit.
  if (text === NONE || text === '0') return null
  if (!/^\d{1,9}$/.test(text))
    throw usageError(`--rate-kb needs a whole number of KB per second or none, not "${text}".`)
  return Number(text) * KB
}

function bothWays(value: number | null): Limits['perRule'] {
  return { up: value, down: value }
}

function pair(text: string | undefined, before: Limits['perRule'], option: string): Limits['perRule'] {
  return text === undefined ? before : bothWays(read(text, null, rate(option)))
}

function rate(option: string): (text: string) => number {
  return (text) => {
    const value = size(text.replace(/\/s$/, ''), true)
    if (value !== null && value >= MIN_RATE && value <= MAX_RATE) return value
    throw usageError(
      `${option} needs a rate from 1KB to 100GB per second or none, not "${text}".`,
      'Such as 500KB, 1.5MB or 10Mbit.',
    )
  }
}

/** Whole bytes; `null` for what is no size. */
function size(text: string, isRate: boolean): number | null {
  const [, figure, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?) ?([a-z]*)$/i.exec(text) ?? []
  const factor = units[unit.toUpperCase()] ?? (isRate ? bits[unit.toUpperCase()] : undefined)
  return figure === undefined || factor === undefined ? null : Math.round(Number(figure) * factor)
}

function readQuota({ quota: text, quotaThen }: LimitOptions, before: Quota | null): LimitsDraft['quota'] {
  const then = quotaThen === undefined ? {} : readThen(quotaThen)
  if (text === NONE) return null
  if (text === undefined) {
    if (quotaThen === undefined) return before
    if (before === null) throw usageError('--quota-then needs a quota: --quota 10GB/month.')
    return { ...before, ...then }
  }
  const [, amount = '', period, , counts] = /^(.+)\/(day|month)(:(both|up|down))?$/.exec(text) ?? []
  const bytes = size(amount, false)
  if (bytes === null || bytes < 1 || (period !== 'day' && period !== 'month')) {
    throw usageError(
      `--quota needs a size per day or month, or none, not "${text}".`,
      'Such as 10GB/month or 500MB/day:down.',
    )
  }
  const direction = counts === 'up' || counts === 'down' || counts === 'both' ? { counts } : {}
  const kept = before === null ? {} : { then: before.then, slowRate: before.slowRate }
  return { ...kept, bytes, period, ...direction, ...then } as LimitsDraft['quota']
}

function readThen(text: string): Partial<Pick<Quota, 'then' | 'slowRate'>> {
  if (text === 'stop' || text === 'slow') return { then: text }
  if (text.startsWith('slow:')) return { then: 'slow', slowRate: rate('--quota-then')(text.slice('slow:'.length)) }
  throw usageError(`--quota-then needs stop, slow or slow:RATE, not "${text}".`)
}

function quotaWords({ bytes, period, counts, then, slowRate }: Quota): string {
  const which = counts === 'both' ? '' : counts === 'up' ? ' sent' : ' received'
  return `${formatBytes(bytes)}${which} per ${period}, then ${then === 'stop' ? 'stop' : `slow down to ${formatRate(slowRate)}`}`
}
