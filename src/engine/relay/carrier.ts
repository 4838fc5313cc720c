/** The carrier of a relay's protocol. */
import { WarrenError } from '@shared/errors'
import { quietLog } from '../quiet-log'
import type { RelayCarrier, RelayCarrierOptions } from './types'

export function createRelayCarrier(wanted: RelayCarrierOptions): RelayCarrier {
  const options = { ...wanted, log: quietLog(wanted.log) }
  switch (options.spec.protocol) {
    case 'tcp':
    case 'udp':
      throw new WarrenError('internal', `Relays of ${options.spec.protocol} are not carried.`)
  }
}
