/** Listening for datagrams on this machine: on one or all addresses, on one port or on each of a range. */
import { isIP } from 'node:net'
import { formatEndpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import { checkRange } from '../tcp'
import type { LocalPorts } from '../types'
import { resolveName } from './_resolve'
import type { UdpOwner, UdpSocket, UdpSockets } from './_udp-types'

/** How often another port is tried when any will do, but not for both families. */
const MAX_PLACES = 20
/** How far a free port is looked for that could be used instead. */
const MAX_TRIES = 200
const MAX_PORT = 65_535
const PRIVILEGED_PORTS = 1024

export interface UdpListenOptions {
  readonly sockets: UdpSockets
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly count: number
  readonly ports: Pick<LocalPorts, 'ownerOf'>
  /** Of the port at that place of the range. */
  readonly owner: (offset: number) => UdpOwner
}

export interface UdpListener {
  /** The first port. */
  readonly port: number
  readonly close: () => void
}

/** All of them or none: rejects with `port.in-use`, `port.forbidden`, `port.address-unavailable` or `spec.invalid`. */
export async function listenUdp(options: UdpListenOptions): Promise<UdpListener> {
  const { host, count } = options
  checkRange({ host, port: options.port }, count)
  const opened: UdpSocket[] = []
  const close = (): void => {
    for (const socket of opened.splice(0)) socket.close()
  }
  try {
    const addresses = await addressesOf(host)
    const first = await listenOne(options, { addresses, offset: 0, port: options.port, opened })
    for (let offset = 1; offset < count; offset += 1) {
      await listenOne(options, { addresses, offset, port: first + offset, opened })
    }
    return { port: first, close }
  } catch (error) {
    close()
    throw error
  }
}

// --- internal ---

interface Place {
  readonly addresses: readonly string[]
  readonly offset: number
  readonly port: number
  /** What is opened is put here. */
  readonly opened: UdpSocket[]
}

/** As TCP listeners: `localhost` is both loopbacks, `*` every address. */
async function addressesOf(host: string): Promise<readonly string[]> {
  const name = host.toLowerCase()
  if (name === 'localhost') return ['127.0.0.1', '::1']
  if (name === '*' || name === '') return ['0.0.0.0', '::']
  if (isIP(host) !== 0) return [host]
  try {
    return (await resolveName(host)).slice(0, 1)
  } catch (error) {
    throw listenFault(error as NodeJS.ErrnoException, { host, port: 0 })
  }
}

/** Resolves with the port. */
async function listenOne(options: UdpListenOptions, place: Place): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const [first = options.host, ...others] = place.addresses
    const owner = options.owner(place.offset)
    const socket = await listenAt(options, { address: first, port: place.port, owner })
    const at = { port: socket.port, owner }
    try {
      const more = await Promise.all(others.map((address) => listenOther(options, { ...at, address })))
      place.opened.push(socket, ...more.filter((each) => each !== null))
      return socket.port
    } catch (error) {
      socket.close()
      if (place.port !== 0 || attempt === MAX_PLACES) throw error
    }
  }
}

interface At {
  readonly address: string
  readonly port: number
  readonly owner: UdpOwner
}

/** `null` where the machine does not have the second family; a port that somebody else holds there is a conflict. */
async function listenOther(options: UdpListenOptions, at: At): Promise<UdpSocket | null> {
  try {
    return await listenAt(options, at)
  } catch (error) {
    if (!(error instanceof WarrenError) || error.code !== 'port.address-unavailable') throw error
    return null
  }
}

async function listenAt(
  { sockets, ports, host, count }: UdpListenOptions,
  { address, port, owner }: At,
): Promise<UdpSocket> {
  try {
    return await sockets.listen({ address, port }, owner)
  } catch (error) {
    const ours = ports.ownerOf?.({ host, port }, 'udp') ?? null
    const fault = listenFault(error as NodeJS.ErrnoException, { host, port, ours })
    throw fault.code === 'port.in-use' ? await withRemedy(fault, { sockets, address, port, count }) : fault
  }
}

function listenFault(
  error: NodeJS.ErrnoException,
  at: { host: string; port: number; ours?: string | null },
): WarrenError {
  const where = formatEndpoint(at)
  switch (error.code) {
    case 'EADDRINUSE':
      return new WarrenError('port.in-use', `UDP port ${at.port} is held by ${at.ours ?? 'another program'}.`, {
        fix: 'Choose another port.',
        field: 'listenPort',
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
      return new WarrenError('port.forbidden', `Warren may not listen on ${where}.`, {
        fix:
          at.port < PRIVILEGED_PORTS
            ? `Ports below ${PRIVILEGED_PORTS} belong to the system. Choose a higher one.`
            : 'Choose another one; the system keeps this one for itself.',
        field: 'listenPort',
        cause: error,
      })
    case 'EMFILE':
    case 'ENFILE':
      return new WarrenError('port.forbidden', `Warren cannot listen on ${where}: too many files are open.`, {
        fix: 'Stop other relays, use a smaller range, or raise the limit of open files (ulimit -n).',
        field: 'portCount',
        cause: error,
      })
    default:
      return new WarrenError('port.address-unavailable', `This machine does not have the address of ${where}.`, {
        fix: 'Choose 127.0.0.1, * for every address, or an address of this machine.',
        field: 'listenHost',
        cause: error,
      })
  }
}

async function withRemedy(
  fault: WarrenError,
  { sockets, address, port, count }: { sockets: UdpSockets; address: string; port: number; count: number },
): Promise<WarrenError> {
  const { field, cause } = fault
  const range = 'Choose another range, or free that port.'
  if (count > 1) return new WarrenError(fault.code, fault.message, { fix: range, field, cause })
  const last = Math.min(MAX_PORT, port + MAX_TRIES)
  for (let free = port + 1; free <= last; free += 1) {
    try {
      const probe = await sockets.listen({ address, port: free }, NOBODY)
      probe.close()
      const remedy = { action: 'use-port', port: free } as const
      return new WarrenError(fault.code, fault.message, {
        fix: `Use ${free} instead, or free that one.`,
        ...{ field, remedy, cause },
      })
    } catch {
      // That one is taken too.
    }
  }
  return fault
}

const NOBODY: UdpOwner = { arrived: ignore, troubled: ignore }

function ignore(): void {
  // A probe for a free port hears nothing.
}
