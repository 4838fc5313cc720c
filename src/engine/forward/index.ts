/** The door of the forward layer. */
import { dynamicCarrier } from './dynamic'
import { localCarrier } from './local'
import { remoteCarrier } from './remote'
import type { Carrier, CarrierOptions } from './types'

export { dialHere } from './_dial-here'
export { listenHere } from './_listen'
export type { Carrier, CarrierOptions } from './types'

export function createCarrier(options: CarrierOptions): Carrier {
  switch (options.spec.type) {
    case 'local':
      return localCarrier(options)
    case 'remote':
      return remoteCarrier(options)
    case 'dynamic':
      return dynamicCarrier(options)
  }
}
