/** The SSH socket's incoming half. */
import { connect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import { connectTcp, type ConnectOptions } from './_connect-tcp'
import { view } from './_wire'

const SLAB_BYTES = 1024 * 1024
/** Never offer the kernel less than this: a packet may be 35,000 bytes. */
const MIN_READ_BYTES = 64 * 1024
const MAX_READ_BYTES = 256 * 1024

/** Takes what was read. The bytes stay valid: nobody writes to them again. */
export type Feed = (chunk: Buffer) => void

/** A socket that reads into one slab after another: large reads, no allocation per read, few packets cut in two. */
export interface SlabSocket {
  readonly socket: Socket
  feed: Feed | null
}

/** Connects, trying all addresses of the name (RFC 8305). Rejects as {@link connectTcp} does. */
export function connectSlab(options: ConnectOptions): Promise<SlabSocket> {
  return connectTcp(options, openSlab)
}

/** The same with an ordinary socket. It comes paused. */
export async function connectSocket(options: ConnectOptions): Promise<Socket> {
  const { socket } = await connectTcp(options, (to) => ({ socket: connect(to) }))
  return socket
}

/** `192.0.2.7:22`, `[2001:db8::1]:22`. */
export function addressOf(socket: Socket): string | null {
  const { remoteAddress: host, remotePort: port } = socket
  if (host === undefined || port === undefined) return null
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

// --- internal ---

function openSlab(to: TcpNetConnectOpts): SlabSocket {
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let used = 0
  const onread: OnReadOpts = {
    // The types know a fixed buffer only; Node takes a function too and asks it after each read.
    buffer: () => {
      if (slab.length - used < MIN_READ_BYTES) {
        slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
        used = 0
      }
      return slab.subarray(used, Math.min(slab.length, used + MAX_READ_BYTES))
    },
    callback: (length, chunk) => {
      used += length
      result.feed?.(view(chunk as Buffer, 0, length))
      return true
    },
  }
  const result: { socket: Socket; feed: Feed | null } = { socket: connect({ ...to, onread }), feed: null }
  return result
}
