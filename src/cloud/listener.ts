/** The socket's side of HTTP: what is no request that the app could answer is refused here, in the same form as everything else. */
import { createServer, maxHeaderSize, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener, RequestError } from '@hono/node-server'
import { extensions, EXTENSIONS_HEADER } from '@shared/cloud'
import type { App, Services } from './context'
import { Problem } from './problem'

export interface RequestTimes {
  /** Until the last header is there. */
  readonly headersMs: number
  /** Until the whole body is there; not less. */
  readonly wholeMs: number
  /** How often it is looked. */
  readonly lookMs: number
}
/** A body of the size that is allowed has its time on a slow line. */
export const defaultTimes: RequestTimes = { headersMs: 30_000, wholeMs: 300_000, lookMs: 10_000 }

export interface Listener {
  /** Not listening yet. */
  readonly server: Server
  /** Ends the connections on which nothing is asked. Browsers and proxies hold some ready, and Node takes one that never sent a byte for busy. */
  readonly closeIdle: () => void
}

export function createListener(
  app: App,
  { log, metrics, times = defaultTimes }: Pick<Services, 'log' | 'metrics'> & { readonly times?: RequestTimes },
): Listener {
  const note = (status: number, reason: string): void => {
    metrics.answered({ route: 'none', method: 'none', status, seconds: 0 })
    log('info', 'refused what is no request', { status, reason })
  }
  const answer = getRequestListener(app.fetch, {
    // For HTTP/1.0, which may leave the host out.
    hostname: 'localhost',
    errorHandler: (error) => {
      const problem = error instanceof RequestError ? notHttp() : null
      note(problem?.status ?? 500, error instanceof Error ? error.name : 'unknown')
      const body = problem?.body ?? { statusCode: 500, message: 'Internal server error' }
      return Response.json(body, { status: problem?.status ?? 500, headers: always })
    },
  })
  /** The answer that each connection was last asked for. */
  const asked = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly response: ServerResponse }>()
  const server = createServer({
    ...{ headersTimeout: times.headersMs, requestTimeout: times.wholeMs, connectionsCheckingInterval: times.lookMs },
    // Node would refuse it with an empty body.
    requireHostHeader: false,
  })
  const unused = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    unused.delete(request.socket)
    asked.set(request.socket, { request, response })
    const isWithoutHost = request.httpVersion === '1.1' && request.headers.host === undefined
    const problem = isWithoutHost ? notHttp() : null
    if (problem === null) void answer(request, response)
    else refuse(response, problem)
  }
  const refuse = (response: ServerResponse, problem: Problem): void => {
    note(problem.status, 'headers')
    const { text, headers } = written(problem)
    response.writeHead(problem.status, headers).end(text)
  }
  server.on('request', listen)
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    refuse(response, new Problem(417, 'No other expectation than 100-continue is met'))
  })
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    const problem = new Problem(400, 'This server is no proxy')
    note(problem.status, 'CONNECT')
    hangUp(socket.resume(), problem)
  })
  const left = new WeakSet<Duplex>()
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // What comes after the first fault is told as one too.
    if (left.has(socket)) return
    left.add(socket)
    const last = asked.get(socket)
    if (last !== undefined && last.request.complete && !last.response.writableFinished) {
      // The fault is behind a whole request: that one is answered, and the connection ends with it.
      last.response.shouldKeepAlive = false
      last.response.once('finish', () => socket.end())
      return
    }
    // What was answered before it was whole has its answer.
    const isAnswered = last !== undefined && !last.request.complete && last.response.headersSent
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    if (isAnswered) {
      hangUp(socket)
      return
    }
    const problem = problemOf(error)
    note(problem.status, error.code ?? error.name)
    hangUp(socket, problem)
  })
  return {
    server,
    closeIdle: () => {
      server.closeIdleConnections()
      for (const socket of unused) if (socket.bytesRead === 0) socket.destroy()
    },
  }
}

// --- internal ---

const always = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  [EXTENSIONS_HEADER]: extensions.join(', '),
}
/** A connection with unread bytes that is cut at once takes the answer with it (RFC 9112 §9.6). */
const LINGER_MS = 1000

function notHttp(): Problem {
  return new Problem(400, 'The request is no HTTP that this server understands')
}

/** The statuses are Node's own for these faults. */
function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, `The address and the headers together have more than ${maxHeaderSize} bytes`)
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'The body is too large')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'The request did not come in time')
    default:
      return notHttp()
  }
}

function written({ body }: Problem): { readonly text: string; readonly headers: Readonly<Record<string, string>> } {
  const text = JSON.stringify(body)
  return { text, headers: { ...always, 'content-length': String(Buffer.byteLength(text)), connection: 'close' } }
}

/** With what is wrong, unless it was said. */
function hangUp(socket: Duplex, problem?: Problem): void {
  socket.end(problem === undefined ? '' : rawAnswer(problem))
  const cut = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => {
    clearTimeout(cut)
  })
}

function rawAnswer(problem: Problem): string {
  const { text, headers } = written(problem)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${problem.status} ${problem.reason}\r\n${lines.join('\r\n')}\r\n\r\n${text}`
}
