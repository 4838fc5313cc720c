/** What local and dynamic forwards share: a listener here that outlives sessions. */
import type { Socket } from 'node:net'
import { listenEndpoint } from '@shared/endpoints'
import type { ClientEnd, SshSession } from '../ssh/types'
import { resetStream, type ConnectionLimits } from '../traffic'
import { admission } from './_admission'
import { listenRange, type LocalListener, type TcpHandle } from '../tcp'
import { checkPermission } from './_permission'
import { rawClient } from './_raw-client'
import type { Carrier, CarrierOptions } from './types'

export interface Serve {
  readonly onSocket: (socket: Socket, over: Way) => void
  /** For TCP clients, where this Node can do without streams; without it they all come as sockets. */
  readonly onClient?: (client: ClientEnd, over: Way) => void
  /** What must be known before the first client; its rejection is that of `bind`. */
  readonly prepare?: () => Promise<void>
}

/** Of one client that was let in. */
export interface Way {
  readonly session: SshSession
  /** At which port of a range the client came. */
  readonly offset: number
  readonly limits: ConnectionLimits
}

/**
 * While the session is away the listener stays, so that no other program takes the port and the same address works again later;
 * clients are reset at once, because taking what cannot be carried would be a lie.
 */
export function listeningCarrier(options: CarrierOptions, serve: Serve): Carrier {
  const { onSocket: serveSocket, onClient: serveClient } = serve
  const { spec } = options
  let session: SshSession | null = null
  let opening: Promise<LocalListener> | null = null
  let isPermitted = false
  const admit = admission(options)
  const onSocket = (socket: Socket, offset: number): void => {
    const limits = session === null ? null : admit(socket)
    if (session === null || limits === null) turnAway(socket)
    else serveSocket(socket, { session, offset, limits })
  }
  const onHandle =
    serveClient === undefined
      ? undefined
      : (handle: TcpHandle, offset: number): void => {
          const client = rawClient(handle)
          const limits = session === null ? null : admit(client)
          if (session === null || limits === null) client.reset()
          else serveClient(client, { session, offset, limits })
        }
  const unbind = (): void => {
    session = null
    options.ledger.endAll()
  }
  return {
    bind: async (over) => {
      // The session that a sleeper let go is nobody's any more: who comes while the login is asked for again waits for the next one.
      if (spec.onDemand && session !== null) session = over
      opening ??= listenRange({
        ...{ at: listenEndpoint(spec), count: spec.portCount, onSocket, onHandle, ports: options.ports },
        portField: spec.type === 'local' && spec.bindPort === null ? 'localPort' : 'bindPort',
        mask: options.socketMask(),
        onTrouble: troubleTeller(options),
      })
      try {
        const { bound } = await opening
        await serve.prepare?.()
        // Asked once, and not of a session that is only dialled when somebody comes.
        if (!isPermitted && !spec.onDemand) await checkPermission(over, options)
        isPermitted = true
        session = over
        return bound
      } catch (error) {
        const failed = opening
        opening = null
        await failed?.then((listener) => listener.close()).catch(() => undefined)
        throw error
      }
    },
    unbind,
    close: async () => {
      const closing = opening
      opening = null
      const closed = closing?.then(
        (listener) => listener.close(),
        () => undefined,
      )
      unbind()
      await closed
    },
  }
}

// --- internal ---

/** One line and one notice, not one for each client that is turned away. */
function troubleTeller({ log, onNotice }: CarrierOptions): (error: NodeJS.ErrnoException) => void {
  let told = false
  return (error) => {
    if (told) return
    told = true
    const isFull = error.code === 'EMFILE' || error.code === 'ENFILE'
    const why = isFull ? 'too many files and connections are open' : error.message
    log({ level: 'error', message: `A client was turned away: ${why}.`, code: null })
    onNotice({ message: `Clients were turned away: ${why}`, exposed: null })
  }
}

function turnAway(socket: Socket): void {
  socket.on('error', () => undefined)
  resetStream(socket)
}
