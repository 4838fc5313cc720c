/** Which of our own forwards and relays holds an end: nobody looks for the program when it is Warren. */
import type { RelaySnapshot } from '@shared/relay-snapshots'
import type { ForwardSnapshot } from '@shared/snapshots'
import type { HostPort } from './types'

export interface OwnEnds {
  readonly forwards: readonly ForwardSnapshot[]
  readonly relays: readonly RelaySnapshot[]
}

/** In words (`the relay "web"`), or `null` when none of them listens there. Those that are about to listen do not count. */
export function ownerOf(at: HostPort, protocol: 'tcp' | 'udp', { forwards, relays }: OwnEnds): string | null {
  const relay = relays.find((each) => each.type === protocol && holds(each, at))
  if (relay !== undefined) return `the relay "${relay.name}"`
  const forward = protocol === 'udp' ? undefined : forwards.find((each) => each.type !== 'remote' && holds(each, at))
  return forward === undefined ? null : `the forward "${forward.name}"`
}

// --- internal ---

const EVERYWHERE = new Set(['*', '', '0.0.0.0', '::'])
const HERE = new Set(['localhost', '127.0.0.1', '::1'])

function holds(
  { state, listen, portCount }: Pick<ForwardSnapshot, 'state' | 'listen' | 'portCount'>,
  { host, port }: HostPort,
): boolean {
  if (state !== 'running' && state !== 'degraded') return false
  if ('path' in listen || port < listen.port || port >= listen.port + portCount) return false
  return meet(listen.host.toLowerCase(), host.toLowerCase())
}

/** Whether two listeners at one port are in each other's way. */
function meet(a: string, b: string): boolean {
  if (a === b || EVERYWHERE.has(a) || EVERYWHERE.has(b)) return true
  return (a === 'localhost' && HERE.has(b)) || (b === 'localhost' && HERE.has(a))
}
