/**
 * How much a server may send ahead on one channel.
 *
 * SSH's flow control is per channel: a fixed window caps a long link at window ÷ round trip. This one follows the measured
 * rate × round trip, so a long link fills, and shrinks again when less flows, so a stalled receiver holds little.
 */
const MEBIBYTE = 1024 * 1024
export const INITIAL_WINDOW_BYTES = 2 * MEBIBYTE
const MAX_WINDOW_BYTES = 32 * MEBIBYTE
/** What all channels of one session together may take beyond their first window. */
const SESSION_EXTRA_BYTES = 64 * MEBIBYTE
/** A sender that the window holds back shows at most one product of rate and round trip; asking for more lets it grow. */
const HEADROOM = 4
/** Grants come in portions of the window: small enough that a long link never runs dry. */
const GRANTS_PER_WINDOW = 4

/** Shared by the channels of one session. */
export class LinkEstimate {
  /** Smallest round trip seen, milliseconds. */
  roundTripMs = Infinity
  extraBytes = 0

  sample(milliseconds: number): void {
    if (milliseconds < this.roundTripMs) this.roundTripMs = milliseconds
  }
}

export class ReceiveWindow {
  private size = INITIAL_WINDOW_BYTES
  private consumed = 0
  /** Granted since `since`. */
  private measured = 0
  private since = performance.now()

  constructor(private readonly link: LinkEstimate) {}

  /** Notes that `bytes` were passed on; returns how many to grant the server now, 0 for none yet. */
  consume(bytes: number): number {
    this.consumed += bytes
    if (this.consumed < this.size / GRANTS_PER_WINDOW) return 0
    let grant = this.consumed
    this.measured += grant
    this.consumed = 0
    const now = performance.now()
    const elapsed = now - this.since
    // A burst out of buffers is no rate: what counts is what flows in a round trip or more.
    if (elapsed < this.link.roundTripMs) return grant
    const wanted = (this.measured / elapsed) * this.link.roundTripMs * HEADROOM
    this.since = now
    this.measured = 0
    if (wanted > this.size) grant += this.grow(wanted)
    else if (wanted < this.size / 4) grant -= this.shrink(grant)
    return grant
  }

  /** Gives back what was taken from the session's share. */
  release(): void {
    this.link.extraBytes -= this.size - INITIAL_WINDOW_BYTES
    this.size = INITIAL_WINDOW_BYTES
  }

  private grow(wanted: number): number {
    const limit = Math.min(MAX_WINDOW_BYTES, this.size + SESSION_EXTRA_BYTES - this.link.extraBytes)
    const next = Math.min(limit, Math.max(wanted, this.size * 2))
    const more = Math.max(0, Math.floor(next - this.size))
    this.size += more
    this.link.extraBytes += more
    return more
  }

  private shrink(grant: number): number {
    const less = Math.floor(Math.min(grant / 2, this.size - INITIAL_WINDOW_BYTES))
    this.size -= less
    this.link.extraBytes -= less
    return less
  }
}
