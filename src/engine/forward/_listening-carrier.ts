/** What local and dynamic forwards share: a listener here that outlives sessions. */
import type { Socket } from 'node:net'
import { listenEndpoint } from '@shared/endpoints'
import type { SshSession } from '../ssh/types'
import { resetStream } from '../traffic'
import { listenHere, type LocalListener } from './_listen'
import type { Carrier, CarrierOptions } from './types'

/**
 * While the session is away the listener stays, so that no other program takes the port and the same address works again later;
 * clients are reset at once, because taking what cannot be carried would be a lie.
 */
export function listeningCarrier(
  options: CarrierOptions,
  serve: (socket: Socket, session: SshSession) => void,
): Carrier {
  let session: SshSession | null = null
  let opening: Promise<LocalListener> | null = null
  const onSocket = (socket: Socket): void => {
    if (session === null) turnAway(socket)
    else serve(socket, session)
  }
  const unbind = (): void => {
    session = null
    options.ledger.endAll()
  }
  return {
    bind: async (over) => {
      opening ??= listenHere({ at: listenEndpoint(options.spec), onSocket, ports: options.ports })
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
