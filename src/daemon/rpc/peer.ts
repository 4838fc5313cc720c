/** One client of the daemon: its handshake, its requests, what it wants to hear. */
import type { Socket } from 'node:net'
import { toFault, WarrenError } from '@shared/errors'
import { issueWords } from '@shared/issue-words'
import {
  MAX_MESSAGE_BYTES,
  PROTOCOL_VERSION,
  rpcParams,
  topicOf,
  type RpcMethod,
  type RpcNotification,
  type RpcNotifications,
  type RpcParsed,
  type RpcResults,
  type Topic,
} from '@shared/rpc'
import {
  createMessageConnection,
  ErrorCodes,
  NullLogger,
  ResponseError,
  type CancellationToken,
} from 'vscode-jsonrpc/node'
import type { z } from 'zod'
import { BUILD } from '../build'
import { frame, LimitedMessageReader, SocketMessageWriter } from './framing'

/** A client that does not read: samples are left out above the first mark, the client is let go at the second. */
const SKIP_SAMPLES_BYTES = 1024 * 1024
const GIVE_UP_BYTES = 64 * 1024 * 1024
const HELLO_TIMEOUT_MS = 10_000
/** How long a client that is let go may take to read what is left for it. */
const FAREWELL_MS = 2000

/** What is answered whatever the client's version, so that it can find out and end this daemon. */
const forEveryVersion: ReadonlySet<string> = new Set(['daemon.hello', 'daemon.status', 'daemon.stop'])
const samples: ReadonlySet<RpcNotification> = new Set(['rates.sampled', 'connections.sampled'])

export type Handlers = {
  readonly [M in RpcMethod]: (params: RpcParsed<M>, context: CallContext) => Promise<RpcResults[M]> | RpcResults[M]
}

export interface CallContext {
  readonly peer: Peer
  /** Aborted when the client cancels the request or goes away. */
  readonly signal: AbortSignal
}

export interface Subscription {
  readonly topics: ReadonlySet<Topic>
  readonly forwardId: string | null
}

export interface Peer {
  readonly kind: () => 'app' | 'cli' | 'test' | null
  readonly isGreeted: () => boolean
  readonly subscription: () => Subscription
  readonly subscribe: (subscription: Subscription) => void
  readonly send: <N extends RpcNotification>(name: N, payload: RpcNotifications[N]) => void
  readonly onClose: (listener: () => void) => void
  readonly close: () => void
}

export interface PeerOptions {
  readonly handlers: Handlers
  readonly onGreeted: (peer: Peer) => void
  readonly isStopping: () => boolean
  /** For the daemon's log; messages carry no parameters, which may be secrets. */
  readonly log: (message: string) => void
}

