/**
 * UDP sockets as bare libuv handles, in the way Node's own `dgram` drives them (lib/dgram.js, lib/internal/dgram.js).
 *
 * The only file that knows these internals; `bareSockets` is `null` where they are not as expected.
 */
import { isIPv6 } from 'node:net'
import { getSystemErrorName } from 'node:util'
import { BUFFER_BYTES, type UdpOwner, type UdpSocket, type UdpSockets, type UdpSource } from './_udp-types'

const OWNER = Symbol('owner')

interface SendRequest {
  /** Kept from the garbage collector until the kernel has taken it. */
  data?: Buffer
}

interface UdpHandle {
  // eslint-disable-next-line max-params -- libuv's callback, called with these
  onmessage?: (this: UdpHandle, count: number, handle: UdpHandle, data?: Buffer, from?: UdpSource) => void
  [OWNER]?: BareSocket
  readonly bind: (address: string, port: number, flags: number) => number
  readonly bind6: (address: string, port: number, flags: number) => number
  readonly connect: (address: string, port: number) => number
  readonly connect6: (address: string, port: number) => number
  /** Connected: (request, list, count, callback?); otherwise with port and address before the last. Above 0: sent. */
  readonly send: (request: SendRequest, list: Buffer[], ...rest: readonly (number | string | boolean)[]) => number
  readonly send6: UdpHandle['send']
  readonly recvStart: () => number
  readonly getsockname: (out: { port?: number }) => number
  readonly getSendQueueSize: () => number
  readonly bufferSize: (size: number, isReceive: boolean, context: object) => number | undefined
  readonly close: () => void
}

interface UdpBinding {
  readonly newHandle: () => UdpHandle
  readonly newRequest: () => SendRequest
  /** UV_UDP_IPV6ONLY. */
  readonly ipv6Only: number
}

/** Everything that a handle will be asked for. */
const METHODS: readonly (keyof UdpHandle)[] = [
  'bind',
  'bind6',
  'connect',
  'connect6',
  'send',
  'send6',
  'recvStart',
  'getsockname',
  'getSendQueueSize',
  'bufferSize',
  'close',
]

const binding = openBinding()

export const bareSockets: UdpSockets | null =
  binding === null
    ? null
    : {
        listen: (at, owner) => {
          const socket = new BareSocket(binding, at, owner)
          // Within the promise, so that what the system refuses rejects.
          return Promise.resolve().then(() => socket.listen(at))
        },
        connect: (to, owner) => new BareSocket(binding, to, owner).connect(to),
      }

// --- internal ---

/** `send` takes its buffers in an array; the same one serves every send that is done at once. */
const spareList: Buffer[] = []
/** A send that the kernel takes at once leaves its request untouched. */
let spareRequest: SendRequest | null = null

class BareSocket implements UdpSocket {
  port = 0
  private readonly handle: UdpHandle
  private readonly isSix: boolean
  private closed = false
  /** The kernel has not taken all that was sent. */
  private isWaiting = false
  constructor(
    private readonly made: UdpBinding,
    { address }: UdpSource,
    private readonly owner: UdpOwner,
  ) {
    this.handle = made.newHandle()
    this.isSix = isIPv6(address)
    this.handle[OWNER] = this
    this.handle.onmessage = onMessage
  }

  listen({ address, port }: UdpSource): this {
    const { handle, isSix, made } = this
    this.begin('bind', isSix ? handle.bind6(address, port, made.ipv6Only) : handle.bind(address, port, 0))
    return this
  }

  connect({ address, port }: UdpSource): this {
    const { handle, isSix } = this
    this.begin('connect', isSix ? handle.connect6(address, port) : handle.connect(address, port))
    return this
  }

  send(data: Buffer): string | null {
    if (this.closed || this.isFull()) return this.closed ? 'EBADF' : 'ENOBUFS'
    const request = this.request()
    spareList[0] = data
    return this.sent(request, data, this.handle.send(request, spareList, 1, false))
  }

  sendTo(data: Buffer, address: string, port: number): string | null {
    if (this.closed || this.isFull()) return this.closed ? 'EBADF' : 'ENOBUFS'
    const request = this.request()
    const { handle } = this
    spareList[0] = data
    const status = this.isSix
      ? handle.send6(request, spareList, 1, port, address, false)
      : handle.send(request, spareList, 1, port, address, false)
    return this.sent(request, data, status)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.handle.close()
  }

  /** For the handle only. */
  arrived(count: number, data: Buffer | undefined, from: UdpSource | undefined): void {
    if (this.closed) return
    if (count < 0) this.owner.troubled(this, getSystemErrorName(count))
    else if (from !== undefined) this.owner.arrived(this, data ?? Buffer.alloc(0), from)
  }

  private begin(call: string, status: number): void {
    const { handle } = this
    const failed = status === 0 ? handle.recvStart() : status
    if (failed !== 0) {
      this.close()
      const code = getSystemErrorName(failed)
      throw Object.assign(new Error(`${call} ${code}`), { code })
    }
    const out: { port?: number } = {}
    handle.getsockname(out)
    this.port = out.port ?? 0
    // What the system does not grant is lost sooner in a burst; nothing else depends on it.
    handle.bufferSize(BUFFER_BYTES, true, {})
    handle.bufferSize(BUFFER_BYTES, false, {})
  }

  /** The kernel takes no more, and enough waits for it. Asked only when something waited before: it is a call for each datagram. */
  private isFull(): boolean {
    if (!this.isWaiting) return false
    const waiting = this.handle.getSendQueueSize()
    this.isWaiting = waiting > 0
    return waiting > BUFFER_BYTES
  }

  private request(): SendRequest {
    return (spareRequest ??= this.made.newRequest())
  }

  private sent(request: SendRequest, data: Buffer, status: number): string | null {
    if (status < 0) return getSystemErrorName(status)
    if (status === 0) {
      request.data = data
      this.isWaiting = true
      spareRequest = null
    }
    return null
  }
}

// eslint-disable-next-line max-params -- libuv's callback, called with these
function onMessage(this: UdpHandle, count: number, _: UdpHandle, data?: Buffer, from?: UdpSource): void {
  this[OWNER]?.arrived(count, data, from)
}

/** Node keeps `process.binding` for the few that need this one; where it is gone or changed, `dgram` does the work. */
function openBinding(): UdpBinding | null {
  try {
    const open = (process as unknown as { binding: (name: string) => unknown }).binding
    const { UDP, SendWrap, constants } = open('udp_wrap') as {
      UDP?: new () => UdpHandle
      SendWrap?: new () => SendRequest
      constants?: { UV_UDP_IPV6ONLY?: number }
    }
    const ipv6Only = constants?.UV_UDP_IPV6ONLY
    if (typeof UDP !== 'function' || typeof SendWrap !== 'function' || typeof ipv6Only !== 'number') return null
    const probe = new UDP()
    const works = METHODS.every((name) => typeof probe[name] === 'function')
    probe.close()
    return works ? { newHandle: () => new UDP(), newRequest: () => new SendWrap(), ipv6Only } : null
  } catch {
    return null
  }
}
