/** A Node socket as the splice drives it. */
import type { Socket } from 'node:net'
import { resetStream } from '../reset-stream'
import { sayResets } from '../tcp'
import type { ClientEnd, ClientSink } from './types'

/** Pauses the socket and attaches handlers at once: a reset between accept and open must not go unhandled. */
export function nodeEnd(socket: Socket): ClientEnd {
  return new NodeEnd(socket)
}

// --- internal ---

class NodeEnd implements ClientEnd {
  sink: ClientSink | null = null
  closed: boolean
  private corked = false
  private error: Error | null = null

  constructor(private readonly socket: Socket) {
    // It may have gone before anybody listened: Node says `close` only once.
    this.closed = socket.destroyed
    socket.pause()
    sayResets(socket)
    socket.on('error', this.onError)
    socket.on('close', this.onClose)
    socket.on('data', this.onData)
    socket.on('end', this.onEnd)
    socket.on('drain', this.onDrain)
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort
  }

  get localPort(): number | undefined {
    return this.socket.localPort
  }

  get writable(): boolean {
    return !this.closed && !this.socket.destroyed && !this.socket.writableEnded
  }

  get backedUp(): boolean {
    return this.socket.writableNeedDrain
  }

  get holding(): boolean {
    return this.socket.writableLength > 0
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  write(data: Buffer): void {
    if (!this.corked) {
      this.corked = true
      this.socket.cork()
    }
    this.socket.write(data)
  }

  flush(): void {
    if (!this.corked) return
    this.corked = false
    this.socket.uncork()
  }

  end(): void {
    if (!this.socket.destroyed) this.socket.end()
  }

  closeWhenSent(): void {
    this.socket.destroySoon()
  }

  reset(): void {
    resetStream(this.socket)
  }

  release(): void {
    this.sink = null
    this.socket.off('error', this.onError)
    this.socket.off('close', this.onClose)
    this.socket.off('data', this.onData)
    this.socket.off('end', this.onEnd)
    this.socket.off('drain', this.onDrain)
  }

  private readonly onData = (data: Buffer): void => {
    this.sink?.onClientData(data)
  }

  private readonly onEnd = (): void => {
    this.sink?.onClientEnd()
  }

  private readonly onDrain = (): void => {
    this.sink?.onClientDrain()
  }

  private readonly onError = (error: Error): void => {
    this.error ??= error
  }

  private readonly onClose = (): void => {
    this.closed = true
    this.sink?.onClientClose(this.error)
  }
}
