/** From a server's spec to a live session. The one place that constructs an ssh2 Client. */
import { randomUUID } from 'node:crypto'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Client, type NegotiatedAlgorithms } from 'ssh2'
import { WarrenError } from '@shared/errors'
import type { SessionSnapshot } from '@shared/snapshots'
import type { HostKeyPolicy, ServerSpec } from '@shared/specs'
import { algorithmOffer } from './_algorithms'
import { createAuthenticator, type Authenticator } from './_auth'
import { hostKeyAlgorithmOf } from './_cert-kex'
import { connectionFault, passwordExpired, tooManyTries } from './_connection-fault'
import { dial } from './_dial'
import { fingerprintOf, keyTypeOf } from './_fingerprint'
import { HostKeyGuard } from './_host-key-guard'
import { hostKeyPolicyOf, openHostKeyBook } from './_host-keys'
import { readInPlace } from './_gcm-reader'
import { internals } from './_protocol'
import { publicKeyMethod, type ServerReply } from './_publickey'
import { keepRekeying } from './_rekey'
import { addressOf } from './_socket'
import { liveSession, type LiveSession } from './session'
import type { LoginEvent, ServerPlan, SessionPhase, SshPorts, SshSession } from './types'

const SECOND = 1000
/** One exchange of the login; PAM delays refusals by some seconds. */
const AUTH_STEP_TIMEOUT_MS = 30 * SECOND
/** The first is the answer to `none`, which asks what there is. */
const ENOUGH_REFUSALS = 3

export interface ConnectSessionOptions {
  /** The session of the hop before, or `null`. */
  readonly through: SshSession | null
  readonly ports: SshPorts
  /** What was said for this start; `undefined` leaves it to the server and its ssh config. */
  readonly policy: HostKeyPolicy | undefined
  readonly signal: AbortSignal
  readonly onPhase: (phase: SessionPhase) => void
  readonly leases: () => number
  /** Told about each step of the login, for a preflight. */
  readonly onEvent?: ((event: LoginEvent) => void) | undefined
}

/** Dials, verifies the host key, logs in. Rejects with a coded error; never leaves a socket behind. */
export async function connectSession(server: ServerPlan, options: ConnectSessionOptions): Promise<LiveSession> {
  const { ports, signal, onPhase, onEvent = ignore } = options
  const username = server.username ?? ports.environment.username
  const login = `${username}@${server.host}:${server.port}`
  const dialled = await dial(server, { ...options, username })
  const remoteAddress = dialled.stream instanceof Socket ? addressOf(dialled.stream) : null
  onEvent({ kind: 'connected', at: remoteAddress })
  onPhase('verifying')
  const attempt = new Attempt(dialled.stream, server, { signal, onEvent })
  const whileAsking = attempt.whileAsking
  // What is being asked ends with the attempt that asks.
  const over = new AbortController()
  const shared = { server, login, ports, signal: AbortSignal.any([signal, over.signal]), whileAsking }
  try {
    const policy = hostKeyPolicyOf(server, options.policy)
    const book = await openHostKeyBook({ ...shared, policy, remoteAddress })
    const client = attempt.client
    const authenticator = createAuthenticator({
      ...shared,
      username,
      abort: attempt.fail,
      keys: attempt.keys,
      onKeyReply: (offered, reply) => {
        attempt.arm(AUTH_STEP_TIMEOUT_MS)
        onEvent(authEvent(offered, reply))
      },
    })
    attempt.tried = authenticator.tried
    const guard = new HostKeyGuard({
      ...shared,
      client,
      book,
      onShown: () => {
        onEvent({ kind: 'key-exchange', algorithms: attempt.agreed() })
      },
      onTrusted: (key, trustedBy) => {
        onEvent({ kind: 'host-key', keyType: keyTypeOf(key), fingerprint: fingerprintOf(key), trustedBy })
      },
      onRefused: attempt.fail,
    })
    client.on('handshake', () => {
      if (attempt.settled) return
      onPhase('authenticating')
      attempt.arm(AUTH_STEP_TIMEOUT_MS)
    })
    const connecting = attempt.connect({
      sock: dialled.stream,
      username,
      algorithms: algorithmOffer({ name: server.name, knownTypes: book.knownTypes, config: server.config }),
      // Both are ours: a person may think for two minutes, and traffic counts as a sign of life.
      readyTimeout: 0,
      keepaliveInterval: 0,
      hostVerifier: (key: Buffer, verify: (valid: boolean) => void): void => {
        attempt.keys.hostKeyShown(key)
        guard.verify(key, verify)
      },
      authHandler: (_methods, _partial, next) => {
        attempt.arm(AUTH_STEP_TIMEOUT_MS)
        const reply = attempt.takeReply()
        if (reply !== null) onEvent(authEvent(authenticator.offered(), reply))
        authenticator.next(reply).then((method) => {
          if (attempt.settled) return
          if (method === false) attempt.fail(authenticator.failure())
          else next(method)
        }, attempt.fail)
      },
    })
    guard.attach()
    dialled.attach((chunk) => {
      // ssh2 judges the host key, and what it is proved with, some turns after they came: until the session takes over, nothing that
      // was read is written over. The server could put another key in its place otherwise.
      if (!attempt.settled) dialled.keep()
      attempt.parse(chunk)
    })
    const algorithms = await connecting
    onEvent(authEvent(authenticator.offered(), null))
    authenticator.succeeded()
    onPhase('ready')
    const { session } = algorithms
    const live = session({
      id: randomUUID(),
      serverId: server.id,
      name: server.name,
      remoteAddress: remoteAddress ?? `${server.host}:${server.port}`,
      keepaliveMs: server.keepaliveSeconds * SECOND,
      keepaliveCount: server.keepaliveCount,
      leases: options.leases,
      keep: dialled.keep,
    })
    guard.follow(live)
    keepRekeying(attempt.client, server.config?.rekeyLimit, live)
    return live
  } catch (error) {
    attempt.fail(error)
    const reason = attempt.error ?? error
    over.abort(reason)
    throw reason
  }
}

