/** `ssh -R`: the server listens; its clients reach one target here, or (without a target) what they ask for by SOCKS. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { listenEndpoint, targetEndpoint, type Endpoint } from '@shared/endpoints'
import { toFault, WarrenError } from '@shared/errors'
import type { IncomingChannel, RemoteListener, TrafficCounter } from '../ssh/types'
import { resetStream, type Connection } from '../traffic'
import { dialHere } from './_dial-here'
import { askSocksClient } from './_socks-client'
import type { Carrier, CarrierOptions } from './types'

export function remoteCarrier(options: CarrierOptions): Carrier {
  const { ledger, log, onTarget } = options
  const target = targetEndpoint(options.spec)
  let listener: RemoteListener | null = null
  let generation = 0
  let closed = false

  function failed(error: unknown): void {
    const { code, message } = toFault(error)
    log({ level: 'warn', code, message })
  }

  async function toTarget(incoming: IncomingChannel, at: Endpoint, mine: number): Promise<void> {
    let socket: Socket
    try {
      socket = await dialHere(at)
    } catch (error) {
      incoming.refuse()
      failed(error)
      onTarget(error as Error)
      return
    }
    if (mine !== generation) {
      incoming.refuse()
      resetStream(socket)
      return
    }
    onTarget(null)
    const connection = ledger.add({ stream: socket, origin: incoming.origin, target: at })
    await incoming.spliceTo(socket, new FromTheOtherSide(connection))
    ledger.remove(connection)
  }

  async function bySocks(incoming: IncomingChannel): Promise<void> {
    const stream = incoming.accept()
    const connection = ledger.add({ stream, origin: incoming.origin, target: null })
    stream.once('close', () => {
      ledger.remove(connection)
    })
    const ask = await askSocksClient(stream, (message) => {
      log({ level: 'warn', code: 'socks.invalid', message: `A client was turned away: ${message}.` })
    })
    if (ask === null) return
    connection.target = { host: ask.request.host, port: ask.request.port }
    try {
      const socket = await dialHere(connection.target)
      ask.grant()
      if (ask.head !== null) socket.write(ask.head)
      join(stream, socket, connection)
    } catch (error) {
      failed(error)
      ask.refuse(error as Error)
    }
  }

  const unbind = (): void => {
    generation += 1
    listener = null
    ledger.endAll()
  }
  return {
    bind: async (session) => {
      const mine = generation
      const opened = await session.listenRemote(listenEndpoint(options.spec), (incoming) => {
        void (target === null ? bySocks(incoming) : toTarget(incoming, target, mine))
      })
      if (closed) {
        // The answer came after the stop, and the session may live on with other forwards: the port is given back.
        await opened.close()
        throw new WarrenError('cancelled', 'It was stopped.')
      }
      listener = opened
      return opened.bound
    },
    unbind,
    close: async () => {
      closed = true
      const closing = listener?.close()
      unbind()
      await closing
    },
  }
}

// --- internal ---

/** The client is beyond the server, so what the socket here receives is what the client sent. */
class FromTheOtherSide implements TrafficCounter {
  constructor(private readonly connection: Connection) {}

  get bytesUp(): number {
    return this.connection.bytesDown
  }

  set bytesUp(bytes: number) {
    this.connection.bytesDown = bytes
  }

  get bytesDown(): number {
    return this.connection.bytesUp
  }

  set bytesDown(bytes: number) {
    this.connection.bytesUp = bytes
  }
}

/** Not the hot path: streams' own pipes keep order, half-close and back-pressure. */
function join(client: Duplex, target: Socket, counter: TrafficCounter): void {
  client.on('data', (chunk: Buffer) => {
    counter.bytesUp += chunk.length
  })
  target.on('data', (chunk: Buffer) => {
    counter.bytesDown += chunk.length
  })
  client.pipe(target)
  target.pipe(client)
  client.once('close', () => {
    if (!target.writableEnded || !target.readableEnded) resetStream(target)
  })
  target.once('close', () => {
    if (!client.writableEnded || !client.readableEnded) resetStream(client)
  })
}
