/** What is: connections, sessions, logs, activity, needs, ports, trusted keys. */
import { createServer } from 'node:net'
import { formatEndpoint } from '@shared/endpoints'
import { WarrenError, type Fault } from '@shared/errors'
import type { PortCheck } from '@shared/rpc'
import type { PortHolder } from '@shared/snapshots'
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
  const { catalog, engine, needs, trusted } = services
  return {
    'connections.list': ({ forwardId }) => {
      if (forwardId !== undefined) catalog.forward(forwardId)
      return engine.describeConnections(forwardId)
    },
    'connections.end': ({ id }) => ({ ended: engine.endConnection(id) }),
    'sessions.list': () => engine.sessions(),
    'logs.read': ({ forwardId, limit }) => {
      catalog.forward(forwardId)
      return services.logs.read(forwardId, limit)
    },
    'activity.list': ({ limit, before }) => services.activity.list(limit, before),
    'needs.list': () => needs.list(),
    'needs.answer': ({ id, answer }) => {
      needs.answer(id, answer)
      return null
    },
    'ports.check': ({ host, port }) => checkPort(services, host, port),
    'trust.list': () => trusted.list(),
    'trust.remove': async ({ id }) => {
      await trusted.remove(id)
      return null
    },
    'trust.write': ({ id }) => trusted.write(id),
    'demo.start': () => services.inTurn(() => services.demo.start()),
  }
}

const free: PortCheck = { free: true, holder: null, fault: null, suggestion: null }

/** Tries to listen, which is the only sure test, and asks the system for the holder when that fails. */
async function checkPort(services: Services, host: string, port: number): Promise<PortCheck> {
  const address = host === '*' ? '0.0.0.0' : host
  const code = await tryListen(address, port)
  if (code === null) return free
  if (code === 'EADDRINUSE') {
    const holder = await services.localPorts.holderOf(port)
    const suggestion = await services.localPorts.nextFree(address, port)
    return { free: false, holder, fault: inUse(services, port, { holder, suggestion }), suggestion }
  }
  if (code === 'EACCES') {
    const suggestion = await services.localPorts.nextFree(address, Math.max(port, 1024))
    const message = `Port ${port} may only be used by the administrator.`
    const fix = suggestion === null ? null : `Use ${suggestion} instead.`
    const remedy = suggestion === null ? null : ({ action: 'use-port', port: suggestion } as const)
    const fault = new WarrenError('port.forbidden', message, { fix, field: 'port', remedy }).toFault()
    return { free: false, holder: null, fault, suggestion }
  }
  const fault = new WarrenError('port.address-unavailable', `This machine does not have the address ${host}.`, {
    fix: 'Use 127.0.0.1, or * for every address.',
    field: 'host',
  }).toFault()
  return { free: false, holder: null, fault, suggestion: null }
}

function inUse(
  { engine, watch }: Services,
  port: number,
  found: { holder: PortHolder | null; suggestion: number | null },
): Fault {
  const own = [...watch.active()]
    .map((id) => engine.snapshot(id))
    .find(
      ({ listen, type, state }) => 'port' in listen && listen.port === port && type !== 'remote' && state === 'running',
    )
  const { holder, suggestion } = found
  const isOurs = own !== undefined && (holder === null || holder.pid === process.pid)
  const who = isOurs
    ? `the forward ${own.name} (${formatEndpoint(own.listen)})`
    : holder?.process !== null && holder?.process !== undefined
      ? `${holder.process}${holder.pid === null ? '' : `, pid ${holder.pid}`}`
      : 'another program'
  return new WarrenError('port.in-use', `Port ${port} is held by ${who}.`, {
    fix: suggestion === null ? null : `Use ${suggestion} instead?`,
    field: 'port',
    remedy: suggestion === null ? null : { action: 'use-port', port: suggestion },
  }).toFault()
}

/** The system's error code, or `null` when the port is free. */
function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}