// --- internal ---

function ignore(): void {
  // Nobody looks on.
}

/** `reply` is `null` when the server let us in. */
function authEvent(offered: string, reply: ServerReply | null): LoginEvent {
  const outcome = reply === null ? 'accepted' : reply.partial ? 'partial' : 'refused'
  return { kind: 'auth', method: offered.split(' ', 1)[0] ?? '', offered, outcome, accepts: reply?.methods ?? [] }
}

function describeAlgorithms(negotiated: NegotiatedAlgorithms): NonNullable<SessionSnapshot['algorithms']> {
  const { kex } = negotiated
  const hostKey = hostKeyAlgorithmOf(negotiated)
  return { kex, hostKey, cipher: negotiated.cs.cipher, postQuantum: /sntrup|mlkem/.test(kex) }
}

type SessionMaker = (options: Omit<Parameters<typeof liveSession>[1], 'algorithms'>) => LiveSession

/** One try to connect: collects whatever ends it first. */
class Attempt {
  readonly client: Client = new ssh2.Client()
  error: unknown = null
  settled = false
  tried: Authenticator['tried'] = () => ({ keys: 0, untried: 0 })
  readonly keys = publicKeyMethod(() => internals(this.client)._protocol)
  private reject: (error: unknown) => void = () => undefined
  private timer: NodeJS.Timeout | undefined
  private asking = 0
  private reply: ServerReply | null = null
  private negotiated: NegotiatedAlgorithms | null = null
  private refusals = 0

  constructor(
    private readonly stream: Duplex,
    private readonly server: ServerSpec,
    private readonly context: { readonly signal: AbortSignal; readonly onEvent: (event: LoginEvent) => void },
  ) {
    this.stream.on('error', this.onStreamError)
    context.signal.addEventListener('abort', this.onAbort, { once: true })
    this.client.on('error', this.onError)
    this.client.on('close', this.onClose)
    this.client.on('handshake', (negotiated) => {
      this.negotiated ??= negotiated
    })
    this.client.on('change password', () => {
      this.fail(passwordExpired(server.name))
    })
    this.arm(server.connectTimeoutSeconds * SECOND)
  }

