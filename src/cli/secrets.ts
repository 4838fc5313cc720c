/** Passwords, keys and codes: typed without echo, or piped in. Never words of the command line, which everybody on the machine can read. */
import { WarrenError } from '@shared/errors'
import type { Context } from './context'
import { usageError } from './usage'

export interface SecretQuestion {
  /** As it goes on: `the password`. */
  readonly what: string
  readonly question: string
  /** Whether the option was given that announces it on standard input, and its name. */
  readonly isPiped: boolean
  readonly option: string
  /** Ends of lines are the shell's, unless they belong to it: a key. */
  readonly isVerbatim?: boolean
}

/** Reads one; refuses an empty one, and to wait where nobody is. */
export async function readSecret({ terminal }: Context, ask: SecretQuestion): Promise<string> {
  const { what, option } = ask
  if (ask.isPiped) {
    const text = await terminal.readInput()
    const secret = ask.isVerbatim === true ? text : text.replace(/\r?\n$/, '')
    if (secret.trim() !== '') return secret
    throw usageError(`Standard input does not hold ${what}.`, `Pipe it in: printf %s "$SECRET" | warren … ${option}`)
  }
  if (!terminal.isInteractive) throw usageError(`Nobody can be asked for ${what}.`, `Pipe it in, with ${option}.`)
  const typed = await terminal.ask(ask.question, { echo: false })
  if (typed === null) throw cancelled()
  if (typed !== '') return typed
  throw usageError(`Nothing was typed for ${what}.`, 'Try again.')
}

/** Reads a new one: typed twice, since nobody sees what is typed. */
export async function readNewSecret(context: Context, ask: SecretQuestion): Promise<string> {
  const secret = await readSecret(context, ask)
  if (ask.isPiped) return secret
  const again = await context.terminal.ask('Once more: ', { echo: false })
  if (again === null) throw cancelled()
  if (again === secret) return secret
  throw usageError('The two are not the same.', 'Try again.')
}

/** A line that may be seen; `given` is what the command line said. */
export async function readLine(
  { terminal }: Context,
  { given, question, missing }: { readonly given: string | undefined; question: string; missing: string },
): Promise<string> {
  if (given !== undefined) return given
  if (!terminal.isInteractive) throw usageError(missing)
  const typed = await terminal.ask(question, { echo: true })
  if (typed === null) throw cancelled()
  return typed.trim()
}

/** Asks before what cannot be taken back; without a terminal `--yes` has to say it. */
export async function confirm(
  { terminal }: Context,
  { warning, yes = false }: { readonly warning: string; readonly yes?: boolean | undefined },
): Promise<void> {
  if (yes) return
  if (!terminal.isInteractive) throw usageError(warning, 'Say that you mean it: --yes')
  const typed = await terminal.ask(`${warning} Go on? (yes / no) `, { echo: true })
  if (typed === null || !/^(?:y|yes)$/i.test(typed.trim())) throw cancelled()
}

export function cancelled(): WarrenError {
  return new WarrenError('cancelled', 'Nothing was done.')
}
