/**
 * Targets that lead back: a relay that connects to itself would open connections until nothing is left.
 *
 * Rules are compared, not connections: a target within the rule's own listening ports counts, whichever port of the range it is.
 */
import { networkInterfaces } from 'node:os'
import type { RelaySpec, RelayTarget } from '@shared/relays'
import { addressKey, isLoopback, isUnspecified, parseIp, type IpAddress } from './_ip-address'

/** What counts about a relay: its ends, `listenPort` as it is bound. */
export type LoopRelay = Pick<RelaySpec, 'id' | 'protocol' | 'listenHost' | 'listenPort' | 'portCount' | 'targets'>

export interface LoopWorld {
  /** Every relay of the engine; the asked one may be among them. */
  readonly relays: Iterable<LoopRelay>
  readonly own: OwnAddresses
  /** What is known of a name; absent, only addresses, `localhost` and equal names are compared. */
  readonly addressesOf?: (host: string) => readonly string[]
}

export interface OwnAddresses {
  readonly has: (address: IpAddress) => boolean
}

/** The addresses of this machine now: those of its interfaces, and all of loopback. */
export function ownAddresses(): OwnAddresses {
  const keys = new Set<string>()
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) {
      const ip = parseIp(address)
      if (ip !== null) keys.add(addressKey(ip))
    }
  }
  return { has: (address) => isLoopback(address) || keys.has(addressKey(address)) }
}

/** Whether `target`, an address, is an end that this relay itself listens at. Cheap when the port is none of its own. */
export function isOwnEnd(relay: LoopRelay, target: RelayTarget, own: () => OwnAddresses): boolean {
  const { listenPort, portCount } = relay
  if (target.port < listenPort || target.port >= listenPort + portCount) return false
  const ip = parseIp(target.host)
  return ip !== null && covers(relay.listenHost, reached(ip), { own: own() })
}

/**
 * The ways back of a relay over its targets and those of the relays that they lead to.
 *
 * `null` when there is none; otherwise the ids on the shortest way, the relay itself first: `['a']` or `['a', 'b']`.
 */
export function findLoop(relay: LoopRelay, world: LoopWorld): readonly string[] | null {
  const others = [...world.relays].filter((other) => other.id !== relay.id && other.protocol === relay.protocol)
  const seen = new Set<string>()
  // Ports go from one relay to the next as a part of a range, by their place in it.
  let steps: Step[] = [{ relay, from: 0, to: relay.portCount - 1, way: [relay.id] }]
  while (steps.length > 0) {
    const next: Step[] = []
    for (const step of steps) {
      for (const target of step.relay.targets) {
        if (hits(step, target, { relay, world }) !== null) return step.way
        for (const other of others) {
          const part = hits(step, target, { relay: other, world })
          if (part === null) continue
          const key = `${other.id} ${part.from} ${part.to}`
          if (seen.has(key)) continue
          seen.add(key)
          next.push({ relay: other, ...part, way: [...step.way, other.id] })
        }
      }
    }
    steps = next
  }
  return null
}

// --- internal ---

const LOOPBACK_4: IpAddress = { family: 4, value: 0x7f00_0001 }
const LOOPBACK_6: IpAddress = { family: 6, value: 1n }

type Known = Pick<LoopWorld, 'own' | 'addressesOf'>

/** Places in a relay's range that bytes came to. */
interface Part {
  readonly from: number
  readonly to: number
}

interface Step extends Part {
  readonly relay: LoopRelay
  readonly way: readonly string[]
}

/** The places of `at.relay` that the ports of a step lead to, or `null`. */
function hits(step: Part, target: RelayTarget, at: { relay: LoopRelay; world: LoopWorld }): Part | null {
  const { listenPort, listenHost, portCount } = at.relay
  if (listenPort === 0) return null
  const from = Math.max(0, target.port + step.from - listenPort)
  const to = Math.min(portCount - 1, target.port + step.to - listenPort)
  return from <= to && leadsTo(target.host, listenHost, at.world) ? { from, to } : null
}

function leadsTo(targetHost: string, listenHost: string, world: LoopWorld): boolean {
  if (sameName(targetHost, listenHost)) return true
  return addressesOf(targetHost, world).some((address) => covers(listenHost, reached(address), world))
}

/** Whether a listener at `listenHost` gets what is sent to `address`. */
function covers(listenHost: string, address: IpAddress, world: Known): boolean {
  const { own } = world
  if (listenHost === '*' || listenHost === '') return own.has(address)
  return addressesOf(listenHost, world).some((at) =>
    isUnspecified(at) ? at.family === address.family && own.has(address) : addressKey(at) === addressKey(address),
  )
}

function addressesOf(host: string, world: Known): readonly IpAddress[] {
  const ip = parseIp(host)
  if (ip !== null) return [ip]
  if (isLocalhost(host)) return [LOOPBACK_4, LOOPBACK_6]
  return (world.addressesOf?.(host) ?? []).map(parseIp).filter((each) => each !== null)
}

/** Where a connection to the unspecified address goes. */
function reached(address: IpAddress): IpAddress {
  if (!isUnspecified(address)) return address
  return address.family === 4 ? LOOPBACK_4 : LOOPBACK_6
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase() && parseIp(a) === null && a !== '*'
}

/** RFC 6761 §6.3. */
function isLocalhost(host: string): boolean {
  return /^(.*\.)?localhost\.?$/i.test(host)
}
