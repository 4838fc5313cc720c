/** `ssh -D`: SOCKS clients here reach whatever they ask for, as seen from the server. */
import type { Socket } from 'node:net'
import { toFault } from '@shared/errors'
import type { SshSession } from '../ssh/types'
import type { Connection } from '../traffic'
import { listeningCarrier } from './_listening-carrier'
import { askSocksClient } from './_socks-client'
import type { Carrier, CarrierOptions } from './types'

export function dynamicCarrier(options: CarrierOptions): Carrier {
  const { ledger, log, onTarget } = options

  async function serve(socket: Socket, session: SshSession, connection: Connection): Promise<void> {
    const ask = await askSocksClient(socket, (message) => {
      log({ level: 'warn', code: 'socks.invalid', message: `A client was turned away: ${message}.` })
    })
    if (ask === null) return
    const target = { host: ask.request.host, port: ask.request.port }
    connection.target = target
    const onOpen = (): void => {
      ask.grant()
      onTarget(null)
    }
    try {
      await session.forwardSocket(socket, { target, counter: connection, head: ask.head ?? undefined, onOpen })
    } catch (error) {
      const { code, message } = toFault(error)
      log({ level: 'warn', code, message })
      ask.refuse(error as Error)
      // A wrong address is the client's affair; a server that forbids forwarding is ours.
      if (code === 'forward.refused') onTarget(error as Error)
    }
  }

  const onSocket = (socket: Socket, session: SshSession): void => {
    const connection = ledger.add({ stream: socket, origin: null, target: null })
    socket.once('close', () => {
      ledger.remove(connection)
    })
    void serve(socket, session, connection)
  }
  return listeningCarrier(options, { onSocket })
}
