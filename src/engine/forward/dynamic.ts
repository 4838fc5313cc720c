/** `ssh -D`: SOCKS and HTTP proxy clients here reach whatever they ask for, as seen from the server. */
import type { Socket } from 'node:net'
import { endpointAt, formatEndpoint, listenEndpoint } from '@shared/endpoints'
import { listeningCarrier, type Way } from './_listening-carrier'
import type { ProxyLogin } from './_login'
import { serveProxyClient } from './_proxy-client'
import { proxyReports } from './_proxy-reports'
import type { Carrier, CarrierOptions } from './types'

export function dynamicCarrier(options: CarrierOptions): Carrier {
  const { ledger, spec } = options
  const reports = proxyReports(options)
  let login: ProxyLogin | null = null

  const onSocket = (socket: Socket, { session, offset, limits }: Way): void => {
    const connection = ledger.add({ stream: socket, origin: null, target: null, limits })
    let isTunnel = false
    socket.once('close', (hadError) => {
      // Of a tunnel the last bytes may still be on their way to the server.
      if (!isTunnel) ledger.remove(connection, hadError ? 'reset' : 'closed')
    })
    const origin = { host: socket.remoteAddress ?? '127.0.0.1', port: socket.remotePort ?? 0 }
    const { localPort } = socket
    const asked = endpointAt(listenEndpoint(spec), offset)
    const at = 'port' in asked && localPort !== undefined ? { host: asked.host, port: localPort } : asked
    void serveProxyClient(socket, {
      ...{ login, servePac: spec.servePac, at: formatEndpoint(at), counter: connection, limits, ...reports },
      way: {
        open: (target) => session.openChannel(target, origin),
        tunnel: async (target, { head, onOpen }) => {
          isTunnel = true
          const over = session.forwardSocket(socket, { target, counter: connection, limits, head, onOpen })
          const { reason } = await over.catch((error: unknown) => {
            isTunnel = false
            if (socket.destroyed) ledger.remove(connection, 'unreachable')
            connection.endReason ??= 'unreachable'
            throw error
          })
          ledger.remove(connection, reason)
        },
      },
    })
  }
  return listeningCarrier(options, {
    onSocket,
    prepare: async () => {
      login = await options.login()
    },
  })
}
