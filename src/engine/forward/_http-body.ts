/** Finds the end of a body in a stream of bytes that are passed on as they are. */
import { HttpRefusal, type BodyKind } from './_http-head'

/** A chunk's size line, or all trailer fields. */
const MAX_LINE = 16 * 1024

export class BodyMeter {
  /** The body is complete. For `to-end` the end of the stream completes it. */
  done: boolean
  private left: number
  private expects: 'size' | 'data' | 'data-end' | 'trailer' = 'size'
  /** The line so far, in latin1. */
  private line = ''
  private trailer = 0

  constructor(private readonly body: BodyKind) {
    this.left = body.kind === 'length' ? body.length : 0
    this.done = body.kind === 'none'
  }

  /** How many bytes of `bytes` belong to the body. Throws {@link HttpRefusal} for a chunk that is not one. */
  take(bytes: Buffer): number {
    switch (this.body.kind) {
      case 'none':
        return 0
      case 'to-end':
        return bytes.length
      case 'length': {
        const taken = Math.min(this.left, bytes.length)
        this.left -= taken
        this.done = this.left === 0
        return taken
      }
      case 'chunked':
        return this.chunks(bytes)
    }
  }

  private chunks(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length && !this.done) {
      if (this.expects === 'data') {
        const taken = Math.min(this.left, bytes.length - at)
        this.left -= taken
        at += taken
        if (this.left === 0) this.expects = 'data-end'
      } else {
        at = this.lineFrom(bytes, at)
      }
    }
    return at
  }

  /** Adds to the line up to its LF, and acts on it when it is whole. */
  private lineFrom(bytes: Buffer, from: number): number {
    const newline = bytes.indexOf(0x0a, from)
    const end = newline < 0 ? bytes.length : newline + 1
    this.line += bytes.toString('latin1', from, end)
    if (this.line.length > MAX_LINE) throw new HttpRefusal(400, 'A chunk has no valid size.')
    if (newline < 0) return end
    const { line } = this
    this.line = ''
    if (!line.endsWith('\r\n') || line.indexOf('\r') < line.length - 2) {
      throw new HttpRefusal(400, 'A chunk has a bare CR or LF.')
    }
    this.whole(line.slice(0, -2))
    return end
  }

  private whole(line: string): void {
    switch (this.expects) {
      case 'size': {
        const [, digits] = /^([0-9a-f]{1,13})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line) ?? []
        if (digits === undefined) throw new HttpRefusal(400, 'A chunk has no valid size.')
        this.left = parseInt(digits, 16)
        this.expects = this.left === 0 ? 'trailer' : 'data'
        return
      }
      case 'data-end':
        if (line !== '') throw new HttpRefusal(400, 'A chunk is longer than its size.')
        this.expects = 'size'
        return
      default:
        this.trailer += line.length
        if (this.trailer > MAX_LINE) throw new HttpRefusal(400, 'The trailer is too long.')
        this.done = line === ''
    }
  }
}
