/** How a command ends badly: a sentence and a fix for people, one document for programs. */
import { toFault, type Fault } from '@shared/errors'
import type { Terminal } from './context'

/** A reason as the contract prints it: three keys, no more. */
export function publicReason(fault: Fault): { code: string; message: string; fix: string | null } {
  return { code: fault.code, message: fault.message, fix: fault.fix }
}

export function reportError(terminal: Terminal, error: unknown, json: boolean): Fault {
  const fault = toFault(error)
  if (json) terminal.out(`${JSON.stringify({ error: publicReason(fault) }, null, 2)}\n`)
  terminal.err(`warren: ${fault.message}\n`)
  if (fault.fix !== null) terminal.err(`        ${fault.fix}\n`)
  return fault
}
