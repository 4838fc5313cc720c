/** What is: connections, sessions, logs, activity, needs, ports, trusted keys. */
import { WarrenError } from '@shared/errors'
import { checkPort } from '../port-check'
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'

type Part = Pick<
  Handlers,
  | 'connections.list'
  | 'connections.end'
  | 'sessions.list'
  | 'logs.read'
  | 'activity.list'
  | 'needs.list'
  | 'needs.answer'
  | 'ports.check'
  | 'trust.list'
  | 'trust.remove'
  | 'trust.write'
  | 'demo.start'
>

export function observeHandlers(services: Services): Part {
  const { engine, needs, trusted } = services
  return {
    'connections.list': ({ forwardId }) => {
      if (forwardId !== undefined) requireOwner(services, forwardId)
      return engine.describeConnections(forwardId)
    },
    'connections.end': ({ id }) => ({ ended: engine.endConnection(id) }),
    'sessions.list': () => engine.sessions(),
    'logs.read': ({ forwardId, limit }) => {
      requireOwner(services, forwardId)
      return services.logs.read(forwardId, limit)
    },
    'activity.list': ({ limit, before }) => services.activity.list(limit, before),
    'needs.list': () => needs.list(),
    'needs.answer': ({ id, answer }) => {
      needs.answer(id, answer)
      return null
    },
    'ports.check': (question) => checkPort(services, question),
    'trust.list': () => trusted.list(),
    'trust.remove': async ({ id }) => {
      await trusted.remove(id)
      return null
    },
    'trust.write': ({ id }) => trusted.write(id),
    'demo.start': () => services.inTurn(() => services.demo.start()),
  }
}

function requireOwner({ catalog }: Services, id: string): void {
  if (catalog.hasOwner(id)) return
  throw new WarrenError('spec.not-found', `There is no forward or relay ${id}.`, { field: 'forwardId' })
}
