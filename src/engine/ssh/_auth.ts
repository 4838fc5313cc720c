/** Logging in (RFC 4252): what to offer next, given what the server accepts and the ssh config prefers. */
import type { AnyAuthMethod } from 'ssh2'
import type { WarrenError } from '@shared/errors'
import { describeAuthFailure } from './_auth-failure'
import { createKeyLogin, type KeyLogin } from './_auth-keys'
import { ask, cancelled, DEFAULT_PROMPTS, type QuestionContext } from './_auth-questions'
import type { PublicKeyMethod, ServerReply } from './_publickey'

/** ssh_config(5) PreferredAuthentications, without the methods that Warren has not. */
const PREFERRED = ['publickey', 'keyboard-interactive', 'password']

export interface AuthContext extends QuestionContext {
  readonly keys: PublicKeyMethod
  /** Told what the server said to each key. */
  readonly onKeyReply: (offered: string, reply: ServerReply) => void
}

export interface Authenticator {
  /**
   * The next method to try, or `false` when nothing is left. `null` asks for the first. Keys are tried within: it then
   * resolves when they are through, or never when one was let in.
   */
  readonly next: (reply: ServerReply | null) => Promise<AnyAuthMethod | false>
  /** What the last method offered, for people who look on; no secrets. */
  readonly offered: () => string
  /** What was refused so far, and how many keys were not tried yet. */
  readonly tried: () => { readonly keys: number; readonly untried: number }
  /** What to tell the person when the server refused everything. */
  readonly failure: () => WarrenError
  /** The server let us in: secrets that worked may be kept. */
  readonly succeeded: () => void
}

interface State {
  accepts: readonly string[]
  keyboardTries: number
  keyboardAsked: boolean
  passwordTries: number
  passwordRefused: boolean
  savedTried: boolean
  password: { value: string; saved: boolean } | null
  readonly partial: string[]
  last: string
  offered: string
}

/** A method of ssh2's, or what the server said to a key. */
type Step = { readonly method: AnyAuthMethod } | { readonly reply: ServerReply }

export function createAuthenticator(context: AuthContext): Authenticator {
  const keys = createKeyLogin(context)
  const state: State = {
    accepts: [],
    keyboardTries: 0,
    keyboardAsked: false,
    passwordTries: 0,
    passwordRefused: false,
    savedTried: false,
    password: null,
    partial: [],
    last: 'none',
    offered: 'none',
  }
  return {
    next: async (reply) => {
      if (reply === null) return { type: 'none', username: context.username }
      for (let said = reply; ;) {
        settle(context, state, said)
        if (said.partial && state.last === 'publickey') keys.acceptedInPart()
        const step = await nextStep(context, { state, keys })
        if (step === null) return false
        if ('method' in step) {
          state.last = state.offered = step.method.type
          return step.method
        }
        state.last = 'publickey'
        said = step.reply
      }
    },
    offered: () => (keys.current() === null ? state.offered : (keys.current() ?? '')),
    tried: keys.tried,
    failure: () => describeAuthFailure({ ...context, ...state, ...keys.summary() }),
    succeeded: () => {
      const { password } = state
      if (password === null) return
      context.ports.secrets.accepted(context.server.id, 'password', {
        subject: context.username,
        value: password.value,
      })
    },
  }
}

// --- internal ---

function settle(context: AuthContext, state: State, reply: ServerReply): void {
  state.accepts = reply.methods
  if (reply.partial) {
    state.partial.push(state.last)
    state.keyboardTries = 0
    return
  }
  if (state.last !== 'password') return
  state.passwordRefused = true
  if (state.password?.saved === true) context.ports.secrets.refused(context.server.id, 'password', context.username)
  state.password = null
}

/** `null` when nothing is left that the server takes and the config allows. */
async function nextStep(context: AuthContext, { state, keys }: { state: State; keys: KeyLogin }): Promise<Step | null> {
  const { config = {} } = context.server
  for (const name of config.preferredAuthentications ?? PREFERRED) {
    if (!state.accepts.includes(name)) continue
    if (name === 'publickey' && config.pubkeyAuthentication !== false) {
      const reply = await keys.tryNext()
      if (reply !== null) return { reply }
    } else if (name === 'keyboard-interactive' && config.kbdInteractiveAuthentication !== false) {
      const method = nextKeyboard(context, state)
      if (method !== null) return { method }
    } else if (name === 'password' && config.passwordAuthentication !== false) {
      const method = await nextPassword(context, state)
      if (method !== null) return { method }
    }
  }
  return null
}

function promptsOf({ server }: AuthContext): number {
  return server.config?.numberOfPasswordPrompts ?? DEFAULT_PROMPTS
}

function nextKeyboard(context: AuthContext, state: State): AnyAuthMethod | null {
  if (state.keyboardTries >= promptsOf(context)) return null
  // A server that refused without asking anything will do so again.
  if (state.keyboardTries > 0 && !state.keyboardAsked) return null
  const refused = state.keyboardTries > 0
  state.keyboardTries += 1
  state.keyboardAsked = false
  return {
    type: 'keyboard-interactive',
    username: context.username,
    // eslint-disable-next-line max-params -- the signature is ssh2's
    prompt: (name, instruction, _language, prompts, finish) => {
      const isFirst = !state.keyboardAsked
      state.keyboardAsked = true
      const texts = prompts.map((each) => ({ text: each.prompt, echo: each.echo === true }))
      const question = { name, instruction, prompts: texts, refused: refused && isFirst }
      ask(context, { kind: 'keyboard-interactive', ...question }).then(
        (answer) => {
          if (answer.kind === 'keyboard-interactive') finish([...answer.answers])
          else cancelled(context)
        },
        () => undefined,
      )
    },
  }
}

async function nextPassword(context: AuthContext, state: State): Promise<AnyAuthMethod | null> {
  const { username, server, ports } = context
  if (!state.savedTried) {
    state.savedTried = true
    const saved = await ports.secrets.get(server.id, 'password', username)
    if (saved !== null) {
      state.passwordTries += 1
      state.password = { value: saved, saved: true }
      return { type: 'password', username, password: saved }
    }
  }
  if (state.passwordTries >= promptsOf(context)) return null
  const answer = await ask(context, { kind: 'password', username, refused: state.passwordRefused })
  if (answer.kind !== 'password') throw cancelled(context)
  state.passwordTries += 1
  state.password = { value: answer.password, saved: false }
  return { type: 'password', username, password: answer.password }
}
