/** The SSH agent protocol (draft-miller-ssh-agent, PROTOCOL.agent): which keys it holds, and their signatures. */
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import { BlobReader, packStrings, uint32 } from './_blob'

const REQUEST_IDENTITIES = 11
const IDENTITIES_ANSWER = 12
const SIGN_REQUEST = 13
const SIGN_RESPONSE = 14
const EXTENSION = 27
const SESSION_BIND = 'session-bind@openssh.com'
/** Which hash an RSA key signs with. */
export const RSA_SHA2_256 = 2
export const RSA_SHA2_512 = 4
/** OpenSSH's own limit for one message. */
const MAX_MESSAGE_BYTES = 256 * 1024
/** Listing asks nobody: an agent that takes longer hangs. */
const LIST_TIMEOUT_MS = 10_000
const PIPE = /^[/\\]{2}[.?][/\\]pipe[/\\]/

export interface AgentKey {
  /** Public key or certificate. */
  readonly blob: Buffer
  readonly comment: string
}

export interface SignRequest {
  readonly blob: Buffer
  readonly data: Buffer
  /** {@link RSA_SHA2_256}, {@link RSA_SHA2_512} or 0. */
  readonly flags: number
  readonly signal: AbortSignal
}

/** What proves to an agent which server it signs for: keys may be limited to some (ssh-add -h). */
export interface AgentSession {
  readonly hostKey: Buffer
  readonly sessionId: Buffer
  /** Of the host key, over the session id. */
  readonly signature: Buffer
}

export interface Agent {
  /** Socket, pipe or `pageant`. */
  readonly path: string
  readonly keys: (signal: AbortSignal) => Promise<readonly AgentKey[]>
  /** The whole signature blob, with its algorithm in front. May wait for a touch or a confirmation without end. */
  readonly sign: (request: SignRequest) => Promise<Buffer>
}

/** Nothing is dialled before the first request; each has a connection of its own, bound to the session where there is one. */
export function openAgent(path: string, session: AgentSession | null = null): Agent {
  let binding = session === null || !speaksStreams(path) ? null : bindRequest(session)
  const ask = (request: Buffer, signal: AbortSignal): Promise<Buffer> =>
    exchange(path, binding === null ? [request] : [binding, request], signal)
  return {
    path,
    keys: async (signal) => {
      const list = Buffer.from([REQUEST_IDENTITIES])
      const answer = await withinTime(signal, async (limit) => {
        try {
          return await ask(list, limit)
        } catch (error) {
          if (binding === null || limit.aborted) throw error
          // An agent that hangs up on what it does not know.
          binding = null
          return await ask(list, limit)
        }
      })
      if (answer[0] !== IDENTITIES_ANSWER) throw new Error('The agent does not list its keys')
      return readKeys(answer)
    },
    sign: async ({ blob, data, flags, signal }) => {
      const request = Buffer.concat([Buffer.from([SIGN_REQUEST]), packStrings(blob, data), uint32(flags)])
      const answer = await ask(request, signal)
      const signature = answer[0] === SIGN_RESPONSE ? new BlobReader(answer.subarray(1)).string() : null
      if (signature === null) throw new Error('The agent did not sign')
      return signature
    },
  }
}

// --- internal ---

/** A timer of our own: Node 20 lets an `AbortSignal.timeout` within an `any` be collected before its time. */
async function withinTime<T>(signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => {
    late.abort(new Error(`The agent did not answer within ${LIST_TIMEOUT_MS / 1000} s`))
  }, LIST_TIMEOUT_MS)
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    clearTimeout(timer)
  }
}

function readKeys(answer: Buffer): readonly AgentKey[] {
  const reader = new BlobReader(answer.subarray(1))
  const keys: AgentKey[] = []
  for (let left = reader.uint32() ?? 0; left > 0; left--) {
    const blob = reader.string()
    const comment = reader.text()
    if (blob === null || comment === null) throw new Error('The agent listed its keys in a way that cannot be read')
    keys.push({ blob, comment })
  }
  return keys
}

function bindRequest({ hostKey, sessionId, signature }: AgentSession): Buffer {
  const isForwarding = Buffer.from([0])
  const fields = packStrings(SESSION_BIND, hostKey, sessionId, signature)
  return Buffer.concat([Buffer.from([EXTENSION]), fields, isForwarding])
}

/** Questions one after the other on a connection of their own; the answer to the last. */
async function exchange(path: string, requests: readonly Buffer[], signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted()
  const stream = await openStream(path)
  return await new Promise<Buffer>((resolve, reject) => {
    const left = [...requests]
    let unread = Buffer.alloc(0)
    const next = (): boolean => {
      const request = left.shift()
      if (request !== undefined) stream.write(Buffer.concat([uint32(request.length), request]))
      return request !== undefined
    }
    const finish = (): void => {
      signal.removeEventListener('abort', onAbort)
      stream.on('error', () => undefined)
      stream.destroy()
    }
    const fail = (error: unknown): void => {
      finish()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const onAbort = (): void => {
      fail(signal.reason)
    }
    stream.on('error', fail)
    stream.on('close', () => {
      fail(new Error('The agent closed the connection'))
    })
    stream.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk])
      if (unread.length < 4) return
      const length = unread.readUInt32BE(0)
      if (length > MAX_MESSAGE_BYTES) fail(new Error('The agent sent too much'))
      else if (unread.length >= 4 + length) {
        const answer = unread.subarray(4, 4 + length)
        unread = unread.subarray(4 + length)
        if (next()) return
        finish()
        resolve(answer)
      }
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    else next()
  })
}

/** Pageant's window messages carry one question each. */
function speaksStreams(path: string): boolean {
  return process.platform !== 'win32' || PIPE.test(path)
}

/** Sockets and pipes are Node's own; Pageant's window messages and Cygwin's sockets are known to ssh2. */
function openStream(path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    if (!speaksStreams(path)) {
      const agent = ssh2.createAgent(path) as unknown as { getStream: (done: StreamCallback) => void }
      agent.getStream((error, stream) => {
        if (stream === undefined) reject(error ?? new Error('The agent cannot be reached'))
        else resolve(stream)
      })
      return
    }
    const socket: Socket = connect(path)
    socket.once('error', reject)
    socket.once('connect', () => {
      resolve(socket)
    })
  })
}

type StreamCallback = (error: Error | null | undefined, stream?: Duplex) => void
