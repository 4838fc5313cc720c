/** The carrier of a relay's protocol. */
import { quietLog } from '../quiet-log'
import { tcpCarrier } from './tcp'
import { udpCarrier } from './udp'
import type { RelayCarrier, RelayCarrierOptions } from './types'

export function createRelayCarrier(wanted: RelayCarrierOptions): RelayCarrier {
  const options = { ...wanted, log: quietLog(wanted.log) }
  switch (options.spec.protocol) {
    case 'tcp':
      return tcpCarrier(options)
    case 'udp':
      return udpCarrier(options)
  }
}
