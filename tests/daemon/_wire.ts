/** The wire between machines and a server: it can be cut, and it can hold what is answered. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Wire {
  readonly url: string
  /** Connections break, and no new one gets through. */
  readonly cut: () => void
  readonly mend: () => void
  /** From now on requests get through and answers do not. Resolves with the first answer that is held. */
  readonly holdAnswers: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function startWire(to: string): Promise<Wire> {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  let isCut = false
  let onHeld: (() => void) | null = null
  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (data) => {
      if (onHeld === null) client.write(data)
      else onHeld()
    })
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true
      breakAll()
    },
    mend: () => {
      isCut = false
      onHeld = null
      breakAll()
    },
    holdAnswers: () =>
      new Promise((resolve) => {
        onHeld = resolve
      }),
    close: async () => {
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}