  /** Resolves in the very turn in which the client is ready, with what makes the session. */
  connect(config: Parameters<Client['connect']>[0]): Promise<{ session: SessionMaker }> {
    return new Promise((resolve, reject) => {
      this.reject = reject
      if (this.error !== null) {
        this.reject(this.error)
        return
      }
      this.client.once('ready', () => {
        if (this.settled) return
        this.release()
        const hold = (error: Error): void => {
          this.error ??= error
        }
        // Between here and the session's own handlers nothing may go unheard.
        this.client.on('error', hold)
        resolve({
          session: (options) => {
            const live = liveSession(this.client, { ...options, algorithms: this.algorithms() })
            this.client.off('error', hold)
            if (this.error !== null || this.stream.destroyed) live.end(this.closedError())
            return live
          },
        })
      })
      this.client.connect(config)
      const protocol = internals(this.client)._protocol
      readInPlace(protocol)
      const heard = protocol._onHeader
      protocol._onHeader = (header) => {
        this.context.onEvent({ kind: 'banner', text: header.identRaw })
        heard(header)
      }
      const handlers = protocol._handlers
      const { USERAUTH_FAILURE: refused } = handlers
      this.keys.attach()
      handlers.USERAUTH_FAILURE = (protocol, methods, partial) => {
        this.refusals += 1
        this.reply = { methods, partial }
        if (!this.keys.refused(this.reply)) refused(protocol, methods, partial)
      }
    })
  }

  /** What the key exchange that runs has agreed on: known before the host key is judged. */
  agreed(): NonNullable<SessionSnapshot['algorithms']> {
    const negotiated = internals(this.client)._protocol._kex?.negotiated
    if (negotiated === undefined) throw new WarrenError('internal', 'A host key before a key exchange')
    return describeAlgorithms(negotiated)
  }

  /** What the server said to the last method; `null` before the first. */
  takeReply(): ServerReply | null {
    return this.reply
  }

  parse(chunk: Buffer): void {
    const protocol = internals(this.client)._protocol
    if (protocol._destruct === undefined) return
    try {
      protocol.parse(chunk, 0, chunk.length)
    } catch (error) {
      this.client.emit('error', error)
      this.stream.destroy()
    }
  }

  readonly arm = (milliseconds: number): void => {
    clearTimeout(this.timer)
    if (this.settled || this.asking > 0) return
    this.timer = setTimeout(() => {
      const seconds = Math.round(milliseconds / SECOND)
      this.fail(
        new WarrenError('ssh.timeout', `${this.server.name} did not go on with the login within ${seconds} s.`, {
          fix: 'Is it an SSH server, and is it overloaded?',
        }),
      )
    }, milliseconds)
  }

  readonly whileAsking = async <T>(work: () => Promise<T>): Promise<T> => {
    this.asking += 1
    clearTimeout(this.timer)
    try {
      return await work()
    } finally {
      this.asking -= 1
      this.arm(AUTH_STEP_TIMEOUT_MS)
    }
  }

  readonly fail = (error: unknown): void => {
    this.error ??= error
    if (this.settled) return
    this.release()
    this.stream.on('error', () => undefined)
    this.client.on('error', () => undefined)
    this.stream.destroy()
    this.reject(this.error)
  }

  private release(): void {
    this.settled = true
    clearTimeout(this.timer)
    this.context.signal.removeEventListener('abort', this.onAbort)
    this.client.off('error', this.onError)
    this.client.off('close', this.onClose)
  }

  private readonly onAbort = (): void => {
    this.fail(this.context.signal.reason)
  }

  private readonly onStreamError = (error: Error): void => {
    // The reason of a proxy or hop is better than what ssh2 makes of it.
    if (error instanceof WarrenError) this.fail(error)
  }

  private readonly onError = (error: Error & { level?: string }): void => {
    const { id, name } = this.server
    this.fail(connectionFault(error, { id, name, loggingIn: this.negotiated !== null, tried: this.tried() }))
  }

  private readonly onClose = (): void => {
    this.fail(this.closedError())
  }

  private closedError(): WarrenError {
    // Dropbear says no word when it has had enough of refused keys; to come back with the same would change nothing.
    if (this.refusals >= ENOUGH_REFUSALS) return tooManyTries(this.server, { tried: this.tried(), cause: null })
    const during = this.negotiated === null ? 'before the key exchange was complete' : 'during the login'
    return new WarrenError('ssh.closed', `${this.server.name} closed the connection ${during}.`)
  }

  private algorithms(): Parameters<typeof liveSession>[1]['algorithms'] {
    const { negotiated } = this
    return negotiated === null ? null : describeAlgorithms(negotiated)
  }
}
