/** An end as a Node socket, where bare handles cannot be had. */
import { connect, type Socket } from 'node:net'
import { sayResets } from '../tcp'
import { resetStream } from '../traffic'
import { nobody, type Address, type ConnectWaiter, type EndOwner, type TcpEnd } from './_tcp-end'

/** A paused client that a listener handed over. */
export function acceptSocket(socket: Socket): TcpEnd {
  return new SocketEnd(socket)
}

/** Begins to connect to an address; `waiter` hears how it went, after the call. */
export function connectSocket(to: Address, owner: EndOwner, waiter: ConnectWaiter): TcpEnd {
  const socket = connect({
    ...{ host: to.address, port: to.port, allowHalfOpen: true, noDelay: true, autoSelectFamily: false },
  })
  socket.pause()
  const end = new SocketEnd(socket)
  end.owner = owner
  end.waiter = waiter
  return end
}

// --- internal ---

class SocketEnd implements TcpEnd {
  owner: EndOwner = nobody
  waiter: ConnectWaiter | null = null
  hasReadEnd = false
  private closed = false
  /** That nothing more comes was read, and is to be told again. */
  private hasKeptEnd = false
  private readonly peer: { address: string | undefined; port: number | undefined }

  constructor(private readonly socket: Socket) {
    // Gone from the socket as soon as it is closed.
    this.peer = { address: socket.remoteAddress, port: socket.remotePort }
    socket.on('error', this.onError)
    sayResets(socket)
    socket.on('connect', () => {
      this.connected(null)
    })
    socket.on('data', (chunk: Buffer) => {
      if (!this.closed) this.owner.arrived(this, chunk)
    })
    socket.on('end', () => {
      this.hasReadEnd = true
      if (!this.closed) this.owner.readEnded(this)
    })
    socket.on('drain', () => {
      if (!this.closed) this.owner.drained(this)
    })
    // A listener for data makes it flow.
    socket.pause()
  }

  get remoteAddress(): string | undefined {
    return this.peer.address ?? this.socket.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.peer.port ?? this.socket.remotePort
  }

  get localAddress(): string | undefined {
    return this.socket.localAddress
  }

  get localPort(): number | undefined {
    return this.socket.localPort
  }

  resume(): void {
    if (this.closed) return
    this.socket.resume()
    if (this.hasKeptEnd) setImmediate(this.tellEnd)
  }

  pause(): void {
    this.socket.pause()
  }

  keepEnd(): void {
    this.hasReadEnd = false
    this.hasKeptEnd = true
    this.socket.pause()
  }

  write(chunk: Buffer): boolean {
    return this.closed || this.socket.write(chunk)
  }

  shutdown(): void {
    if (!this.closed) this.socket.end()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.socket.destroySoon()
  }

  reset(): void {
    if (this.closed) return
    this.closed = true
    resetStream(this.socket)
  }

  // --- internal ---

  private readonly tellEnd = (): void => {
    if (this.closed || !this.hasKeptEnd || this.socket.isPaused()) return
    this.hasKeptEnd = false
    this.hasReadEnd = true
    this.owner.readEnded(this)
  }

  private connected(code: string | null): void {
    const { waiter } = this
    this.waiter = null
    if (!this.closed) waiter?.connected(this, code)
  }

  private readonly onError = (error: NodeJS.ErrnoException): void => {
    const code = error.code ?? 'EIO'
    if (this.waiter !== null) this.connected(code)
    // Node has destroyed it already, with what was still to be read.
    else if (!this.closed) this.owner.broke(this, code, 'reading')
  }
}
