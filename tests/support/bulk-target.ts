/** A TCP service that takes and gives many bytes, and a client that checks that they are the same at both ends. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

const BLOCK = randomBytes(1024 * 1024)
const UP = 0x55
const DOWN = 0x44

export interface BulkTarget {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** `U` and bytes until the end: answers with their SHA-256. `D` and a decimal number: gives that many megabytes and ends. */
export async function startBulkTarget(): Promise<BulkTarget> {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    void serve(socket).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface Digests {
  readonly sent: string
  readonly received: string
}

/** Sends megabytes through a port; what arrived is what the target says. */
export function upload(open: () => Promise<Socket>, megabytes: number): Promise<Digests> {
  return uploadWhile(open, (sent) => sent < megabytes)
}

/** Sends a megabyte and another one for as long as it is told to. */
export async function uploadWhile(
  open: () => Promise<Socket>,
  goesOn: (megabytes: number) => boolean,
): Promise<Digests> {
  const socket = await open()
  const sent = createHash('sha256')
  const answer = readAll(socket)
  socket.write(Buffer.from([UP]))
  for (let index = 0; goesOn(index); index += 1) {
    sent.update(BLOCK)
    if (!socket.write(BLOCK)) await once(socket, 'drain')
  }
  socket.end()
  const received = (await answer).toString()
  return { sent: sent.digest('hex'), received }
}

/** Fetches megabytes through a port. */
export async function download(open: () => Promise<Socket>, megabytes: number): Promise<Digests> {
  const socket = await open()
  const received = createHash('sha256')
  const answer = readAll(socket, received)
  socket.end(Buffer.from([DOWN, megabytes]))
  await answer
  const sent = createHash('sha256')
  for (let index = 0; index < megabytes; index += 1) sent.update(BLOCK)
  return { sent: sent.digest('hex'), received: received.digest('hex') }
}

/** Opens a plain connection to a port of this machine. */
export function plain(port: number): () => Promise<Socket> {
  return async () => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    await once(socket, 'connect')
    return socket
  }
}

/** Opens a connection through a SOCKS5 proxy of this machine (RFC 1928), with a domain as its target. */
export function throughSocks(proxyPort: number, targetPort: number): () => Promise<Socket> {
  return async () => {
    const socket = await plain(proxyPort)()
    socket.write(Buffer.from([5, 1, 0]))
    await readExactly(socket, 2)
    const name = Buffer.from('localhost')
    const port = Buffer.from([targetPort >> 8, targetPort & 0xff])
    socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, port]))
    const reply = await readExactly(socket, 10)
    if (reply[1] !== 0) throw new Error(`The proxy refused with code ${String(reply[1])}`)
    return socket
  }
}

// --- internal ---

async function serve(socket: Socket): Promise<void> {
  const [kind = 0] = await readExactly(socket, 1)
  if (kind === DOWN) {
    const [megabytes = 0] = await readExactly(socket, 1)
    for (let index = 0; index < megabytes; index += 1) {
      if (!socket.write(BLOCK)) await once(socket, 'drain')
    }
    socket.end()
    return
  }
  const hash = createHash('sha256')
  await readAll(socket, hash)
  socket.end(hash.digest('hex'))
}

async function readExactly(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const chunk = socket.read(size) as Buffer | null
    if (chunk !== null) return chunk
    if (socket.readableEnded || socket.destroyed) throw new Error('The connection ended early')
    await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')])
  }
}

function readAll(socket: Socket, hash?: ReturnType<typeof createHash>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => {
      if (hash === undefined) chunks.push(chunk)
      else hash.update(chunk)
    })
    socket.once('end', () => {
      resolve(Buffer.concat(chunks))
    })
    socket.once('error', reject)
  })
}
