/** One side of a relayed connection, as a bare handle or a Node socket. */

/** Who is told what happens at an end. */
export interface EndOwner {
  /**
   * Bytes came, which may be overwritten after the call unless it returns true: then they are still in use, and nothing more comes until
   * the end is resumed.
   */
  readonly arrived: (end: TcpEnd, chunk: Buffer) => boolean
  /** Nothing more comes. */
  readonly readEnded: (end: TcpEnd) => void
  /** All that was written is taken; after a {@link TcpEnd.write} that returned false. */
  readonly drained: (end: TcpEnd) => void
  /** It broke; `code` is the system's (ECONNRESET, …). What was not read is lost, unless the fault was met in writing. */
  readonly broke: (end: TcpEnd, code: string, by: 'reading' | 'writing') => void
}

/** Of an end that has just been made. */
export const nobody: EndOwner = {
  arrived: () => false,
  readEnded: ignore,
  drained: ignore,
  broke: ignore,
}

export interface TcpEnd {
  owner: EndOwner
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  readonly hasReadEnd: boolean
  /** It begins paused. */
  readonly resume: () => void
  readonly pause: () => void
  /** Called when it is told that nothing more comes: that is told again, once it is resumed. It is paused then. */
  readonly keepEnd: () => void
  /** Whether the chunk is the caller's again; otherwise it must not change until {@link EndOwner.drained}. One at a time. */
  readonly write: (chunk: Buffer) => boolean
  /** Ends our direction. */
  readonly shutdown: () => void
  /** Both directions are over: closes when what was written is sent. */
  readonly close: () => void
  /** Closes at once; the peer learns that it was no orderly end. */
  readonly reset: () => void
}

/** Who waits for a connection; `code` is the system's word for why there is none. */
export interface ConnectWaiter {
  readonly connected: (end: TcpEnd, code: string | null) => void
}

/** Where an end connects to: not a name. */
export interface Address {
  readonly address: string
  readonly port: number
}

/** Begins to connect with an end of one kind, which may read as soon as it is connected; the two ends of a connection are of the same kind. */
export type Connect = (to: Address, owner: EndOwner, waiter: ConnectWaiter) => TcpEnd

// --- internal ---

function ignore(): void {
  // Nobody has it yet.
}
