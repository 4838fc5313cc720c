/** Reads a stream chunk by chunk, no faster than asked, and hands it over untouched: for what is said before bytes just flow. */
import type { Duplex } from 'node:stream'

export class StreamReader {
  private readonly chunks: Buffer[] = []
  private waiting: ((chunk: Buffer | null) => void) | null = null
  private timer: NodeJS.Timeout | null = null
  private over = false
  /** The stream broke or was closed; what it said so far may be half a sentence. */
  broken = false
  /** The limit of {@link deadline} passed. */
  late = false

  constructor(readonly stream: Duplex) {
    // Stays when the others go: an early reset must not go unhandled, whoever has the stream.
    stream.on('error', () => undefined)
    stream.on('data', this.onData)
    stream.on('end', this.onEnd)
    stream.on('close', this.onClose)
    stream.pause()
    // Half-closed before anybody listened: Node says `end` only once.
    if (stream.readableEnded) this.over = true
    if (stream.destroyed) this.onClose()
  }

  /** The next bytes, never empty; `null` when no more come: see {@link broken} and {@link late}. */
  read(): Promise<Buffer | null> {
    const chunk = this.chunks.shift()
    if (chunk !== undefined) return Promise.resolve(chunk)
    if (this.over || this.late) return Promise.resolve(null)
    return new Promise((resolve) => {
      this.waiting = resolve
      this.stream.resume()
    })
  }

  /** Puts back what was read too much. */
  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.chunks.unshift(bytes)
  }

  /** Nothing was said that is not read yet, and more may come. */
  get isQuiet(): boolean {
    return this.chunks.length === 0 && !this.over && !this.stream.destroyed
  }

  /** Goes on listening up to the next chunk, so that an end is noticed before somebody reads. */
  watch(): void {
    if (this.isQuiet) this.stream.resume()
  }

  /** From now on, reading is over after `ms`; `null` for no limit. */
  deadline(ms: number | null): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    if (ms === null) return
    this.timer = setTimeout(() => {
      this.late = true
      this.settle(null)
    }, ms)
  }

  /** Lets go of the stream, paused. Returns what was read and not used. */
  release(): Buffer | null {
    this.deadline(null)
    this.stream.off('data', this.onData)
    this.stream.off('end', this.onEnd)
    this.stream.off('close', this.onClose)
    this.stream.pause()
    const rest = this.chunks.splice(0)
    return rest.length === 0 ? null : rest.length === 1 ? (rest[0] ?? null) : Buffer.concat(rest)
  }

  private settle(chunk: Buffer | null): void {
    const { waiting } = this
    this.waiting = null
    waiting?.(chunk)
  }

  private readonly onData = (chunk: Buffer): void => {
    this.stream.pause()
    if (this.waiting === null) this.chunks.push(chunk)
    else this.settle(chunk)
  }

  private readonly onEnd = (): void => {
    this.over = true
    this.settle(null)
  }

  private readonly onClose = (): void => {
    if (!this.over) this.broken = true
    this.over = true
    this.deadline(null)
    this.settle(null)
  }
}

/** Writes and waits until the stream takes more; `false` when it is gone. */
export function writeAll(stream: Duplex, bytes: Buffer | string): Promise<boolean> {
  if (stream.destroyed || stream.writableEnded) return Promise.resolve(false)
  if (stream.write(bytes, 'latin1')) return Promise.resolve(true)
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve(!stream.destroyed)
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}

/** How long a client may take to read a last word and close. */
const LINGER_MS = 2000

/**
 * Says a last word and closes once the client has, or after a moment.
 *
 * Closing while the client still sends would make the system answer with a reset, and a reset throws away the last word.
 */
export function sayAndClose(stream: Duplex, lastWord: Buffer | string | null): void {
  if (stream.destroyed) return
  const close = (): void => {
    stream.destroy()
  }
  const timer = setTimeout(close, LINGER_MS)
  stream.once('close', () => {
    clearTimeout(timer)
  })
  const said = new Promise<void>((resolve) => {
    stream.end(lastWord ?? '', 'latin1', resolve)
  })
  const heard = new Promise<void>((resolve) => {
    if (stream.readableEnded) resolve()
    else stream.once('end', resolve)
  })
  void Promise.all([said, heard]).then(close)
  stream.on('data', () => undefined)
  stream.resume()
}
