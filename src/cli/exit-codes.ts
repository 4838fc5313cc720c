/** The exit codes of the contract. */
import type { ErrorCode } from '@shared/errors'

export const DONE = 0
export const FAILED = 1
/** None of what was asked is running. */
export const NONE_RUNNING = 2
/** Some of what was asked is running. */
export const SOME_RUNNING = 3
/** EX_USAGE of sysexits(3). */
export const USAGE = 64
/** EX_UNAVAILABLE of sysexits(3): the daemon cannot be reached. */
export const UNREACHABLE = 69
/** 128 + SIGINT, as shells report it. */
export const INTERRUPTED = 130

/** The exit code of a command that ended with a fault. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'usage.invalid':
    case 'command.invalid':
    case 'spec.invalid':
      return USAGE
    case 'daemon.unreachable':
    case 'daemon.version':
    case 'daemon.stopping':
      return UNREACHABLE
    default:
      return FAILED
  }
}
