/** A TCP proxy on loopback that holds every byte back for a while: a long link without a network namespace. */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'

export interface DelayProxy {
  readonly port: number
  readonly close: () => Promise<void>
}

/** Bytes arrive `oneWayMs` later in each direction, in order, with no limit of rate. */
export async function startDelayProxy(targetPort: number, oneWayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {
        near.destroy()
        far.destroy()
      })
      socket.on('close', () => sockets.delete(socket))
    }
    delay(near, far, oneWayMs)
    delay(far, near, oneWayMs)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

// --- internal ---

function delay(from: Socket, to: Socket, ms: number): void {
  from.on('data', (chunk: Buffer) => {
    setTimeout(() => {
      if (!to.destroyed) to.write(chunk)
    }, ms)
  })
  from.on('end', () => {
    setTimeout(() => to.end(), ms)
  })
}
