/** Logging in (RFC 4252): what to offer next, given what the server accepts. Order as ssh: keys, keyboard-interactive, password. */
import ssh2, { type AnyAuthMethod, type ParsedKey, type SigningRequestOptions } from 'ssh2'
import { WarrenError } from '@shared/errors'
import type { ServerSpec } from '@shared/specs'
import { describeAuthFailure } from './_auth-failure'
import { fingerprintOf, keyTypeOf } from './_fingerprint'
import { collectIdentities, type Identities, type Identity } from './_identities'
import { decryptKey, plainKey } from './_key-file'
import type { Question, SshPorts } from './types'

/** As ssh_config(5) NumberOfPasswordPrompts for passphrases; a server counts the other two, so they get one less. */
const PASSPHRASE_TRIES = 3
const PASSWORD_TRIES = 2
const KEYBOARD_TRIES = 2

export interface AuthContext {
  readonly server: ServerSpec
  readonly username: string
  readonly login: string
  readonly ports: SshPorts
  readonly signal: AbortSignal
  readonly whileAsking: <T>(work: () => Promise<T>) => Promise<T>
  /** Ends the attempt to log in: a person cancelled, or did not answer. */
  readonly abort: (error: unknown) => void
}

export interface ServerReply {
  readonly methods: readonly string[]
  readonly partial: boolean
}

export interface Authenticator {
  /** The next method to try, or `false` when nothing is left. `null` asks for the first. */
  readonly next: (reply: ServerReply | null) => Promise<AnyAuthMethod | false>
  /** What the last method offered, for people who look on; no secrets. */
  readonly offered: () => string
  /** What to tell the person when the server refused everything. */
  readonly failure: () => WarrenError
  /** The server let us in: secrets that worked may be kept. */
  readonly succeeded: () => void
}

interface State {
  identities: Identities | null
  queue: Identity[]
  accepts: readonly string[]
  keysOffered: number
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

export function createAuthenticator(context: AuthContext): Authenticator {
  const state: State = {
    identities: null,
    queue: [],
    accepts: [],
    keysOffered: 0,
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
      settlePrevious(context, state, reply)
      state.accepts = reply.methods
      const method =
        (await nextKey(context, state)) ?? nextKeyboard(context, state) ?? (await nextPassword(context, state))
      if (method !== null) {
        state.last = method.type === 'agent' ? 'publickey' : method.type
        if (method.type !== 'agent') state.offered = state.last
      }
      return method ?? false
    },
    offered: () => state.offered,
    failure: () => describeAuthFailure({ ...state, ...context, problems: state.identities?.problems ?? [] }),
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

function settlePrevious(context: AuthContext, state: State, reply: ServerReply): void {
  if (reply.partial) {
    state.partial.push(state.last)
    return
  }
  if (state.last !== 'password') return
  state.passwordRefused = true
  if (state.password?.saved === true) context.ports.secrets.refused(context.server.id, 'password', context.username)
  state.password = null
}

async function nextKey(context: AuthContext, state: State): Promise<AnyAuthMethod | null> {
  if (!state.accepts.includes('publickey')) return null
  if (state.identities === null) {
    state.identities = await collectIdentities(context.server, context.ports)
    state.queue = [...state.identities.identities]
    for (const problem of state.identities.problems) {
      context.ports.log(context.server.id, { level: 'warn', message: problem.message, code: problem.code })
    }
  }
  for (;;) {
    const identity = state.queue.shift()
    if (identity === undefined) return null
    const offer = identity.source === 'agent' ? identity : await withPublicHalf(context, identity)
    if (offer === null) continue
    state.keysOffered += 1
    state.offered = describeOffer(offer)
    const agent = offer.source === 'agent' ? new OneAgentKey(offer) : new OneFileKey(offer, context)
    return { type: 'agent', username: context.username, agent }
  }
}

/** "publickey ED25519 SHA256:… (agent)" */
function describeOffer(offer: Extract<Identity, { source: 'agent' }> | OfferedFile): string {
  const blob = offer.publicKey.getPublicSSH()
  const type = keyTypeOf(blob).replace(/^ssh-/, '').toUpperCase()
  return `publickey ${type} ${fingerprintOf(blob)} (${offer.source === 'agent' ? 'agent' : offer.file})`
}

/** A PEM file without a public half beside it must be decrypted before it can be offered. */
async function withPublicHalf(context: AuthContext, identity: FileIdentity): Promise<OfferedFile | null> {
  if (identity.publicKey !== null) return { ...identity, publicKey: identity.publicKey }
  const key = await unlock(context, identity)
  return key === null ? null : { ...identity, publicKey: key, unlocked: key }
}

type FileIdentity = Extract<Identity, { source: 'file' }>
type OfferedFile = FileIdentity & { readonly publicKey: ParsedKey; readonly unlocked?: ParsedKey }
type SignCallback = (error?: Error | null, signature?: Buffer) => void
type KeysCallback = (error?: Error | null, keys?: ParsedKey[]) => void

/** One key of the agent at a time: ssh2 forgets a partial success when more keys follow. */
class OneAgentKey extends ssh2.BaseAgent<ParsedKey> {
  constructor(private readonly identity: Extract<Identity, { source: 'agent' }>) {
    super()
  }

  override getIdentities(done: KeysCallback): void {
    done(null, [this.identity.publicKey])
  }

  // eslint-disable-next-line max-params -- the signature is ssh2's
  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    if (typeof options === 'function') this.identity.agent.sign(key, data, options)
    else this.identity.agent.sign(key, data, options, done)
  }
}

/** A key file, unlocked only once the server wants it. */
class OneFileKey extends ssh2.BaseAgent<ParsedKey> {
  constructor(
    private readonly identity: OfferedFile,
    private readonly context: AuthContext,
  ) {
    super()
  }

