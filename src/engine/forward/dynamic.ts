/** `ssh -D`: SOCKS and HTTP proxy clients here reach whatever they ask for, as seen from the server. */
import type { Socket } from 'node:net'
import { endpointAt, formatEndpoint, listenEndpoint } from '@shared/endpoints'
import type { SshSession } from '../ssh/types'
import { listeningCarrier } from './_listening-carrier'
import type { ProxyLogin } from './_login'
import { serveProxyClient } from './_proxy-client'
import { proxyReports } from './_proxy-reports'
import type { Carrier, CarrierOptions } from './types'

export function dynamicCarrier(options: CarrierOptions): Carrier {
  const { ledger, spec } = options
  const reports = proxyReports(options)
  let login: ProxyLogin | null = null

  const onSocket = (socket: Socket, session: SshSession, offset: number): void => {
    const connection = ledger.add({ stream: socket, origin: null, target: null })
    socket.once('close', () => {
      ledger.remove(connection)
    })
    const origin = { host: socket.remoteAddress ?? '127.0.0.1', port: socket.remotePort ?? 0 }
    const { localPort } = socket
    const asked = endpointAt(listenEndpoint(spec), offset)
    const at = 'port' in asked && localPort !== undefined ? { host: asked.host, port: localPort } : asked
    void serveProxyClient(socket, {
      ...{ login, servePac: spec.servePac, at: formatEndpoint(at), counter: connection, ...reports },
      way: {
        open: (target) => session.openChannel(target, origin),
        tunnel: (target, { head, onOpen }) =>
          session.forwardSocket(socket, { target, counter: connection, head, onOpen }),
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
