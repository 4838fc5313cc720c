/** Is a port of this machine free, and who holds it otherwise? */
import { createSocket } from 'node:dgram'
import { createServer, isIPv6 } from 'node:net'
import { formatEndpoint } from '@shared/endpoints'
import { WarrenError, type Fault } from '@shared/errors'
import type { RelayProtocol } from '@shared/relays'
import type { PortCheck } from '@shared/rpc'
import type { ForwardSnapshot, ForwardState, PortHolder } from '@shared/snapshots'
import type { Services } from './services'

const FIRST_FREE_PORT = 1024

const free: PortCheck = { free: true, holder: null, fault: null, suggestion: null }

export interface PortQuestion {
  /** `*`: every address. */
  readonly host: string
  readonly port: number
  readonly protocol: RelayProtocol
}

/** Tries to listen, which is the only sure test, and asks the system for the holder when that fails. */
export async function checkPort(services: Services, question: PortQuestion): Promise<PortCheck> {
  const { host, port, protocol } = question
  const address = host === '*' ? '0.0.0.0' : host
  const code = await (protocol === 'tcp' ? tryListen(address, port) : tryBind(address, port))
  if (code === null) return free
  if (code === 'EADDRINUSE') {
    const holder = await services.localPorts.holderOf(port, protocol)
    const suggestion = await services.localPorts.nextFree(address, port, protocol)
    return { free: false, holder, fault: inUse(services, question, { holder, suggestion }), suggestion }
  }
  if (code === 'EACCES') {
    const suggestion = await services.localPorts.nextFree(address, Math.max(port, FIRST_FREE_PORT), protocol)
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

/** Whether nothing keeps this machine from listening there: the port is not held, and open to this person. An address it has not is no matter here. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  const code = await tryListen(host === '*' ? '0.0.0.0' : host, port)
  return code !== 'EADDRINUSE' && code !== 'EACCES'
}

function inUse(
  services: Services,
  { port, protocol }: PortQuestion,
  { holder, suggestion }: { holder: PortHolder | null; suggestion: number | null },
): Fault {
  const own = holder === null || holder.pid === process.pid ? ownHolder(services, { port, protocol }) : null
  const who = own ?? (holder === null ? null : programOf(holder)) ?? 'another program'
  return new WarrenError('port.in-use', `Port ${port} is held by ${who}.`, {
    fix: suggestion === null ? null : `Use ${suggestion} instead?`,
    field: 'port',
    remedy: suggestion === null ? null : { action: 'use-port', port: suggestion },
  }).toFault()
}

function programOf({ process: name, pid }: PortHolder): string | null {
  if (name === null) return null
  return pid === null ? name : `${name}, pid ${pid}`
}

/** What of Warren's own listens there. */
function ownHolder({ engine, watch, relays }: Services, { port, protocol }: Omit<PortQuestion, 'host'>): string | null {
  const holds = ({ listen, portCount }: Pick<ForwardSnapshot, 'listen' | 'portCount'>): boolean =>
    'port' in listen && port >= listen.port && port < listen.port + portCount
  for (const id of relays.active()) {
    const { state, type, name, ...ends } = engine.relays.snapshot(id)
    if (isUp(state) && type === protocol && holds(ends)) return `the relay ${name} (${formatEndpoint(ends.listen)})`
  }
  if (protocol === 'udp') return null
  for (const id of watch.active()) {
    const { state, type, name, ...ends } = engine.snapshot(id)
    if (isUp(state) && type !== 'remote' && holds(ends)) return `the forward ${name} (${formatEndpoint(ends.listen)})`
  }
  return null
}

function isUp(state: ForwardState): boolean {
  return state === 'running' || state === 'degraded'
}

/** The system's error code, or `null` when the port is free. */
function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

function tryBind(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      resolve(error.code ?? 'UNKNOWN')
    })
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(null)))
  })
}
