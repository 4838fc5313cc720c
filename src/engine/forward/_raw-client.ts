/**
 * TCP clients without a Node stream around them, as the splice drives them: see {@link TcpHandle} for what is below.
 */
import { getSystemErrorName } from 'node:util'
import type { ClientEnd, ClientSink } from '../ssh/types'
import {
  DONE_AT_ONCE,
  mayBeReset,
  streamBinding,
  UV_EOF,
  type TcpAddress,
  type TcpHandle,
  type TcpRequest,
} from '../tcp'

/** Shared by all clients: what is read is passed on before the next read. */
const READ_BYTES = 64 * 1024
const OWNER = Symbol('owner')

interface Request extends TcpRequest {
  /** Kept from the garbage collector until the kernel has taken it. */
  chunks?: readonly Buffer[]
  [OWNER]?: RawClient
}

interface Handle extends TcpHandle {
  [OWNER]?: RawClient
}

export function rawClient(handle: TcpHandle): ClientEnd {
  return new RawClient(handle)
}

// --- internal ---

const binding = streamBinding
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES)
/** A write that the kernel takes at once leaves its request untouched. */
let spareRequest: Request | null = null
/** Of all of them, who read bytes last: only its end may be said too early, see {@link mayBeReset}. */
let lastReader: RawClient | null = null

class RawClient implements ClientEnd {
  sink: ClientSink | null = null
  closed = false
  private queue: Buffer[] = []
  /** Writes that the kernel has not taken yet. */
  private writing = 0
  private reading = false
  private readEnded = false
  private ending = false
  private endsOnceWritten = false
  private ended = false
  private hasAskedAgain = false
  private closeOnceEnded = false
  private peer: TcpAddress | null = null

  constructor(private readonly handle: Handle) {
    handle[OWNER] = this
    handle.onread = onRead
    handle.useUserBuffer(readBuffer)
    handle.setNoDelay(true)
  }

  get remoteAddress(): string | undefined {
    return this.peerAddress().address
  }

  get remotePort(): number | undefined {
    return this.peerAddress().port
  }

  get localPort(): number | undefined {
    const out: TcpAddress = {}
    if (!this.closed) this.handle.getsockname(out)
    return out.port
  }

  get writable(): boolean {
    return !this.closed && !this.ending
  }

  get backedUp(): boolean {
    return this.writing > 0
  }

  get holding(): boolean {
    return this.writing > 0
  }

  pause(): void {
    if (!this.reading) return
    this.reading = false
    if (!this.closed) this.handle.readStop()
  }

  resume(): void {
    if (this.reading || this.closed || this.readEnded) return
    this.reading = true
    const status = this.handle.readStart()
    if (status !== 0) this.fail(status)
  }

  write(data: Buffer): void {
    this.queue.push(data)
  }

  flush(): void {
    const { queue } = this
    const [first] = queue
    if (first === undefined || this.closed || binding === null) return
    this.queue = []
    const request: Request = spareRequest ?? new binding.WriteWrap()
    spareRequest = request
    const status =
      queue.length === 1 ? this.handle.writeBuffer(request, first) : this.handle.writev(request, queue, true)
    if (status !== 0) {
      spareRequest = null
      this.fail(status)
      return
    }
    if (binding.streamBaseState[binding.kLastWriteWasAsync] === 0) return
    spareRequest = null
    request.handle = this.handle
    request.oncomplete = onWritten
    request.chunks = queue
    request[OWNER] = this
    this.writing += 1
  }

  end(): void {
    if (this.ending || this.closed) return
    this.flush()
    this.ending = true
    if (this.closed || binding === null) return
    if (this.readEnded && this.writing === 0) {
      // Nothing is under way in either direction: closing says the same to the peer as a shutdown before it.
      this.close(null)
      return
    }
    // Asked for now it would be under way until the client has taken everything, and could not be reset meanwhile.
    if (this.writing > 0) this.endsOnceWritten = true
    else this.endNow()
  }

  private endNow(): void {
    if (binding === null) return
    this.endsOnceWritten = false
    const request: Request = new binding.ShutdownWrap()
    request.handle = this.handle
    request.oncomplete = onShutdown
    request[OWNER] = this
    const status = this.handle.shutdown(request)
    if (status === DONE_AT_ONCE) this.shutDown()
    else if (status !== 0) this.fail(status)
  }

  closeWhenSent(): void {
    if (this.closed) return
    this.closeOnceEnded = true
    this.end()
    if (this.ended) this.close(null)
  }

  reset(): void {
    if (this.closed) return
    this.peerAddress()
    this.closed = true
    // libuv refuses a reset while a shutdown is under way, and Node would then never close the handle (uv_tcp_close_reset).
    if (this.ending && !this.endsOnceWritten && !this.ended) this.handle.close()
    else this.handle.reset()
    this.sink?.onClientClose(null)
  }

  release(): void {
    this.sink = null
  }

  /** This and the next two are for the handle's callbacks: `count` bytes are in the shared buffer, or a negative status. */
  arrived(count: number): void {
    if (this.closed || count === 0) return
    if (count > 0) {
      this.sink?.onClientData(readBuffer.subarray(0, count))
      return
    }
    if (count === UV_EOF && lastReader === this && !this.hasAskedAgain && mayBeReset(this.handle)) {
      this.hasAskedAgain = true
      if (this.handle.readStart() === 0) return
    }
    if (count !== UV_EOF) {
      this.fail(count)
      return
    }
    this.readEnded = true
    this.reading = false
    this.sink?.onClientEnd()
    if (this.ended) this.close(null)
  }

  written(status: number): void {
    this.writing -= 1
    if (this.closed) return
    if (status < 0) {
      this.fail(status)
      return
    }
    if (this.writing > 0) return
    if (this.endsOnceWritten) this.endNow()
    this.sink?.onClientDrain()
  }

  shutDown(): void {
    this.ended = true
    if (this.readEnded || this.closeOnceEnded) this.close(null)
  }

  private fail(status: number): void {
    const code = getSystemErrorName(status)
    this.close(Object.assign(new Error(`The client's connection failed: ${code}`), { code }))
  }

  private close(error: Error | null): void {
    if (this.closed) return
    this.closed = true
    this.handle.close()
    this.sink?.onClientClose(error)
  }

  private peerAddress(): TcpAddress {
    if (this.peer === null) {
      this.peer = {}
      if (!this.closed) this.handle.getpeername(this.peer)
    }
    return this.peer
  }
}

function onRead(this: Handle): void {
  const client = this[OWNER]
  if (client === undefined || binding === null) return
  const count = binding.streamBaseState[binding.kReadBytesOrError] ?? 0
  if (count > 0) lastReader = client
  client.arrived(count)
}

function onWritten(this: Request, status: number): void {
  this[OWNER]?.written(status)
}

function onShutdown(this: Request): void {
  this[OWNER]?.shutDown()
}
