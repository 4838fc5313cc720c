/** The publickey method (RFC 4252 §7), spoken by Warren itself: ssh2 knows neither certificates nor security keys. */
import { packStrings } from './_blob'
import type { AgentSession } from './_agent'
import type { KeyAlgorithm } from './_key-algorithms'
import type { Handlers, Protocol } from './_protocol'

const USERAUTH_REQUEST = 50
const SERVICE = 'ssh-connection'
const METHOD = 'publickey'

export interface ServerReply {
  readonly methods: readonly string[]
  readonly partial: boolean
}

export interface KeyRequest {
  readonly username: string
  /** Public key or certificate. */
  readonly blob: Buffer
  readonly algorithm: KeyAlgorithm
}

export interface PublicKeyMethod {
  /** Signature algorithms that the server told (RFC 8308); `null` when it did not. */
  readonly serverAlgorithms: () => readonly string[] | null
  /** What proves to an agent which server it signs for; `null` when it is not known. */
  readonly session: () => AgentSession | null
  /** Would the server take this key? */
  readonly query: (request: KeyRequest) => Promise<ServerReply | 'wanted'>
  /** What a signature is to be over. */
  readonly signedData: (request: KeyRequest) => Buffer
  /** Settles only when the server says no, or not yet: a success ends the login itself. */
  readonly prove: (request: KeyRequest, signature: Buffer) => Promise<ServerReply>
  /** A refusal came: `true` when it was the answer to one of ours. */
  readonly refused: (reply: ServerReply) => boolean
}

export interface KeyHooks {
  /** To be called once the protocol is there. */
  readonly attach: () => void
  /** To be called while the host key of a key exchange is judged. */
  readonly hostKeyShown: (hostKey: Buffer) => void
}

type Answer = ServerReply | 'wanted'

/** Hooks into the replies that concern keys; refusals must be told to {@link PublicKeyMethod.refused}. */
export function publicKeyMethod(protocol: () => Protocol): PublicKeyMethod & KeyHooks {
  let waiting: ((answer: Answer) => void) | null = null
  let algorithms: readonly string[] | null = null
  let shown: Pick<AgentSession, 'hostKey' | 'signature'> | null = null
  const settle = (answer: Answer): boolean => {
    const done = waiting
    waiting = null
    done?.(answer)
    return done !== null
  }
  const ask = (payload: Buffer): Promise<Answer> =>
    new Promise((resolve) => {
      waiting = resolve
      send(protocol(), payload)
    })
  return {
    attach: () => {
      const handlers = protocol()._handlers
      const { EXT_INFO: told } = handlers
      handlers.USERAUTH_PK_OK = () => {
        settle('wanted')
      }
      handlers.EXT_INFO = (...all: Parameters<Handlers['EXT_INFO']>) => {
        algorithms ??= all[1].find(({ name }) => name === 'server-sig-algs')?.algs ?? null
        told(...all)
      }
    },
    hostKeyShown: (hostKey) => {
      const signature = protocol()._kex?._sig
      // The first key exchange is the one that makes the session id.
      if (signature !== undefined) shown ??= { hostKey: Buffer.from(hostKey), signature: Buffer.from(signature) }
    },
    serverAlgorithms: () => algorithms,
    session: () => (shown === null ? null : { ...shown, sessionId: sessionId(protocol()) }),
    query: (request) => ask(requestOf(request, false)),
    signedData: (request) => Buffer.concat([packStrings(sessionId(protocol())), requestOf(request, true)]),
    prove: async (request, signature) => {
      const answer = await ask(Buffer.concat([requestOf(request, true), packStrings(signature)]))
      // Out of place after a signature; what the server would take is not known then.
      return answer === 'wanted' ? { methods: [], partial: false } : answer
    },
    refused: settle,
  }
}

// --- internal ---

function requestOf({ username, blob, algorithm }: KeyRequest, hasSignature: boolean): Buffer {
  return Buffer.concat([
    Buffer.from([USERAUTH_REQUEST]),
    packStrings(username, SERVICE, METHOD),
    Buffer.from([hasSignature ? 1 : 0]),
    packStrings(algorithm.request, blob),
  ])
}

function sessionId(protocol: Protocol): Buffer {
  const { sessionID } = protocol._kex ?? {}
  if (sessionID === undefined) throw new Error('A login before a key exchange')
  return sessionID
}

function send(protocol: Protocol, payload: Buffer): void {
  const writer = protocol._packetRW.write
  const packet = writer.alloc(payload.length)
  packet.set(payload, writer.allocStart)
  const ready = writer.finalize(packet)
  // Message 60 means different things; ssh2 looks here which.
  protocol._authsQueue.push(METHOD)
  if (protocol._kexinit === undefined) protocol._cipher.encrypt(ready)
  else (protocol._queue ??= []).push(ready)
}
