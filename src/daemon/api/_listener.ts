/** The HTTP server of one control API: what reaches the API is small, in time, and from somebody who speaks HTTP. */
import { createServer, STATUS_CODES, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Certificate } from './_certificate'

/** All parameters of a call may be in its address. */
const MAX_HEADER_BYTES = 1024 * 1024
const MAX_HEADERS = 100
const HEADERS_MS = 10_000
const REQUEST_MS = 30_000
const KEEP_ALIVE_MS = 5000
/** How often the times above are looked at. */
const LOOK_MS = 1000
/** A connection on which nothing moves. */
const SILENCE_MS = 60_000
const HANDSHAKE_MS = 10_000
const MAX_CONNECTIONS = 1000
/** Calls that are under way at an end may still be answered. */
const GRACE_MS = 2000
/** What a refused caller still sends is read for so long, because a reset would take the answer away from it. */
const FAREWELL_MS = 2000

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly certificate: Certificate | null
  readonly onRequest: RequestListener
}

export interface Listener {
  readonly port: number
  /** No new calls; those under way may end. */
  readonly close: () => Promise<void>
}

/** Listens; rejects with the system's error. `*`: every address. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = makeServer(options)
  const { port } = options
  if (options.host !== '*') await bind(server, { host: options.host, port })
  else {
    // Both families with one socket; where the machine has no IPv6, the other alone.
    await bind(server, { host: '::', port }).catch((error: unknown) => {
      if (!isWithoutIpv6(error)) throw error
      return bind(server, { host: '0.0.0.0', port })
    })
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => close(server),
  }
}

// --- internal ---

function makeServer({ certificate, onRequest }: ListenerOptions): Server {
  const limits: ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: LOOK_MS,
    noDelay: true,
  }
  const server =
    certificate === null
      ? createServer(limits, onRequest)
      : createTlsServer({ ...limits, ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS }, onRequest)
  server.maxHeadersCount = MAX_HEADERS
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(SILENCE_MS)
  const refused = new WeakSet<object>()
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (refused.has(socket)) return
    refused.add(socket)
    refuse(socket as Socket, error)
  })
  // A caller that speaks no TLS, or trusts the certificate not: its own matter.
  server.on('tlsClientError', () => undefined)
  return server
}

/** Answers what is no call that can be answered, and lets go of the caller. */
function refuse(socket: Socket, error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const text = `${STATUS_CODES[status] ?? ''}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${text.length}`,
    'connection: close',
  ]
  socket.on('error', () => socket.destroy())
  socket.on('data', () => undefined)
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS)
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
}

function bind(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...at, exclusive: true }, () => {
      server.removeListener('error', reject)
      // Accepting may fail later (no descriptors left): the next one may be taken again.
      server.on('error', () => undefined)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function isWithoutIpv6(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'
}
