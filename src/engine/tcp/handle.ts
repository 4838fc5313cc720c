/**
 * TCP without a Node stream around it.
 *
 * A `net.Socket` costs more per connection than everything else a forward or relay does with it. This opens the same libuv
 * handle that the socket would drive, in the way Node's own `net` does (lib/net.js, lib/internal/stream_base_commons.js). It is
 * the only file that knows where these internals are; it says no where they are not as expected, and `net.Socket` is used.
 */
import type { Server, Socket } from 'node:net'

/** {@link TcpHandle.shutdown} and {@link TcpHandle.close} were done within the call. */
export const DONE_AT_ONCE = 1
/** libuv's words for what a read can end with (uv.h); the same on every system. */
export const UV_EOF = -4095

/** A write, shutdown or connect that is under way. Not to be used again while it is. */
export interface TcpRequest {
  handle?: TcpHandle
  oncomplete?: (this: TcpRequest, status: number) => void
}

/** One end of a TCP connection (libuv's uv_tcp_t). Statuses are 0 or a negative error number of the system. */
export interface TcpHandle {
  /** Called after every read, with `streamBaseState[kReadBytesOrError]` bytes in the user buffer, or a negative status. */
  onread: (this: TcpHandle, ...parts: unknown[]) => unknown
  readonly useUserBuffer: (buffer: Buffer) => void
  readonly readStart: () => number
  readonly readStop: () => number
  readonly writeBuffer: (request: TcpRequest, chunk: Buffer) => number
  readonly writev: (request: TcpRequest, chunks: readonly Buffer[], allBuffers: true) => number
  readonly shutdown: (request: TcpRequest) => number
  readonly close: () => void
  readonly reset: () => number
  readonly setNoDelay: (on: boolean) => number
  readonly getpeername: (out: TcpAddress) => number
  readonly getsockname: (out: TcpAddress) => number
}

/** A handle that can connect, which is what {@link newHandle} makes. */
export interface ConnectingHandle extends TcpHandle {
  readonly connect: (request: TcpRequest, address: string, port: number) => number
  readonly connect6: (request: TcpRequest, address: string, port: number) => number
}

export interface TcpAddress {
  address?: string
  port?: number
}

/**
 * Whether the end that a handle has just read may be a reset in truth; {@link TcpHandle.readStart} once more tells.
 *
 * libuv says "end" where the data before it and a reset came in one turn (uv__stream_io in src/unix/stream.c asks no further once
 * it is told of a hang-up). A peer that is gone has no address any more; nor has one that ended after we did, which is no reset.
 */
export function mayBeReset(handle: TcpHandle): boolean {
  return handle.getpeername(scratch) !== 0
}

/** Has a connected socket of Node say `ECONNRESET` where {@link mayBeReset} holds and it was one. Nothing where Node does not allow it. */
export function sayResets(socket: Socket): void {
  const handle = (socket as unknown as { _handle?: Partial<TcpHandle> | null })._handle
  if (streamBinding === null || handle?.constructor.name !== 'TCP' || !isHandle(handle)) return
  const { streamBaseState, kReadBytesOrError } = streamBinding
  const original = handle.onread
  let hasAsked = false
  handle.onread = function (this: TcpHandle, ...parts: unknown[]) {
    if (streamBaseState[kReadBytesOrError] === UV_EOF && !hasAsked && mayBeReset(this)) {
      hasAsked = true
      if (this.readStart() === 0) return undefined
      streamBaseState[kReadBytesOrError] = UV_EOF
    }
    // What it returns is the memory to read into next.
    return original.apply(this, parts)
  }
}

export interface StreamBinding {
  readonly WriteWrap: new () => TcpRequest
  readonly ShutdownWrap: new () => TcpRequest
  readonly streamBaseState: Int32Array
  readonly kReadBytesOrError: number
  readonly kLastWriteWasAsync: number
}

export interface ConnectBinding {
  readonly newHandle: () => ConnectingHandle
  readonly newConnect: () => TcpRequest
}

/** `null` where this Node does not allow it. */
export const streamBinding: StreamBinding | null = openStreamBinding()
export const connectBinding: ConnectBinding | null = openConnectBinding()

/**
 * Has a listening server hand its clients over as bare handles, which nobody reads yet. False, and nothing changed, where this Node
 * does not allow it.
 */
export function takeHandles(server: Server, onHandle: (handle: TcpHandle) => void): boolean {
  const listening = (server as unknown as { _handle?: ListeningHandle | null })._handle
  if (streamBinding === null || listening === null || listening?.constructor.name !== 'TCP') return false
  if (typeof listening.onconnection !== 'function') return false
  // Clients inherit it on Linux, which saves each of them a system call; elsewhere it does nothing.
  listening.setNoDelay?.(true)
  const original = listening.onconnection
  let checked = false
  listening.onconnection = function (this: ListeningHandle, status, client) {
    if (status !== 0 || client === undefined || !(checked || isHandle(client))) {
      original.call(this, status, client)
      return
    }
    checked = true
    onHandle(client)
  }
  return true
}

// --- internal ---

interface ListeningHandle {
  onconnection?: (status: number, client: TcpHandle | undefined) => void
  setNoDelay?: (on: boolean) => number
}

interface TcpBinding {
  readonly TCP: new (kind: number) => ConnectingHandle
  readonly TCPConnectWrap: new () => TcpRequest
  readonly constants: { readonly SOCKET: number }
}

/** Of addresses that nobody wants to know. */
const scratch: TcpAddress = {}

/** Everything that a handle will be asked for. */
function isHandle(handle: Partial<TcpHandle>): handle is TcpHandle {
  const methods: readonly (keyof TcpHandle)[] = [
    'useUserBuffer',
    'readStart',
    'readStop',
    'writeBuffer',
    'writev',
    'shutdown',
    'close',
    'reset',
    'setNoDelay',
    'getpeername',
    'getsockname',
  ]
  return methods.every((name) => typeof handle[name] === 'function')
}

/** Node keeps `process.binding` for the few that need these two; where one is gone or changed, sockets do the work. */
function openBinding(name: string): unknown {
  return (process as unknown as { binding: (name: string) => unknown }).binding(name)
}

function openStreamBinding(): StreamBinding | null {
  try {
    const found = openBinding('stream_wrap') as Partial<StreamBinding>
    const { WriteWrap, ShutdownWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = found
    if (typeof WriteWrap !== 'function' || typeof ShutdownWrap !== 'function') return null
    if (!(streamBaseState instanceof Int32Array)) return null
    if (typeof kReadBytesOrError !== 'number' || typeof kLastWriteWasAsync !== 'number') return null
    return { WriteWrap, ShutdownWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync }
  } catch {
    return null
  }
}

function openConnectBinding(): ConnectBinding | null {
  try {
    const { TCP, TCPConnectWrap, constants } = openBinding('tcp_wrap') as Partial<TcpBinding>
    if (typeof TCP !== 'function' || typeof TCPConnectWrap !== 'function') return null
    const kind = constants?.SOCKET
    if (typeof kind !== 'number') return null
    const probe = new TCP(kind)
    const works = isHandle(probe) && typeof probe.connect === 'function' && typeof probe.connect6 === 'function'
    probe.close()
    return works ? { newHandle: () => new TCP(kind), newConnect: () => new TCPConnectWrap() } : null
  } catch {
    return null
  }
}
