/** What a UDP relay asks of its sockets. */

export interface UdpSource {
  readonly address: string
  readonly port: number
}

export interface UdpOwner {
  /** The datagram's memory is the owner's. */
  readonly arrived: (socket: UdpSocket, data: Buffer, from: UdpSource) => void
  /** The system said so of something that was sent; `code` is its word (ECONNREFUSED: port unreachable). The socket goes on. */
  readonly troubled: (socket: UdpSocket, code: string) => void
}

export interface UdpSocket {
  readonly port: number
  /** To where it is connected. The system's code when the datagram was not taken. Its memory must not change any more. */
  readonly send: (data: Buffer) => string | null
  readonly sendTo: (data: Buffer, address: string, port: number) => string | null
  readonly close: () => void
}

export interface UdpSockets {
  /** Rejects with the system's error. An IPv6 socket takes no IPv4. */
  readonly listen: (at: UdpSource, owner: UdpOwner) => Promise<UdpSocket>
  /** `address` is no name. Throws the system's error. */
  readonly connect: (to: UdpSource, owner: UdpOwner) => UdpSocket
}

/** A burst must wait somewhere while the event loop is elsewhere; the kernel caps it at net.core.rmem_max. */
export const BUFFER_BYTES = 4 * 1024 * 1024
