/** Refusals of what was typed, before anything is asked of the daemon. */
import type { Command } from 'commander'
import { WarrenError } from '@shared/errors'
import { parsePortRange, type PortRange } from '@shared/port-range'

/** The fix of who does not know better; {@link withHelpOf} names the command. */
export const SEE_HELP = '`warren help` shows how.'

/** The command line is wrong: exit code 64. */
export function usageError(message: string, fix: string = SEE_HELP): WarrenError {
  return new WarrenError('usage.invalid', message, { fix })
}

/** `` `warren cloud share --help` shows how. `` */
export function seeHelpOf(command: Command): string {
  const names: string[] = []
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name())
  return names.length === 1 ? SEE_HELP : `\`${names.join(' ')} --help\` shows how.`
}

/** The fault of a command, which is `null` when none was found, with its own help in place of the general one. */
export function withHelpOf(command: Command | null, error: unknown): unknown {
  if (command === null || !(error instanceof WarrenError) || error.fix !== SEE_HELP) return error
  return new WarrenError(error.code, error.message, { fix: seeHelpOf(command), field: error.field, cause: error })
}

/** For options that may be given several times. */
export function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value]
}

/** Parses a number of seconds for an option. */
export function parseSeconds(option: string, text: string): number {
  const value = Number(text)
  if (!/^\d+(?:\.\d+)?$/.test(text) || value > MAX_WAIT_SECONDS) {
    throw usageError(`${option} needs a number of seconds, not "${text}".`)
  }
  return value
}

/** `90s`, `30m`, `2h`, `1h30m`, `1d` in seconds. */
export function parseDuration(option: string, text: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([smhd])/g)]
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[unit ?? ''] ?? 0), 0)
  const isWhole = parts.map(([part]) => part).join('') === text
  if (isWhole && seconds >= 1 && seconds <= MAX_TIMED_SECONDS) return seconds
  throw usageError(`${option} needs a time such as 30m, 2h or 1d, not "${text}".`, 'At most 30d.')
}

export function parseListenPort(option: string, text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw usageError(`${option} needs a port from 0 to 65535, not "${text}".`, '0 means any free port.')
  }
  return port
}

export function parseListenRange(option: string, text: string): PortRange {
  const range = parsePortRange(text)
  if (range === null || range.port + range.count - 1 > 65_535 || (range.port === 0 && range.count > 1)) {
    throw usageError(
      `${option} needs a port from 0 to 65535 or a range such as 8000-8009, not "${text}".`,
      '0 means any free port.',
    )
  }
  return range
}

/** A whole number from 1 to `most`. */
export function parseCount(option: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < 1 || value > most) {
    throw usageError(`${option} needs a number from 1 to ${most}, not "${text}".`)
  }
  return value
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/

/** A day, which begins at midnight here, or a time in ISO 8601; without a zone it is a time here. */
export function parseTime(option: string, text: string): string {
  const at = DAY.test(text) ? Date.parse(`${text}T00:00:00`) : TIME.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw usageError(
    `${option} needs a day or a time in ISO 8601, not "${text}".`,
    'Such as 2026-12-31 or 2026-12-31T18:00.',
  )
}

export function parsePolicy(text: string): 'ask' | 'accept-new' | 'strict' {
  if (text === 'ask' || text === 'accept-new' || text === 'strict') return text
  throw usageError(`--host-key needs ask, accept-new or strict, not "${text}".`)
}

const MAX_WAIT_SECONDS = 86_400
const MAX_TIMED_SECONDS = 30 * 86_400
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
