/** `Content-Length` framing over a socket, with a limit on what is taken in. */
import type { Socket } from 'node:net'
import { WarrenError } from '@shared/errors'
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node'

const MAX_HEADER_BYTES = 4096
const HEADER_END = Buffer.from('\r\n\r\n')

/**
 * Reads messages and refuses a large one at its header, before a byte of its body is kept.
 *
 * Any fault of the stream (`rpc.too-large`, `rpc.invalid`) is told once through `onError`; nothing is read after it.
 */
export class LimitedMessageReader extends AbstractMessageReader implements MessageReader {
  private header: Buffer = Buffer.alloc(0)
  private body: { chunks: Buffer[]; missing: number } | null = null
  private broken = false

  constructor(
    private readonly socket: Socket,
    private readonly limit: number,
  ) {
    super()
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer): void => {
      if (this.broken) return
      try {
        this.take(chunk, callback)
      } catch (error) {
        this.broken = true
        // What follows stays with the sender: read and thrown away it would be garbage by the megabyte.
        this.socket.pause()
        this.fireError(error)
      }
    }
    const onClose = (): void => this.fireClose()
    this.socket.on('data', onData)
    this.socket.on('close', onClose)
    return {
      dispose: () => {
        this.socket.off('data', onData)
        this.socket.off('close', onClose)
      },
    }
  }

  private take(chunk: Buffer, callback: DataCallback): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.body === null) {
        rest = this.takeHeader(rest)
        continue
      }
      const part = rest.subarray(0, this.body.missing)
      rest = rest.subarray(part.length)
      this.body.chunks.push(part)
      this.body.missing -= part.length
      if (this.body.missing === 0) {
        const whole = Buffer.concat(this.body.chunks)
        this.body = null
        callback(parseMessage(whole))
      }
    }
  }

  /** Returns what follows the header, or nothing when the header is not complete yet. */
  private takeHeader(chunk: Buffer): Buffer {
    const joined = this.header.length === 0 ? chunk : Buffer.concat([this.header, chunk])
    const end = joined.indexOf(HEADER_END)
    const header = end === -1 ? joined : joined.subarray(0, end)
    if (header.length > MAX_HEADER_BYTES) throw new WarrenError('rpc.invalid', 'The message header is too long.')
    if (!isPlainText(header)) throw new WarrenError('rpc.invalid', 'This is not a JSON-RPC message.')
    if (end === -1) {
      // A copy: a slice would keep the socket's whole read buffer alive.
      this.header = Buffer.from(joined)
      return Buffer.alloc(0)
    }
    this.header = Buffer.alloc(0)
    const length = contentLength(header.toString('latin1'))
    if (length > this.limit) {
      throw new WarrenError('rpc.too-large', `The message has ${length} bytes; at most ${this.limit} are taken.`)
    }
    if (length === 0) throw new WarrenError('rpc.invalid', 'The message is empty.')
    this.body = { chunks: [], missing: length }
    return joined.subarray(end + HEADER_END.length)
  }
}

/** Writes each message in one piece and tells how much the peer has not read yet. */
export class SocketMessageWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly socket: Socket) {
    super()
    socket.on('close', () => this.fireClose())
  }

  write(message: Message): Promise<void> {
    this.socket.write(frame(message))
    return Promise.resolve()
  }

  end(): void {
    this.socket.end()
  }
}

export function frame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message), 'utf8')
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body])
}

function contentLength(header: string): number {
  for (const line of header.split('\r\n')) {
    const match = /^content-length:[ \t]*(\d{1,15})[ \t]*$/i.exec(line)
    if (match !== null) return Number(match[1])
  }
  throw new WarrenError('rpc.invalid', 'The message header has no Content-Length.')
}

function isPlainText(header: Buffer): boolean {
  return header.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a || byte === 0x09)
}

function parseMessage(body: Buffer): Message {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new WarrenError('rpc.invalid', 'The message is not JSON.', { cause: error })
  }
  if (typeof value !== 'object' || value === null || !('jsonrpc' in value) || value.jsonrpc !== '2.0') {
    throw new WarrenError('rpc.invalid', 'The message is not JSON-RPC 2.0.')
  }
  return { ...value, jsonrpc: '2.0' }
}