export function createPeer(socket: Socket, options: PeerOptions): Peer {
  socket.on('error', (error) => options.log(`client: ${error.message}`))
  const gone = new AbortController()
  const closeListeners = new Set<() => void>()
  const reader = new LimitedMessageReader(socket, MAX_MESSAGE_BYTES)
  const connection = createMessageConnection(reader, new SocketMessageWriter(socket), NullLogger)
  let kind: 'app' | 'cli' | 'test' | null = null
  let sameVersion = false
  let subscription: Subscription = { topics: new Set(), forwardId: null }

  const peer: Peer = {
    kind: () => kind,
    isGreeted: () => kind !== null,
    subscription: () => subscription,
    subscribe: (next) => {
      subscription = next
    },
    send: (name, payload) => {
      if (!sameVersion || socket.destroyed || !subscription.topics.has(topicOf[name])) return
      if (socket.writableLength > SKIP_SAMPLES_BYTES && samples.has(name)) return
      if (socket.writableLength > GIVE_UP_BYTES) {
        options.log('client: does not read what it asked for; disconnected')
        socket.destroy()
        return
      }
      void connection.sendNotification(name, payload).catch(() => undefined)
    },
    onClose: (listener) => closeListeners.add(listener),
    close: () => {
      socket.end(() => socket.destroy())
      // One that does not read must not hold up the daemon's end.
      setTimeout(() => socket.destroy(), FAREWELL_MS).unref()
    },
  }

  const helloTimer = setTimeout(() => {
    if (kind === null) socket.destroy()
  }, HELLO_TIMEOUT_MS)
  helloTimer.unref()

  const answer = async (method: RpcMethod, params: unknown, signal: AbortSignal): Promise<unknown> => {
    if (kind === null && method !== 'daemon.hello') {
      throw new WarrenError('rpc.invalid', 'The first request must be daemon.hello.', { field: 'method' })
    }
    if (kind !== null && !sameVersion && !forEveryVersion.has(method)) {
      throw new WarrenError('daemon.version', `The daemon is Warren ${BUILD}; the client is another version.`)
    }
    if (options.isStopping() && !forEveryVersion.has(method)) {
      throw new WarrenError('daemon.stopping', 'The daemon is stopping.')
    }
    const parsed = parseParams(method, params)
    if (method === 'daemon.hello') {
      const hello = parsed as RpcParsed<'daemon.hello'>
      sameVersion = hello.protocol === PROTOCOL_VERSION && hello.build === BUILD
      const isFirst = kind === null
      kind = hello.client
      clearTimeout(helloTimer)
      if (isFirst) options.onGreeted(peer)
    }
    const handler = options.handlers[method] as (params: unknown, context: CallContext) => unknown
    return await handler(parsed, { peer, signal })
  }

  connection.onRequest(async (method: string, params: unknown, token: CancellationToken) => {
    const cancel = new AbortController()
    const stopListening = token.onCancellationRequested(() => cancel.abort())
    try {
      if (!isMethod(method)) {
        throw new WarrenError(
          'rpc.unknown-method',
          `The daemon knows no request ${JSON.stringify(method.slice(0, 100))}.`,
        )
      }
      return await answer(method, params, AbortSignal.any([cancel.signal, gone.signal]))
    } catch (error) {
      return toResponseError(error)
    } finally {
      stopListening.dispose()
    }
  })
  reader.onError((error) => {
    const fault = toFault(error)
    options.log(`client: ${fault.code}: ${fault.message}`)
    socket.end(
      frame({ jsonrpc: '2.0', id: null, error: { code: numberOf(fault.code), message: fault.message, data: fault } }),
    )
    setTimeout(() => socket.destroy(), FAREWELL_MS).unref()
  })
  socket.once('close', () => {
    clearTimeout(helloTimer)
    gone.abort(new WarrenError('cancelled', 'The client went away.'))
    connection.dispose()
    for (const listener of closeListeners) listener()
  })
  connection.listen()
  return peer
}

function isMethod(method: string): method is RpcMethod {
  return Object.hasOwn(rpcParams, method)
}

/** Parses the params of one method; throws `rpc.invalid` that names the first field at fault. */
export function parseParams<M extends RpcMethod>(method: M, params: unknown): RpcParsed<M> {
  const schema: z.ZodType = rpcParams[method]
  const result = schema.safeParse(params ?? {})
  if (result.success) return result.data as RpcParsed<M>
  const [issue] = result.error.issues
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...(issue?.path ?? []), ...keys].map(String).join('.')
  const what = keys.length > 0 ? 'is not a known field' : issueWords(issue?.message)
  const subject = path === '' ? 'the whole' : path
  throw new WarrenError('rpc.invalid', `The request ${method} is not valid: ${subject} ${what}.`, {
    field: path === '' ? null : path,
  })
}

function toResponseError(error: unknown): ResponseError<unknown> {
  const fault = toFault(error)
  return new ResponseError(numberOf(fault.code), fault.message, fault)
}

function numberOf(code: string): number {
  if (code === 'rpc.unknown-method') return ErrorCodes.MethodNotFound
  return code === 'rpc.invalid' ? ErrorCodes.InvalidParams : ErrorCodes.InternalError
}
