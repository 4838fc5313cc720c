/** A pasted ssh command as a filled form. */
import { WarrenError } from '@shared/errors'
import { formatDestination } from '@shared/ssh-destination'
import { parseSshCommand, type CommandForward, type ParsedCommand } from '@shared/ssh-command'
import type { ServerSpec } from '@shared/specs'
import { formOf, type ForwardForm } from './form'
import { findServer, NEW_SERVER, type NewServer } from './new-server'

export type Pasted =
  | { readonly ok: false; readonly error: string }
  | {
      readonly ok: true
      readonly form: ForwardForm
      /** The server to make, when it is not there yet. */
      readonly newServer: NewServer | null
      /** What was left out, in words. */
      readonly notes: readonly string[]
    }

interface Context {
  readonly form: ForwardForm
  readonly servers: readonly ServerSpec[]
  readonly localUser: string
}

/** Reads a command into the form; what the command does not say stays as it is. */
export function pasteCommand(command: string, context: Context): Pasted {
  let parsed: ParsedCommand
  try {
    parsed = parseSshCommand(command)
  } catch (error) {
    if (!(error instanceof WarrenError)) throw error
    return { ok: false, error: error.fix === null ? error.message : `${error.message} ${error.fix}` }
  }
  const known = findServer(context.servers, parsed.server, context.localUser)
  const serverId = known?.id ?? NEW_SERVER
  const [first] = parsed.forwards
  return {
    ok: true,
    form: first === undefined ? { ...context.form, serverId } : filled(context.form, first, serverId),
    newServer: known === undefined ? newServerOf(parsed) : null,
    notes: notesOf(parsed, known),
  }
}

// --- internal ---

function filled(form: ForwardForm, forward: CommandForward, serverId: string): ForwardForm {
  return {
    ...formOf({
      ...forward,
      portCount: forward.portCount ?? 1,
      ...{ onDemand: false, idleSeconds: 300, health: null, proxyUsername: null, servePac: false },
      serverId,
      tags: [...form.tags],
      description: form.description,
      limits: form.limits,
      autoStart: form.autoStart,
      favourite: form.favourite,
    }),
    name: form.nameEdited ? form.name : '',
    nameEdited: form.nameEdited,
  }
}

function newServerOf(parsed: ParsedCommand): NewServer {
  const { name, host, port, username, ...base } = parsed.server
  return {
    destination: formatDestination({ username, host, port: port === 22 ? null : port }),
    name,
    nameEdited: true,
    base,
    jumps: parsed.jumps,
  }
}

function notesOf(parsed: ParsedCommand, known: ServerSpec | undefined): readonly string[] {
  const notes: string[] = []
  if (known !== undefined) notes.push(`${known.name} is a server already and is used as it is.`)
  if (parsed.forwards.length === 0) notes.push('The command has no -L, -R or -D, so only the server is filled in.')
  if (parsed.forwards.length > 1) {
    notes.push(`The command has ${parsed.forwards.length} forwards; this form takes the first.`)
  }
  if (parsed.ignored.length > 0) notes.push(`Not used: ${parsed.ignored.join(', ')}.`)
  return notes
}
