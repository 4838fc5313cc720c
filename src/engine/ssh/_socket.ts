/** The SSH socket's incoming half. */
import { connect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import { connectTcp, type ConnectOptions } from './_connect-tcp'
import { ReceiveSlabs } from './_slabs'

/** Takes what was read; see {@link ReceiveSlabs} for how long it is valid. */
export type Feed = (chunk: Buffer) => void

/** A socket with memory of its own to read into: large reads, no allocation, no packet cut in two. */
export interface SlabSocket {
  readonly socket: Socket
  feed: Feed | null
  /** Whoever needs what was read for longer than the turn in which it came calls it. */
  readonly keep: () => void
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
  const slabs = new ReceiveSlabs()
  const onread: OnReadOpts = {
    // The types know a fixed buffer only; Node takes a function too and asks it after each read.
    buffer: slabs.room,
    callback: (length) => {
      result.feed?.(slabs.filled(length))
      return true
    },
  }
  const result: SlabSocket = { socket: connect({ ...to, onread }), feed: null, keep: slabs.keep }
  return result
}
