/** UDP sockets of Node's own kind. */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { BUFFER_BYTES, type UdpOwner, type UdpSocket, type UdpSockets, type UdpSource } from './_udp-types'

/** Datagrams that wait for the socket to be connected, within the same turn of the event loop. */
const MAX_EARLY = 64

export const dgramSockets: UdpSockets = {
  listen: (at, owner) =>
    new Promise((resolve, reject) => {
      const socket = open(at)
      const failed = (error: Error): void => {
        socket.close()
        reject(error)
      }
      socket.once('error', failed)
      socket.bind({ ...at, exclusive: true }, () => {
        socket.removeListener('error', failed)
        resolve(new DgramSocket(socket, owner))
      })
    }),
  connect: (to, owner) => {
    const socket = open(to)
    const connected = new DgramSocket(socket, owner)
    connected.connect(to)
    return connected
  },
}

// --- internal ---

function open({ address }: UdpSource): Socket {
  return createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) })
}

class DgramSocket implements UdpSocket {
  /** Sent once it is connected; `null` from then on. */
  private early: Buffer[] | null = null
  private closed = false

  constructor(
    private readonly socket: Socket,
    private readonly owner: UdpOwner,
  ) {
    socket.on('message', (data, from) => {
      owner.arrived(this, data, from)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      owner.troubled(this, error.code ?? error.message)
    })
    socket.once('listening', this.enlarge)
    if (isBound(socket)) this.enlarge()
  }

  get port(): number {
    return this.closed ? 0 : this.socket.address().port
  }

  connect({ address, port }: UdpSource): void {
    this.early = []
    this.socket.connect(port, address, () => {
      const early = this.early ?? []
      this.early = null
      for (const data of early) this.send(data)
    })
  }

  send(data: Buffer): string | null {
    if (this.closed) return 'EBADF'
    if (this.early === null) this.socket.send(data, this.told)
    else if (this.early.length < MAX_EARLY) this.early.push(data)
    return null
  }

  sendTo(data: Buffer, address: string, port: number): string | null {
    if (this.closed) return 'EBADF'
    this.socket.send(data, port, address, this.told)
    return null
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.socket.close()
  }

  private readonly told = (error: NodeJS.ErrnoException | null): void => {
    if (error !== null && !this.closed) this.owner.troubled(this, error.code ?? error.message)
  }

  private readonly enlarge = (): void => {
    try {
      this.socket.setRecvBufferSize(BUFFER_BYTES)
      this.socket.setSendBufferSize(BUFFER_BYTES)
    } catch {
      // Bursts are lost sooner; nothing else depends on it.
    }
  }
}

function isBound(socket: Socket): boolean {
  try {
    return socket.address().port !== 0
  } catch {
    return false
  }
}
