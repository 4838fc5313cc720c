/** What a login asks a person: passphrases, passwords, and a touch. */
import { WarrenError } from '@shared/errors'
import type { PrivateKey } from './_private-key'
import type { LoadedKey } from './_key-load'
import type { Question, ServerPlan, SshPorts } from './types'

/** As ssh_config(5) NumberOfPasswordPrompts. */
export const DEFAULT_PROMPTS = 3

export interface QuestionContext {
  readonly server: ServerPlan
  readonly username: string
  readonly login: string
  readonly ports: SshPorts
  readonly signal: AbortSignal
  readonly whileAsking: <T>(work: () => Promise<T>) => Promise<T>
  /** Ends the attempt to log in: a person cancelled, or did not answer. */
  readonly abort: (error: unknown) => void
}

export type Asked = Question extends infer Q
  ? Q extends Question
    ? Omit<Q, 'serverId' | 'server' | 'login'>
    : never
  : never

/** Puts a question; whatever keeps it from being answered ends the login. */
export async function ask(context: QuestionContext, question: Asked): ReturnType<SshPorts['ask']> {
  try {
    return await raise(context, question, context.signal)
  } catch (error) {
    const reason = question.kind === 'password' && question.refused ? passwordRefused(context, error) : error
    context.abort(reason)
    throw reason
  }
}

/** Ends the login because of a person. */
export function cancelled(context: QuestionContext): WarrenError {
  const error = new WarrenError('need.cancelled', `The login to ${context.server.name} was cancelled.`, {
    fix: 'Start again to be asked again.',
  })
  context.abort(error)
  return error
}

type LockedKey = LoadedKey & { readonly secret: NonNullable<LoadedKey['secret']> }

/** Asks for the passphrase where there is one, as often as ssh would. Throws when none fits, which ends the login. */
export async function unlock(context: QuestionContext, { file, secret }: LockedKey): Promise<PrivateKey> {
  if (secret.kind === 'private') return secret.key
  const { ports, server } = context
  const saved = await ports.secrets.get(server.id, 'passphrase', file)
  if (saved !== null) {
    const key = await secret.unlock(saved)
    if (key !== null) return key
    ports.secrets.refused(server.id, 'passphrase', file)
  }
  const tries = server.config?.numberOfPasswordPrompts ?? DEFAULT_PROMPTS
  for (let attempt = 0; attempt < tries; attempt++) {
    const refused = attempt > 0 || saved !== null
    const answer = await ask(context, { kind: 'passphrase', keyFile: file, refused })
    if (answer.kind !== 'passphrase') throw cancelled(context)
    const key = await secret.unlock(answer.passphrase)
    if (key !== null) {
      ports.secrets.accepted(server.id, 'passphrase', { subject: file, value: answer.passphrase })
      return key
    }
  }
  const error = new WarrenError('key.passphrase', `The passphrase for ${file} is wrong.`, {
    fix: 'Start again to be asked again.',
  })
  context.abort(error)
  throw error
}

/** A shorter wait is no wait: a security key that need not be touched, an agent that asks nobody. */
const TOUCH_NOTICE_MS = 300
const CONFIRM_NOTICE_MS = 2000

/**
 * Lets an agent sign, and says so while it waits for a person: a touch of the security key, or a confirmation in a window
 * of the agent's own. The notice closes by itself; cancelling it ends the login.
 */
export async function whileSigning(
  context: QuestionContext,
  key: { readonly name: string; readonly isSecurityKey: boolean },
  sign: (signal: AbortSignal) => Promise<Buffer>,
): Promise<Buffer> {
  const over = new AbortController()
  const stop = new AbortController()
  const signal = AbortSignal.any([context.signal, over.signal])
  const reason = key.isSecurityKey ? 'touch' : 'confirm'
  const wait = setTimeout(
    () => {
      raise(context, { kind: 'touch-key', key: key.name, reason }, signal).then(
        () => {
          stop.abort(cancelled(context))
        },
        (error: unknown) => {
          if (over.signal.aborted) return
          context.abort(error)
          stop.abort(error)
        },
      )
    },
    key.isSecurityKey ? TOUCH_NOTICE_MS : CONFIRM_NOTICE_MS,
  )
  try {
    return await sign(AbortSignal.any([context.signal, stop.signal]))
  } finally {
    clearTimeout(wait)
    over.abort(new WarrenError('cancelled', 'The key has signed.'))
  }
}

// --- internal ---

function raise(context: QuestionContext, question: Asked, signal: AbortSignal): ReturnType<SshPorts['ask']> {
  const { server, ports, login } = context
  const whole = { ...question, serverId: server.id, server: server.name, login } as Question
  return context.whileAsking(() => ports.ask(whole, signal))
}

/** Nobody gave another password: that the server refused the first is the reason, not that a question was closed. */
function passwordRefused({ server, username }: QuestionContext, error: unknown): unknown {
  const isUnanswered = error instanceof WarrenError && /^need\.(cancelled|unanswered)$/.test(error.code)
  if (!isUnanswered) return error
  return new WarrenError('ssh.auth-failed', `${server.name} refused the password of ${username}.`, {
    fix: 'Correct the saved password, or start again to be asked for it.',
    remedy: { action: 'edit-server', serverId: server.id },
    cause: error,
  })
}
