/** Memory of the SSH socket, used again and again: fresh pages and the collector's work cost more than what is done with them. */

/** What can be read at once, at least: a packet may be 35,000 bytes. */
const MIN_READ_BYTES = 64 * 1024
const MAX_READ_BYTES = 256 * 1024
const RECEIVE_SLAB_BYTES = 1024 * 1024
const SEND_SLAB_BYTES = 512 * 1024
/** More than these and a burst would never be given back. */
const MAX_SPARE = 2
const MAX_TAKEN = 8

/** What Node itself makes buffers with: a view without the checks and the deprecation of the public constructor. */
const FastBuffer = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  buffer: ArrayBufferLike,
  offset: number,
  length: number,
) => Buffer

/** A view without the checks of `subarray`. */
export function view(data: Buffer, from: number, length: number): Buffer {
  return new FastBuffer(data.buffer, data.byteOffset + from, length)
}

/**
 * Where a socket reads into: one slab after another, each used again a turn of the event loop after it is full.
 *
 * What was read is valid for the turn in which it arrived. Whoever needs it for longer calls {@link ReceiveSlabs.keep}.
 */
export class ReceiveSlabs {
  private slab: Buffer = Buffer.allocUnsafeSlow(RECEIVE_SLAB_BYTES)
  private used = 0
  /** Something in the current slab is needed for longer. */
  private kept = false
  /** Full, and perhaps still being passed on. */
  private full: Buffer[] = []
  private readonly spare: Buffer[] = []

  /** Room for the next read; it follows what was read before, unless a slab was full. */
  readonly room = (): Buffer => {
    if (RECEIVE_SLAB_BYTES - this.used < MIN_READ_BYTES) this.change()
    return view(this.slab, this.used, Math.min(RECEIVE_SLAB_BYTES - this.used, MAX_READ_BYTES))
  }

  /** What a read of `length` bytes has put there. */
  filled(length: number): Buffer {
    const data = view(this.slab, this.used, length)
    this.used += length
    return data
  }

  /** What was read lately is needed for longer than this turn: its memory is left to the collector. */
  readonly keep = (): void => {
    this.kept = true
    if (this.full.length > 0) this.full = []
  }

  private change(): void {
    if (!this.kept) {
      if (this.full.length === 0) setImmediate(this.recycle)
      this.full.push(this.slab)
    }
    this.kept = false
    this.slab = this.spare.pop() ?? Buffer.allocUnsafeSlow(RECEIVE_SLAB_BYTES)
    this.used = 0
  }

  private readonly recycle = (): void => {
    for (const slab of this.full) if (this.spare.length < MAX_SPARE) this.spare.push(slab)
    this.full = []
  }
}

/** Where packets are built side by side until they leave. */
export class SendSlabs {
  private slab: Buffer = Buffer.allocUnsafeSlow(SEND_SLAB_BYTES)
  private start = 0
  private end = 0
  private readonly spare: Buffer[] = []
  /** Full, while the socket may still be reading from them. */
  private taken: Buffer[] = []

  /** Bytes that are ready to leave. */
  get ready(): number {
    return this.end - this.start
  }

  /** Whether `length` more bytes fit; if not, what is ready has to leave first, and then {@link change}. */
  fits(length: number): boolean {
    return this.end + length <= SEND_SLAB_BYTES
  }

  /** Memory for a packet, which is not ready until {@link add}. */
  room(length: number): Buffer {
    return view(this.slab, this.end, length)
  }

  /** Takes a packet in, without a copy when it was built in {@link room}. */
  add(packet: Buffer): void {
    const inPlace = packet.buffer === this.slab.buffer && packet.byteOffset === this.slab.byteOffset + this.end
    if (!inPlace) this.room(packet.length).set(packet)
    this.end += packet.length
  }

  /** What is ready, as one buffer; it is the caller's from now on. */
  take(): Buffer {
    const ready = view(this.slab, this.start, this.end - this.start)
    this.start = this.end
    return ready
  }

  /** Begins a slab. `idle`: the socket has nothing of the old ones left to send, so they are used again. */
  change(idle: boolean): void {
    this.start = this.end = 0
    if (idle) {
      for (const slab of this.taken) if (this.spare.length < MAX_SPARE) this.spare.push(slab)
      this.taken = []
      return
    }
    this.taken.push(this.slab)
    if (this.taken.length > MAX_TAKEN) this.taken.shift()
    this.slab = this.spare.pop() ?? Buffer.allocUnsafeSlow(SEND_SLAB_BYTES)
  }
}
