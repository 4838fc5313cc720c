/** The asking side of a connection. */
import type { Socket } from 'node:net'
import { fromFault, isErrorCode, WarrenError, type Fault } from '@shared/errors'
import {
  MAX_MESSAGE_BYTES,
  topicOf,
  type RpcMethod,
  type RpcNotification,
  type RpcNotifications,
  type RpcParams,
  type RpcResults,
} from '@shared/rpc'
import {
  CancellationTokenSource,
  createMessageConnection,
  NullLogger,
  ResponseError,
  type MessageConnection,
} from 'vscode-jsonrpc/node'
import { LimitedMessageReader, SocketMessageWriter } from './framing'

/** Answers may be larger than requests: a list of all forwards, a long log. */
const MAX_ANSWER_BYTES = 16 * MAX_MESSAGE_BYTES

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Without it a call waits as long as the connection lives. */
  readonly timeoutMs?: number | undefined
}

export interface RpcCaller {
  readonly call: <M extends RpcMethod>(method: M, params: RpcParams<M>, options?: CallOptions) => Promise<RpcResults[M]>
  readonly on: <N extends RpcNotification>(name: N, listener: (payload: RpcNotifications[N]) => void) => () => void
  readonly closed: Promise<void>
  readonly close: () => void
}

/** Speaks the daemon's protocol over a connected socket. */
export function createCaller(socket: Socket): RpcCaller {
  const reader = new LimitedMessageReader(socket, MAX_ANSWER_BYTES)
  const connection = createMessageConnection(reader, new SocketMessageWriter(socket), NullLogger)
  let isClosed = false
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true
      connection.dispose()
      resolve()
    })
  })
  // 'close' follows every error; what went wrong is told by the pending calls.
  socket.on('error', () => undefined)
  reader.onError(() => socket.destroy())
  const listeners = listenToNotifications(connection)
  connection.listen()

  return {
    call: async (method, params, options = {}) => {
      if (isClosed) throw connectionGone()
      if (Buffer.byteLength(JSON.stringify(params)) > MAX_MESSAGE_BYTES - 1024) {
        throw new WarrenError('rpc.too-large', `The request ${method} is larger than ${MAX_MESSAGE_BYTES} bytes.`)
      }
      return await request(connection, { method, params, ...options })
    },
    on: (name, listener) => listeners.add(name, listener),
    closed,
    close: () => socket.end(() => socket.destroy()),
  }
}

async function request<M extends RpcMethod>(
  connection: MessageConnection,
  what: { method: M; params: RpcParams<M> } & CallOptions,
): Promise<RpcResults[M]> {
  const { method, params, signal, timeoutMs } = what
  signal?.throwIfAborted()
  const cancel = new CancellationTokenSource()
  let onAbort: (() => void) | undefined
  let timer: NodeJS.Timeout | undefined
  const givenUp = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal?.reason instanceof Error ? signal.reason : new WarrenError('cancelled', 'Cancelled.'))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (timeoutMs !== undefined) {
      timer = setTimeout(() => reject(noAnswer(method, timeoutMs)), timeoutMs)
    }
  })
  try {
    return await Promise.race([connection.sendRequest<RpcResults[M]>(method, params, cancel.token), givenUp])
  } catch (error) {
    cancel.cancel()
    throw translate(error)
  } finally {
    clearTimeout(timer)
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort)
    cancel.dispose()
  }
}

interface Listeners {
  readonly add: <N extends RpcNotification>(name: N, listener: (payload: RpcNotifications[N]) => void) => () => void
}

function listenToNotifications(connection: MessageConnection): Listeners {
  const byName = new Map<string, Set<(payload: never) => void>>()
  for (const name of Object.keys(topicOf)) {
    connection.onNotification(name, (payload: unknown) => {
      for (const listener of [...(byName.get(name) ?? [])]) listener(payload as never)
    })
  }
  return {
    add: (name, listener) => {
      const own = (payload: never): void => listener(payload)
      const set = byName.get(name) ?? new Set()
      byName.set(name, set.add(own))
      return () => set.delete(own)
    },
  }
}

function translate(error: unknown): unknown {
  if (error instanceof WarrenError) return error
  if (error instanceof ResponseError && isFault(error.data)) return fromFault(error.data)
  if (error instanceof ResponseError && error.code < -32_090) return connectionGone()
  return error instanceof Error && error.name === 'ConnectionError' ? connectionGone() : error
}

function isFault(data: unknown): data is Fault {
  return typeof data === 'object' && data !== null && 'code' in data && isErrorCode(data.code) && 'message' in data
}

function connectionGone(): WarrenError {
  return new WarrenError('daemon.unreachable', 'The connection to the daemon is gone.', {
    fix: 'Try again: a new daemon is started when none answers.',
  })
}

function noAnswer(method: string, timeoutMs: number): WarrenError {
  return new WarrenError('daemon.unreachable', `The daemon did not answer ${method} within ${timeoutMs / 1000} s.`)
}
