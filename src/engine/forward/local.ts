/** `ssh -L`: clients here reach one target as seen from the server. */
import { endpointAt, targetEndpoint, type Endpoint } from '@shared/endpoints'
import { toFault } from '@shared/errors'
import { resetStream } from '../traffic'
import { listeningCarrier } from './_listening-carrier'
import type { Carrier, CarrierOptions } from './types'

export function localCarrier(options: CarrierOptions): Carrier {
  const { ledger, onTarget } = options
  const first = targetEndpoint(options.spec)
  if (first === null) throw new TypeError('A local forward has a target.')
  /** Of each port of a range, made once: thousands of clients a second share them. */
  const targets = Array.from({ length: options.spec.portCount }, (_, offset) => endpointAt(first, offset))
  const targetAt = (offset: number): Endpoint => targets[offset] ?? first
  const onOpen = (): void => {
    onTarget(null)
  }
  const refused = (error: Error): void => {
    const { code, message } = toFault(error)
    options.log({ level: 'warn', code, message })
    onTarget(error)
  }
  return listeningCarrier(options, {
    onClient: (client, { session, offset, limits }) => {
      const target = targetAt(offset)
      const connection = ledger.add({ stream: client, origin: null, target, limits })
      session.forwardClient(client, {
        target,
        counter: connection,
        limits,
        onOpen,
        onClosed: ({ reason }) => {
          ledger.remove(connection, reason)
        },
        onRefused: (error) => {
          client.reset()
          ledger.remove(connection, 'unreachable')
          refused(error)
        },
      })
    },
    onSocket: (socket, { session, offset, limits }) => {
      const target = targetAt(offset)
      const connection = ledger.add({ stream: socket, origin: null, target, limits })
      session.forwardSocket(socket, { target, counter: connection, limits, onOpen }).then(
        ({ reason }) => {
          ledger.remove(connection, reason)
        },
        (error: Error) => {
          socket.on('error', () => undefined)
          resetStream(socket)
          ledger.remove(connection, 'unreachable')
          refused(error)
        },
      )
    },
  })
}
