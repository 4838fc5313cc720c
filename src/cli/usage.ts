/** Refusals of what was typed, before anything is asked of the daemon. */
import { WarrenError } from '@shared/errors'

/** The command line is wrong: exit code 64. */
export function usageError(message: string, fix?: string): WarrenError {
  return new WarrenError('usage.invalid', message, { fix: fix ?? '`warren help` shows how.' })
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

export function parseListenPort(option: string, text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw usageError(`${option} needs a port from 0 to 65535, not "${text}".`, '0 means any free port.')
  }
  return port
}

export function parsePolicy(text: string): 'ask' | 'accept-new' | 'strict' {
  if (text === 'ask' || text === 'accept-new' || text === 'strict') return text
  throw usageError(`--host-key needs ask, accept-new or strict, not "${text}".`)
}

const MAX_WAIT_SECONDS = 86_400
