/** An end as a bare libuv handle: what the relay's speed comes from. */
import { getSystemErrorName } from 'node:util'
import {
  connectBinding,
  DONE_AT_ONCE,
  mayBeReset,
  streamBinding,
  UV_EOF,
  type TcpAddress,
  type TcpHandle,
  type TcpRequest,
} from '../tcp'
import {
  BULK_BYTES,
  copyOfShared,
  giveBulkBuffer,
  keepCopy,
  SHARED_BYTES,
  sharedBuffer,
  takeBulkBuffer,
} from './_buffers'
import { nobody, type Address, type ConnectWaiter, type EndOwner, type TcpEnd } from './_tcp-end'

/** Whether this Node allows it; where not, sockets do the work. */
export const canUseHandles = streamBinding !== null && connectBinding !== null

/** A client that a listener handed over. */
export function acceptHandle(handle: TcpHandle): TcpEnd {
  return new HandleEnd(handle, ACCEPTED_HAVE_NO_DELAY)
}

/** Begins to connect to an address; `waiter` hears how it went, after the call. */
export function connectHandle(to: Address, owner: EndOwner, waiter: ConnectWaiter): TcpEnd {
  if (connectBinding === null) throw new TypeError('Handles cannot be used.')
  const handle = connectBinding.newHandle()
  const end = new HandleEnd(handle, false)
  end.owner = owner
  const request: Request = connectBinding.newConnect()
  request.oncomplete = onConnected
  request[OWNER] = end
  end.waiter = waiter
  const status = to.address.includes(':')
    ? handle.connect6(request, to.address, to.port)
    : handle.connect(request, to.address, to.port)
  if (status === 0) {
    // It reads from the moment it is connected: asked for now, that costs no system call of its own.
    end.resume()
    return end
  }
  process.nextTick(() => {
    end.connected(status)
  })
  return end
}

// --- internal ---

const OWNER = Symbol('end')
/** Linux hands the listener's option on; elsewhere each handle is told. */
const ACCEPTED_HAVE_NO_DELAY = process.platform === 'linux'
/** How long an end may move little before its big buffer goes. */
const QUIET_MS = 1000

interface Request extends TcpRequest {
  /** Kept from the garbage collector until the kernel has taken it. */
  chunk?: Buffer
  [OWNER]?: HandleEnd
}

interface Handle extends TcpHandle {
  [OWNER]?: HandleEnd
}

/** A write that the kernel takes at once leaves its request untouched. */
let spareRequest: Request | null = null
/** Of all of them, who read bytes last: only its end may be said too early, see {@link mayBeReset}. */
let lastReader: HandleEnd | null = null
/** Those that have a big buffer. */
const bulkEnds = new Set<HandleEnd>()

class HandleEnd implements TcpEnd {
  owner: EndOwner = nobody
  waiter: ConnectWaiter | null = null
  hasReadEnd = false
  private closed = false
  private reading = false
  /** That nothing more comes was read, and is to be told again. */
  private hasKeptEnd = false
  private writing = false
  private shutdownState: 'no' | 'under way' | 'done' = 'no'
  private hasAskedAgain = false
  private closesOnceSent = false
  private hasWritten = false
  private peer: TcpAddress | null = null
  private bulk: Buffer | null = null
  private isBusy = false

  constructor(
    private readonly handle: Handle,
    private hasNoDelay: boolean,
  ) {
    handle[OWNER] = this
    handle.onread = onRead
    handle.useUserBuffer(sharedBuffer)
  }

  get remoteAddress(): string | undefined {
    return this.peerAddress().address
  }

  get remotePort(): number | undefined {
    return this.peerAddress().port
  }

  get localAddress(): string | undefined {
    return this.ownAddress().address
  }

  get localPort(): number | undefined {
    return this.ownAddress().port
  }

  pause(): void {
    if (!this.reading) return
    this.reading = false
    if (!this.closed) this.handle.readStop()
  }

  resume(): void {
    if (this.reading || this.closed || this.hasReadEnd) return
    this.reading = true
    if (this.hasKeptEnd) {
      setImmediate(this.tellEnd)
      return
    }
    const status = this.handle.readStart()
    if (status !== 0) this.owner.broke(this, getSystemErrorName(status), 'reading')
  }

  keepEnd(): void {
    this.hasReadEnd = false
    this.hasKeptEnd = true
  }

  write(chunk: Buffer): boolean {
    if (this.closed || streamBinding === null) return true
    // The first write is never delayed (RFC 896): short connections save a system call.
    if (!this.hasNoDelay && this.hasWritten) {
      this.hasNoDelay = true
      this.handle.setNoDelay(true)
    }
    this.hasWritten = true
    const request: Request = spareRequest ?? new streamBinding.WriteWrap()
    spareRequest = request
    const status = this.handle.writeBuffer(request, chunk)
    if (status !== 0) {
      spareRequest = null
      this.owner.broke(this, getSystemErrorName(status), 'writing')
      return true
    }
    if (streamBinding.streamBaseState[streamBinding.kLastWriteWasAsync] === 0) return true
    spareRequest = null
    request.handle = this.handle
    request.oncomplete = onWritten
    request.chunk = chunk
    request[OWNER] = this
    this.writing = true
    return false
  }

