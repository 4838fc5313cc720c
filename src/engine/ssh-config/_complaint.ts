import { WarrenError } from '@shared/errors'
import { originText } from '@shared/resolved-config'
import type { Origin } from './types'

/** Something ssh would refuse on one line; the reader of the line adds where it is. */
export class Complaint extends Error {
  override readonly name = 'Complaint'
}

export function complain(message: string): never {
  throw new Complaint(message)
}

export interface LocatedComplaint {
  readonly message: string
  readonly origin: Origin
}

/** The fault for one or more lines that ssh would refuse: the first is told, all are in the detail. What was typed is `command.invalid`. */
export function configFault(complaints: readonly [LocatedComplaint, ...LocatedComplaint[]]): WarrenError {
  const [first, ...others] = complaints
  const where = originText(first.origin)
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const typed = first.origin.kind === 'command-line'
  const what = typed ? 'The command line' : 'The ssh config'
  return new WarrenError(
    typed ? 'command.invalid' : 'config.invalid',
    `${what} cannot be used: ${where}: ${first.message}${more}`,
    {
      field: where,
      fix: first.origin.kind === 'file' ? `Correct ${where}.` : 'Correct the option.',
      cause: complaints.map((entry) => `${originText(entry.origin)}: ${entry.message}`).join('\n'),
    },
  )
}

/** Runs a step that belongs to one origin, so that what it complains of is located. */
export function located<T>(origin: Origin, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Complaint) throw configFault([{ message: error.message, origin }])
    throw error
  }
}
