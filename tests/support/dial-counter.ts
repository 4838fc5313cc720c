/** Ends of connections that count who comes: the proof that something was tried once and not again. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface DialCounter {
  readonly port: number
  /** Connections that came in so far. */
  readonly dials: () => number
  readonly stop: () => Promise<void>
}

/** Passes connections on to a port of this machine. */
export function countDials(targetPort: number): Promise<DialCounter> {
  return listen((socket, open) => {
    const target = connect(targetPort, '127.0.0.1')
    open.add(target)
    socket.on('error', () => target.destroy())
    target.on('error', () => socket.destroy())
    target.on('close', () => open.delete(target))
    socket.pipe(target).pipe(socket)
  })
}

/** An HTTP proxy that wants a login and gets none (RFC 9110 §15.5.8). */
export function startRefusingProxy(): Promise<DialCounter> {
  return listen((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="office"\r\nContent-Length: 0\r\n\r\n',
      )
    })
  })
}

// --- internal ---

async function listen(serve: (socket: Socket, open: Set<Socket>) => void): Promise<DialCounter> {
  const open = new Set<Socket>()
  let dials = 0
  const server: Server = createServer((socket) => {
    dials += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    serve(socket, open)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    dials: () => dials,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
