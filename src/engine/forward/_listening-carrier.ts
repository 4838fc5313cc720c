/** What local and dynamic forwards share: a listener here that outlives sessions. */
import type { Socket } from 'node:net'
import { listenEndpoint } from '@shared/endpoints'
import type { ClientEnd, SshSession } from '../ssh/types'
import { resetStream } from '../traffic'
import { listenHere, type LocalListener } from './_listen'
import type { Carrier, CarrierOptions } from './types'

export interface Serve {
  readonly onSocket: (socket: Socket, session: SshSession) => void
  /** For TCP clients, where this Node can do without streams; without it they all come as sockets. */
  readonly onClient?: (client: ClientEnd, session: SshSession) => void
}

/**
 * While the session is away the listener stays, so that no other program takes the port and the same address works again later;
 * clients are reset at once, because taking what cannot be carried would be a lie.
 */
export function listeningCarrier(options: CarrierOptions, serve: Serve): Carrier {
  const { onSocket: serveSocket, onClient: serveClient } = serve
  let session: SshSession | null = null
  let opening: Promise<LocalListener> | null = null
  const onSocket = (socket: Socket): void => {
    if (session === null) turnAway(socket)
    else serveSocket(socket, session)
  }
  const onClient =
    serveClient === undefined
      ? undefined
      : (client: ClientEnd): void => {
          if (session === null) client.reset()
          else serveClient(client, session)
        }
  const unbind = (): void => {
    session = null
    options.ledger.endAll()
  }
  return {
    bind: async (over) => {
      opening ??= listenHere({ at: listenEndpoint(options.spec), onSocket, onClient, ports: options.ports })
      try {
        const { bound } = await opening
        session = over
        return bound
      } catch (error) {
        opening = null
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

function turnAway(socket: Socket): void {
  socket.on('error', () => undefined)
  resetStream(socket)
}
