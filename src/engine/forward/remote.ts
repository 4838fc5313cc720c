/** `ssh -R`: the server listens; its clients reach one target here, or (without a target) what they ask for as proxy clients. */
import type { Socket } from 'node:net'
import { endpointAt, formatEndpoint, isExposed, listenEndpoint, targetEndpoint, type Endpoint } from '@shared/endpoints'
import { toFault, WarrenError } from '@shared/errors'
import type { IncomingChannel, RemoteListener, SshSession, TrafficCounter } from '../ssh/types'
import { resetStream, type Connection, type ConnectionLimits } from '../traffic'
import { admission, fromTheOtherSide } from './_admission'
import { join } from './_join'
import { dialHere } from './_dial-here'
import { probeGateway } from './_gateway'
import type { ProxyLogin } from './_login'
import { serveProxyClient } from './_proxy-client'
import { proxyReports } from './_proxy-reports'
import { listenRemoteRange } from './_remote-ports'
import type { Carrier, CarrierOptions } from './types'

export function remoteCarrier(options: CarrierOptions): Carrier {
  const { ledger, log, onTarget, spec } = options
  const target = targetEndpoint(spec)
  const asked = listenEndpoint(spec)
  const reports = proxyReports(options)
  let listener: RemoteListener | null = null
  let login: ProxyLogin | null = null
  let generation = 0
  let closed = false

  const admit = admission(options)

  async function toTarget(incoming: IncomingChannel, at: Endpoint, limits: ConnectionLimits): Promise<void> {
    const mine = generation
    let socket: Socket
    try {
      socket = await dialHere(at)
    } catch (error) {
      incoming.refuse()
      limits.release()
      const { code, message } = toFault(error)
      log({ level: 'warn', code, message })
      onTarget(error as Error)
      return
    }
    if (mine !== generation) {
      incoming.refuse()
      limits.release()
      resetStream(socket)
      return
    }
    onTarget(null)
    const connection = ledger.add({ stream: socket, origin: incoming.origin, target: at, limits })
    const { reason } = await incoming.spliceTo(socket, new FromTheOtherSide(connection), fromTheOtherSide(limits))
    ledger.remove(connection, reason)
  }

  function byProxy(incoming: IncomingChannel, at: Endpoint, limits: ConnectionLimits): void {
    const stream = incoming.accept()
    const connection = ledger.add({ stream, origin: incoming.origin, target: null, limits })
    stream.once('close', () => {
      ledger.remove(connection, stream.errored === null ? 'closed' : 'reset')
    })
    void serveProxyClient(stream, {
      ...{ login, servePac: spec.servePac, at: formatEndpoint(at), counter: connection, limits, ...reports },
      way: {
        open: dialHere,
        tunnel: async (wanted, { head, onOpen }) => {
          const socket = await dialHere(wanted).catch((error: unknown) => {
            connection.endReason ??= 'unreachable'
            throw error
          })
          if (stream.destroyed) {
            // The client did not wait, and its `close` is past: nobody else would end this one.
            resetStream(socket)
            return
          }
          onOpen()
          join({ client: stream, target: socket, head }, connection)
        },
      },
    })
  }

  const onChannel = (incoming: IncomingChannel, offset: number): void => {
    const limits = admit(incoming.origin?.host ?? null)
    if (limits === null) incoming.refuse()
    else if (target !== null) void toTarget(incoming, endpointAt(target, offset), limits)
    else byProxy(incoming, endpointAt(listener?.bound ?? asked, offset), limits)
  }

  const lookAtGateway = async (session: SshSession, mine: number): Promise<void> => {
    const found = await probeGateway(session, asked)
    if (mine !== generation || closed) return
    if (found !== 'unknown') options.onNotice(found)
    else if (isExposed(asked)) {
      const message = 'Whether the server opened the port to its network could not be found out (GatewayPorts).'
      log({ level: 'info', code: null, message })
    }
    if (found !== null && found !== 'unknown') log({ level: 'warn', code: null, message: `${found.message}.` })
  }

  /** The port chosen for 0 before the session broke. */
  let chosen: number | null = null
  const unbind = (): void => {
    generation += 1
    listener = null
    ledger.endAll()
  }
  return {
    bind: async (session) => {
      if (target === null) login = await options.login()
      const opened = await listenRemoteRange(session, {
        range: { at: asked, count: spec.portCount, onChannel },
        again: chosen,
      })
      if (closed) {
        // The answer came after the stop, and the session may live on with other forwards: the port is given back.
        await opened.close()
        throw new WarrenError('cancelled', 'It was stopped.')
      }
      listener = opened
      if ('port' in opened.bound) chosen = opened.bound.port
      options.onNotice(null)
      void lookAtGateway(session, generation)
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
