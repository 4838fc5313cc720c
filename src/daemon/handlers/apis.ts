/** Control APIs: turning them on and off, and who called. */
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'

type Part = Pick<Handlers, 'apis.list' | 'apis.enable' | 'apis.disable' | 'apis.audit'>

export function apiHandlers({ apis }: Services): Part {
  return {
    'apis.list': () => apis.views(),
    'apis.enable': (request) => apis.enable(request),
    'apis.disable': ({ name }) => apis.disable(name),
    'apis.audit': ({ limit }) => apis.audit(limit),
  }
}