  shutdown(): void {
    if (this.closed || this.shutdownState !== 'no' || streamBinding === null) return
    this.shutdownState = 'under way'
    const request: Request = new streamBinding.ShutdownWrap()
    request.handle = this.handle
    request.oncomplete = onShutdown
    request[OWNER] = this
    const status = this.handle.shutdown(request)
    if (status === DONE_AT_ONCE) this.wasShutDown()
    else if (status !== 0) {
      this.shutdownState = 'done'
      this.owner.broke(this, getSystemErrorName(status), 'reading')
    }
  }

  close(): void {
    if (this.closed) return
    if (this.writing || this.shutdownState === 'under way') {
      this.pause()
      this.closesOnceSent = true
      return
    }
    this.forget()
    this.handle.close()
  }

  reset(): void {
    if (this.closed) return
    this.forget()
    // libuv refuses a reset while a shutdown is under way, and Node would then never close the handle (uv_tcp_close_reset).
    if (this.shutdownState === 'under way' || this.waiter !== null) this.handle.close()
    else this.handle.reset()
  }

  /** The rest is for the handle's callbacks: `count` bytes are in its buffer. */
  read(count: number): void {
    const { bulk } = this
    if (bulk !== null) {
      if (count >= SHARED_BYTES) this.isBusy = true
      this.owner.arrived(this, count === BULK_BYTES ? bulk : bulk.subarray(0, count))
      return
    }
    const copy = copyOfShared(count)
    if (this.owner.arrived(this, copy)) keepCopy(copy)
    if (count === SHARED_BYTES) this.widen()
  }

  readFailed(status: number): void {
    if (this.closed) return
    if (status === UV_EOF && lastReader === this && !this.hasAskedAgain && mayBeReset(this.handle)) {
      this.hasAskedAgain = true
      if (this.handle.readStart() === 0) return
    }
    this.reading = false
    if (status !== UV_EOF) {
      this.owner.broke(this, getSystemErrorName(status), 'reading')
      return
    }
    this.hasReadEnd = true
    this.owner.readEnded(this)
  }

  written(status: number): void {
    this.writing = false
    if (this.closed) return
    if (this.closesOnceSent) this.close()
    else if (status < 0) this.owner.broke(this, getSystemErrorName(status), 'writing')
    else this.owner.drained(this)
  }

  wasShutDown(): void {
    this.shutdownState = 'done'
    if (this.closesOnceSent) this.close()
  }

  connected(status: number): void {
    const { waiter } = this
    this.waiter = null
    if (!this.closed) waiter?.connected(this, status === 0 ? null : getSystemErrorName(status))
  }

  /** What moves little reads into the shared buffer again, unless its own is in use. */
  narrowIfQuiet(): void {
    const { bulk, isBusy } = this
    this.isBusy = false
    if (isBusy || bulk === null || !this.reading) return
    this.handle.useUserBuffer(sharedBuffer)
    this.bulk = null
    bulkEnds.delete(this)
    giveBulkBuffer(bulk)
  }

  // --- internal ---

  private readonly tellEnd = (): void => {
    if (this.closed || !this.reading || !this.hasKeptEnd) return
    this.hasKeptEnd = false
    this.readFailed(UV_EOF)
  }

  private widen(): void {
    if (this.closed || this.bulk !== null) return
    const bulk = takeBulkBuffer()
    if (bulk === null) return
    this.bulk = bulk
    this.isBusy = true
    this.handle.useUserBuffer(bulk)
    bulkEnds.add(this)
    if (bulkEnds.size === 1) setTimeout(narrowQuietEnds, QUIET_MS).unref()
  }

  /** Before the handle goes. */
  private forget(): void {
    this.closed = true
    if (this.bulk === null) return
    bulkEnds.delete(this)
    giveBulkBuffer(this.reading ? this.bulk : null)
    this.bulk = null
  }

  private peerAddress(): TcpAddress {
    if (this.peer === null) {
      this.peer = {}
      if (!this.closed) this.handle.getpeername(this.peer)
    }
    return this.peer
  }

  private ownAddress(): TcpAddress {
    const out: TcpAddress = {}
    if (!this.closed) this.handle.getsockname(out)
    return out
  }
}

function onRead(this: Handle): void {
  const end = this[OWNER]
  if (end === undefined || streamBinding === null) return
  const count = streamBinding.streamBaseState[streamBinding.kReadBytesOrError] ?? 0
  if (count > 0) {
    lastReader = end
    end.read(count)
  } else if (count < 0) end.readFailed(count)
}

function onWritten(this: Request, status: number): void {
  this[OWNER]?.written(status)
}

function onShutdown(this: Request): void {
  this[OWNER]?.wasShutDown()
}

function onConnected(this: Request, status: number): void {
  this[OWNER]?.connected(status)
}

function narrowQuietEnds(): void {
  for (const end of bulkEnds) end.narrowIfQuiet()
  if (bulkEnds.size > 0) setTimeout(narrowQuietEnds, QUIET_MS).unref()
}
