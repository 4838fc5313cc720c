/** The demo SSH server: on loopback, for everybody here, with nothing behind it but its own sample services. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import type { SampleServices } from './samples'

export const DEMO_USER = 'demo'
const LOOPBACK = '127.0.0.1'

export interface DemoHost {
  readonly close: () => Promise<void>
}

export interface DemoHostOptions {
  readonly port: number
  /** OpenSSH private key. */
  readonly hostKey: string
  readonly samples: SampleServices
  readonly log: (message: string) => void
}

/** Listens on 127.0.0.1. Rejects with the system's error when the port is taken. */
export async function listenDemo(options: DemoHostOptions): Promise<DemoHost> {
  const connections = new Set<Connection>()
  const server = new ssh2.Server({ hostKeys: [options.hostKey] }, (connection) => {
    connections.add(connection)
    connection.on('error', (error: Error) => options.log(`demo: ${error.message}`))
    connection.on('close', () => connections.delete(connection))
    serve(connection, options)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, LOOPBACK, () => resolve())
  })
  server.on('error', (error: Error) => options.log(`demo: ${error.message}`))
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of connections) connection.end()
      }),
  }
}

function serve(connection: Connection, { samples, log }: DemoHostOptions): void {
  // Anybody on this machine may log in: there is nothing to protect, and no secret is asked for.
  connection.on('authentication', (context) => {
    if (context.username === DEMO_USER) context.accept()
    else context.reject(['none', 'password', 'publickey'])
  })
  connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
    const sample = samples.find(destIP, destPort)
    if (sample === null) {
      log(`demo: refused a connection to ${destIP}:${destPort}`)
      reject()
      return
    }
    sample(withErrorHandler(accept(), log))
  })
  connection.on('session', (_accept, reject) => reject())
  serveRemoteForwards(connection, log)
}

/** `tcpip-forward` (RFC 4254 §7.1), on loopback whatever address was asked for. */
function serveRemoteForwards(connection: Connection, log: (message: string) => void): void {
  const listeners = new Map<string, Server>()
  connection.on('close', () => {
    for (const listener of listeners.values()) listener.close()
    listeners.clear()
  })
  connection.on('request', (...[accept, reject, name, info]) => {
    if (name === 'tcpip-forward') {
      const listener = createServer({ allowHalfOpen: true }, (socket) => {
        joinRemote(connection, socket, { bindAddr: info.bindAddr, bindPort: portOf(listener), log })
      })
      listener.once('error', (error) => {
        log(`demo: ${error.message}`)
        reject?.()
      })
      listener.listen(info.bindPort, LOOPBACK, () => {
        listener.on('error', (error) => log(`demo: ${error.message}`))
        listeners.set(`${info.bindAddr} ${portOf(listener)}`, listener)
        accept?.(portOf(listener))
      })
    } else if (name === 'cancel-tcpip-forward') {
      const key = `${info.bindAddr} ${info.bindPort}`
      listeners.get(key)?.close()
      if (listeners.delete(key)) accept?.()
      else reject?.()
    } else {
      reject?.()
    }
  })
}

function joinRemote(
  connection: Connection,
  socket: Socket,
  at: { bindAddr: string; bindPort: number; log: (message: string) => void },
): void {
  socket.on('error', (error) => at.log(`demo: ${error.message}`))
  socket.setNoDelay(true)
  connection.forwardOut(
    at.bindAddr,
    at.bindPort,
    socket.remoteAddress ?? LOOPBACK,
    socket.remotePort ?? 0,
    (error, channel) => {
      if (error !== undefined) {
        socket.destroy()
        return
      }
      join(withErrorHandler(channel, at.log), socket)
    },
  )
}

function join(channel: ServerChannel, socket: Socket): void {
  channel.pipe(socket)
  socket.pipe(channel)
  channel.on('close', () => socket.destroy())
  socket.on('close', () => channel.close())
}

function withErrorHandler<D extends Duplex>(stream: D, log: (message: string) => void): D {
  stream.on('error', (error: Error) => log(`demo: ${error.message}`))
  return stream
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
