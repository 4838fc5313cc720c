/** What a proxy port says about its clients, for the log and the state of the forward. */
import { toFault } from '@shared/errors'
import type { ProxyClientOptions } from './_proxy-types'
import type { CarrierOptions } from './types'

export function proxyReports({
  log,
  onTarget,
}: Pick<CarrierOptions, 'log' | 'onTarget'>): Pick<ProxyClientOptions, 'onInvalid' | 'onReached' | 'onFailure'> {
  return {
    onInvalid: (message) => {
      log({ level: 'warn', code: 'socks.invalid', message: `A client was turned away: ${message}.` })
    },
    onReached: () => {
      onTarget(null)
    },
    onFailure: (error) => {
      const { code, message } = toFault(error)
      log({ level: 'warn', code, message })
      // A wrong address is the client's affair; a server that forbids forwarding is ours.
      if (code === 'forward.refused') onTarget(error)
    },
  }
}
