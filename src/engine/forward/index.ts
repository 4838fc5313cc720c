/** The door of the forward layer. */
import { dynamicCarrier } from './dynamic'
import { localCarrier } from './local'
import { remoteCarrier } from './remote'
import { quietLog } from '../quiet-log'
import type { Carrier, CarrierOptions } from './types'

export { dialHere } from './_dial-here'
export { touch } from './_permission'
export type { Carrier, CarrierOptions, Notice } from './types'
export type { ProxyLogin } from './_login'

export function createCarrier(wanted: CarrierOptions): Carrier {
  const options = { ...wanted, log: quietLog(wanted.log) }
  switch (options.spec.type) {
    case 'local':
      return localCarrier(options)
    case 'remote':
      return remoteCarrier(options)
    case 'dynamic':
      return dynamicCarrier(options)
  }
}
