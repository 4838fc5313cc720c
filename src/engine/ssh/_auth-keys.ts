/** Logging in with keys: one after the other, unlocked only when the server wants them. */
import { WarrenError } from '@shared/errors'
import { unlock, whileSigning, type QuestionContext } from './_auth-questions'
import { fingerprintOf, keyTypeOf } from './_fingerprint'
import { collectIdentities, type Identity } from './_identities'
import { agentFlags, algorithmsFor, type KeyAlgorithm } from './_key-algorithms'
import type { PrivateKey } from './_private-key'
import type { PublicKeyMethod, ServerReply } from './_publickey'

export interface KeyContext extends QuestionContext {
  readonly keys: PublicKeyMethod
  readonly onKeyReply: (offered: string, reply: ServerReply) => void
}

export interface KeyLogin {
  /** What the server said to the next key; `null` when none is left. */
  readonly tryNext: () => Promise<ServerReply | null>
  /** The last key was a part of the login: another one may be wanted as well. */
  readonly acceptedInPart: () => void
  /** The key that is offered now, for people; `null` between keys. */
  readonly current: () => string | null
  readonly tried: () => { readonly keys: number; readonly untried: number }
  readonly summary: () => KeySummary
}

export interface KeySummary {
  readonly keysOffered: number
  /** Certificates that were offered. */
  readonly certificates: readonly Identity[]
  /** Keys and agents that could not be used. */
  readonly problems: readonly WarrenError[]
}

interface State {
  all: readonly Identity[] | null
  queue: Identity[]
  current: Identity | null
  description: string | null
  keysOffered: number
  readonly certificates: Identity[]
  readonly problems: WarrenError[]
  /** Unlocked in this login: a key and its certificate ask once. */
  readonly unlocked: Map<string, PrivateKey>
}

/** A key that is ready to be offered. */
interface Offer {
  readonly identity: Identity
  readonly blob: Buffer
}

export function createKeyLogin(context: KeyContext): KeyLogin {
  const state: State = {
    all: null,
    queue: [],
    current: null,
    description: null,
    keysOffered: 0,
    certificates: [],
    problems: [],
    unlocked: new Map(),
  }
  return {
    tryNext: async () => {
      if (state.all === null) await collect(context, state)
      for (let identity = state.queue.shift(); identity !== undefined; identity = state.queue.shift()) {
        const reply = await tryOne(context, { state, identity })
        if (reply !== null) return reply
      }
      return null
    },
    acceptedInPart: () => {
      state.queue = (state.all ?? []).filter((identity) => identity !== state.current)
    },
    current: () => state.description,
    tried: () => ({ keys: state.keysOffered, untried: state.queue.length }),
    summary: () => ({
      keysOffered: state.keysOffered,
      certificates: state.certificates,
      problems: state.problems,
    }),
  }
}

// --- internal ---

async function collect(context: KeyContext, state: State): Promise<void> {
  const { server, ports, signal } = context
  const { identities, problems } = await collectIdentities(server, ports, { signal, session: context.keys.session() })
  state.all = identities
  state.queue = [...identities]
  for (const problem of problems) addProblem(context, { state, problem })
}

function addProblem({ ports, server }: KeyContext, { state, problem }: { state: State; problem: WarrenError }): void {
  state.problems.push(problem)
  // A default key that waits for its agent is nobody's mistake.
  if (problem.code === 'key.needs-agent' && problem.field === null) return
  ports.log(server.id, { level: 'warn', message: problem.message, code: problem.code })
}

/** `null` when the key could not be offered, or not sign: the server said nothing new. */
async function tryOne(
  context: KeyContext,
  { state, identity }: { state: State; identity: Identity },
): Promise<ServerReply | null> {
  const blob = identity.blob ?? (await secretOf(context, { state, identity }))?.blob
  if (blob === undefined) return null
  const offer: Offer = { identity, blob }
  const accepted = { server: context.keys.serverAlgorithms(), own: context.server.config?.pubkeyAcceptedAlgorithms }
  const algorithms = algorithmsFor(keyTypeOf(blob), accepted)
  if (algorithms.length === 0) {
    addProblem(context, { state, problem: noAlgorithm(context, offer) })
    return null
  }
  state.keysOffered += 1
  state.current = identity
  state.description = describe(offer)
  if (identity.certificate !== null) state.certificates.push(identity)
  let reply: ServerReply | null = null
  for (const algorithm of algorithms) {
    reply = await offerKey(context, { state, offer, algorithm })
    if (reply === null || reply.partial) break
  }
  if (reply !== null) context.onKeyReply(state.description, reply)
  state.description = null
  return reply
}