  override getIdentities(done: KeysCallback): void {
    done(null, [this.identity.publicKey])
  }

  // eslint-disable-next-line max-params -- the signature is ssh2's
  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    const callback = typeof options === 'function' ? options : done
    const hash = typeof options === 'function' ? undefined : options.hash
    this.signature(data, hash).then(
      (signature) => callback?.(null, signature),
      (error: unknown) => callback?.(error instanceof Error ? error : new Error(String(error))),
    )
  }

  private async signature(data: Buffer, hash: string | undefined): Promise<Buffer> {
    const { identity, context } = this
    const key = identity.unlocked ?? plainKey(identity.text) ?? (await unlock(context, identity))
    if (key === null) throw new Error(`${identity.file} stays locked`)
    const signature = key.sign(data, hash) as Buffer | Error
    if (signature instanceof Error) throw signature
    return signature
  }
}

/** Asks for the passphrase, at most three times; `null` when none fits. Cancelling ends the login. */
async function unlock(context: AuthContext, identity: FileIdentity): Promise<ParsedKey | null> {
  const { ports, server } = context
  const saved = await ports.secrets.get(server.id, 'passphrase', identity.file)
  if (saved !== null) {
    const key = decryptKey(identity.text, saved)
    if (key !== null) return key
    ports.secrets.refused(server.id, 'passphrase', identity.file)
  }
  for (let attempt = 0; attempt < PASSPHRASE_TRIES; attempt++) {
    const refused = attempt > 0 || saved !== null
    const answer = await ask(context, { kind: 'passphrase', keyFile: identity.file, refused })
    if (answer.kind !== 'passphrase') throw cancelled(context)
    const key = decryptKey(identity.text, answer.passphrase)
    if (key !== null) {
      ports.secrets.accepted(server.id, 'passphrase', { subject: identity.file, value: answer.passphrase })
      return key
    }
  }
  const error = new WarrenError('key.passphrase', `The passphrase for ${identity.file} is wrong.`, {
    fix: 'Start again to be asked again.',
  })
  context.abort(error)
  throw error
}

function nextKeyboard(context: AuthContext, state: State): AnyAuthMethod | null {
  if (!state.accepts.includes('keyboard-interactive')) return null
  if (state.keyboardTries >= KEYBOARD_TRIES) return null
  // A server that refused without asking anything will do so again.
  if (state.keyboardTries > 0 && !state.keyboardAsked) return null
  state.keyboardTries += 1
  state.keyboardAsked = false
  return {
    type: 'keyboard-interactive',
    username: context.username,
    // eslint-disable-next-line max-params -- the signature is ssh2's
    prompt: (name, instruction, _language, prompts, finish) => {
      state.keyboardAsked = true
      const texts = prompts.map((each) => ({ text: each.prompt, echo: each.echo === true }))
      ask(context, { kind: 'keyboard-interactive', name, instruction, prompts: texts }).then(
        (answer) => {
          if (answer.kind === 'keyboard-interactive') finish([...answer.answers])
          else context.abort(cancelled(context))
        },
        () => undefined,
      )
    },
  }
}

async function nextPassword(context: AuthContext, state: State): Promise<AnyAuthMethod | null> {
  if (!state.accepts.includes('password')) return null
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
  if (state.passwordTries >= PASSWORD_TRIES) return null
  const answer = await ask(context, { kind: 'password', username, refused: state.passwordRefused })
  if (answer.kind !== 'password') throw cancelled(context)
  state.passwordTries += 1
  state.password = { value: answer.password, saved: false }
  return { type: 'password', username, password: answer.password }
}

type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, 'serverId' | 'server' | 'login'> : never) : never

async function ask(context: AuthContext, question: Asked): ReturnType<SshPorts['ask']> {
  const { server, ports, signal, login } = context
  const whole = { ...question, serverId: server.id, server: server.name, login } as Question
  try {
    return await context.whileAsking(() => ports.ask(whole, signal))
  } catch (error) {
    const reason = question.kind === 'password' && question.refused ? passwordRefused(context, error) : error
    context.abort(reason)
    throw reason
  }
}

/** Nobody gave another password: that the server refused the first is the reason, not that a question was closed. */
function passwordRefused({ server, username }: AuthContext, error: unknown): unknown {
  const isUnanswered = error instanceof WarrenError && /^need\.(cancelled|unanswered)$/.test(error.code)
  if (!isUnanswered) return error
  return new WarrenError('ssh.auth-failed', `${server.name} refused the password of ${username}.`, {
    fix: 'Correct the saved password, or start again to be asked for it.',
    remedy: { action: 'edit-server', serverId: server.id },
    cause: error,
  })
}

function cancelled(context: AuthContext): WarrenError {
  const error = new WarrenError('need.cancelled', `The login to ${context.server.name} was cancelled.`, {
    fix: 'Start again to be asked again.',
  })
  context.abort(error)
  return error
}
