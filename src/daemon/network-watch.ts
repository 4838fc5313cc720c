/** Notices a changed network, a wake or a clock that was set, while something is wanted. */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

const CHECK_MS = 3000
/** The wall clock and the monotonic one came apart: the machine slept, or the clock was set. */
const JUMP_MS = 10_000

export interface NetworkWatchOptions {
  readonly onChange: () => void
  /** Addresses and default routes, as one text that changes with them. */
  readonly network?: () => string
  readonly wallClock?: () => number
  readonly monotonicClock?: () => number
}

export interface NetworkWatch {
  readonly setActive: (isActive: boolean) => void
  /** One look, as the timer takes it. */
  readonly look: () => void
}

export function createNetworkWatch(options: NetworkWatchOptions): NetworkWatch {
  const network = options.network ?? describeNetwork
  const wall = options.wallClock ?? Date.now
  const monotonic = options.monotonicClock ?? (() => performance.now())
  let timer: NodeJS.Timeout | undefined
  let before = ''
  let offset = 0
  const remember = (): void => {
    before = network()
    offset = wall() - monotonic()
  }
  const look = (): void => {
    const hasJumped = Math.abs(wall() - monotonic() - offset) > JUMP_MS
    const hasMoved = network() !== before
    remember()
    if (hasJumped || hasMoved) options.onChange()
  }
  return {
    look,
    setActive: (isActive) => {
      if (isActive && timer === undefined) {
        remember()
        timer = setInterval(look, CHECK_MS)
        timer.unref()
      }
      if (!isActive && timer !== undefined) {
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/** The default routes of `/proc/net/route` (proc_net(5)): interface, gateway and metric of each. */
export function defaultRoutes(table: string): readonly string[] {
  return lines(table).flatMap(([name, destination, gateway, , , , metric, mask]) =>
    destination === '00000000' && mask === '00000000' ? [`${name ?? ''} ${gateway ?? ''} ${metric ?? ''}`] : [],
  )
}

/** The same of `/proc/net/ipv6_route`, where the loopback interface holds a refusal that is always there. */
export function defaultRoutes6(table: string): readonly string[] {
  return lines(table).flatMap(([destination, length, , , gateway, metric, , , , name]) =>
    /^0+$/.test(destination ?? '') && length === '00' && name !== 'lo'
      ? [`${name ?? ''} ${gateway ?? ''} ${metric ?? ''}`]
      : [],
  )
}

// --- internal ---

function describeNetwork(): string {
  return [...addresses(), ...defaultRoutes(read('/proc/net/route')), ...defaultRoutes6(read('/proc/net/ipv6_route'))]
    .sort()
    .join('\n')
}

/** Without link-local ones: every container that starts brings some, and nobody is reached over them. */
function addresses(): readonly string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, all]) =>
    (all ?? [])
      .filter(({ address }) => !address.startsWith('fe80:'))
      .map(({ address, netmask }) => `${name} ${address}/${netmask}`),
  )
}

/** Empty where the system has no such file. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function lines(table: string): readonly (readonly string[])[] {
  return table.split('\n').map((line) => line.trim().split(/\s+/))
}