async function offerKey(
  context: KeyContext,
  { state, offer, algorithm }: { state: State; offer: Offer; algorithm: KeyAlgorithm },
): Promise<ServerReply | null> {
  const request = { username: context.username, blob: offer.blob, algorithm }
  const answer = await context.keys.query(request)
  if (answer !== 'wanted') return answer
  const data = context.keys.signedData(request)
  let signature: Buffer
  try {
    signature = await signWith(context, { state, identity: offer.identity, data, algorithm: algorithm.signature })
  } catch (error) {
    context.signal.throwIfAborted()
    if (error instanceof WarrenError) throw error
    addProblem(context, { state, problem: didNotSign(offer.identity, error) })
    return null
  }
  return await context.keys.prove(request, signature)
}

async function signWith(
  context: KeyContext,
  { state, identity, data, algorithm }: { state: State; identity: Identity; data: Buffer; algorithm: string },
): Promise<Buffer> {
  const { signer, name } = identity
  if (signer.by === 'file') {
    const key = await secretOf(context, { state, identity })
    if (key === null) throw new Error('No private key')
    return key.sign(data, algorithm)
  }
  const isSecurityKey = keyTypeOf(signer.blob).startsWith('sk-')
  const { agent, blob } = signer
  return await whileSigning(context, { name, isSecurityKey }, (signal) =>
    agent.sign({ blob, data, flags: agentFlags(algorithm), signal }),
  )
}

/** The private half of a file, unlocked once in a login; `null` for a key of the agent. */
async function secretOf(
  context: KeyContext,
  { state, identity }: { state: State; identity: Identity },
): Promise<PrivateKey | null> {
  if (identity.signer.by !== 'file') return null
  const { key } = identity.signer
  const known = state.unlocked.get(key.file)
  if (known !== undefined) return known
  const secret = await unlock(context, key)
  state.unlocked.set(key.file, secret)
  return secret
}

/** "publickey ED25519 SHA256:… (agent)"; a certificate has the fingerprint of its key. */
function describe({ identity, blob }: Offer): string {
  const { certificate, signer, name } = identity
  const type = keyTypeOf(blob)
    .replace(/^ssh-/, '')
    .replace(/-v01@openssh\.com$|@openssh\.com$/, '')
    .toUpperCase()
  const where = certificate !== null && signer.by === 'agent' && signer.blob !== blob ? `${name}, agent` : name
  const place = signer.by === 'agent' && where === name ? 'agent' : where
  return `publickey ${type} ${fingerprintOf(certificate?.publicKey ?? blob)} (${place})`
}

function noAlgorithm({ server }: KeyContext, { identity, blob }: Offer): WarrenError {
  const own = server.config?.pubkeyAcceptedAlgorithms
  const type = keyTypeOf(blob)
  const isSwitchedOff = own?.some((each) => each === type || (isRsa(each) && isRsa(type))) === false
  return new WarrenError(
    'ssh.no-common-algorithm',
    isSwitchedOff
      ? `${identity.name} is not offered: PubkeyAcceptedAlgorithms leaves out ${type}.`
      : `${identity.name} is not offered: ${server.name} takes no signature that an RSA key may make.`,
    { fix: 'An Ed25519 key works everywhere: ssh-keygen -t ed25519.' },
  )
}

function isRsa(algorithm: string): boolean {
  return /^(?:ssh-rsa|rsa-sha2)/.test(algorithm)
}

function didNotSign({ signer, name }: Identity, cause: unknown): WarrenError {
  const who = signer.by === 'agent' ? 'The SSH agent' : 'The key'
  return new WarrenError('agent.refused', `${who} did not sign with ${name}.`, {
    fix: 'It may be locked, have wanted a confirmation or a touch, or be limited to other hosts.',
    cause,
  })
}
