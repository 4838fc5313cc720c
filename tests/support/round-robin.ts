/** A TCP balancer: connections go to its targets in turn; one that takes none is passed over. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface RoundRobin {
  readonly port: number
  /** Breaks every connection through it, as a balancer does that restarts. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

/** `ports` of targets on loopback. */
export async function startRoundRobin(ports: readonly number[]): Promise<RoundRobin> {
  let turn = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  }
  const reach = (client: Socket, left: number): void => {
    const port = ports[turn++ % ports.length] ?? 0
    const target = connect(port, '127.0.0.1')
    let isOpen = false
    keep(target)
    target.once('connect', () => {
      isOpen = true
      client.pipe(target).pipe(client)
    })
    target.once('close', () => {
      if (isOpen || left <= 1) client.destroy()
      // It may have been cut, or gone, while this one was tried.
      else if (!client.destroyed) reach(client, left - 1)
    })
    client.once('close', () => target.destroy())
  }
  const server = createServer((client) => {
    keep(client)
    reach(client, ports.length)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
