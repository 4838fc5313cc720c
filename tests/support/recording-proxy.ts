/** Writes down every byte between clients and a server on loopback, in both directions. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface RecordingProxy {
  readonly url: string
  /** Where connections go from now on. */
  readonly to: (url: string) => void
  /** What clients sent and what they were answered, each connection's bytes in one piece. */
  readonly recorded: () => Buffer
  readonly close: () => Promise<void>
}

export async function startRecordingProxy(): Promise<RecordingProxy> {
  let target: URL | null = null
  const records: Buffer[][] = []
  const open = new Set<Socket>()
  const record = (from: Socket, to: Socket): void => {
    const parts: Buffer[] = []
    records.push(parts)
    open.add(from)
    from.on('data', (part: Buffer) => parts.push(part))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      open.delete(from)
      to.destroy()
    })
    from.pipe(to)
  }
  const server = createServer((client) => {
    if (target === null) {
      client.destroy()
      return
    }
    const upstream = connect(Number(target.port), target.hostname)
    record(client, upstream)
    record(upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    to: (url) => {
      target = new URL(url)
    },
    recorded: () => Buffer.concat(records.flat()),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
