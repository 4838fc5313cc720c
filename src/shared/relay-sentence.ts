/** What relays are called in words: one voice for the window, the tray and the command line. */
import { formatEndpoint, isExposed, type Endpoint } from './endpoints'
import type { RelaySnapshot } from './relay-snapshots'
import type { RelayProtocol, RelaySpec } from './relays'
import { listenerWords } from './sentence'

/** What a sentence needs to know of a relay; a form can make it. */
export interface DescribedRelay {
  readonly protocol: RelayProtocol
  readonly listen: Endpoint
  /** Untyped ones left out. */
  readonly targets: readonly Endpoint[]
  readonly balance: RelaySpec['balance']
  readonly portCount: number
  /** What the address says, unless it is known. */
  readonly exposed?: boolean
}

/** What is known of a relay, for its sentence. */
export function describeRelay(spec: Pick<RelaySpec, 'protocol' | 'balance'>, snapshot: RelaySnapshot): DescribedRelay {
  return {
    protocol: spec.protocol,
    balance: spec.balance,
    listen: snapshot.listen,
    targets: snapshot.targets.map(({ target }) => target),
    portCount: snapshot.portCount,
    exposed: snapshot.exposed,
  }
}

/**
 * One sentence that says what a relay does. No full stop at the end.
 *
 * "People here connect to 127.0.0.1:5432 and reach db:5432", "People on this network send datagrams to port 53 of this machine,
 * which go to dns-1:53 and dns-2:53 in turn".
 */
export function relaySentence(relay: DescribedRelay): string {
  const people = (relay.exposed ?? isExposed(relay.listen)) ? 'People on this network' : 'People here'
  const at = listenerWords(relay.listen, { machine: 'this machine', count: relay.portCount })
  const goal = targetsInWords(relay)
  return relay.protocol === 'udp'
    ? `${people} send datagrams to ${at}, which go to ${goal}`
    : `${people} connect to ${at} and reach ${goal}`
}

/** `127.0.0.1:5432 → db:5432`, with ` +2` for more targets. */
export function relayRoute({ listen, target, targets, portCount }: RelaySnapshot): string {
  const more = targets.length > 1 ? ` +${targets.length - 1}` : ''
  return `${formatEndpoint(listen, portCount)} → ${formatEndpoint(target, portCount)}${more}`
}

/** How several targets share the work. */
export const balanceWords = {
  failover: 'the first that answers',
  'round-robin': 'each in its turn',
} as const satisfies Record<RelaySpec['balance'], string>

// --- internal ---

const list = new Intl.ListFormat('en', { type: 'conjunction' })

function targetsInWords({ targets, balance, portCount }: DescribedRelay): string {
  const [first, ...others] = targets.map((target) => formatEndpoint(target, portCount))
  if (first === undefined) return 'the target'
  if (others.length === 0) return first
  if (balance === 'round-robin') return `${list.format([first, ...others])} in turn`
  return `${first}, or ${list.format(others)} when it does not answer`
}
