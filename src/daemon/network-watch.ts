/** Notices a changed network or a wake, while something is wanted. */
import { networkInterfaces } from 'node:os'

const CHECK_MS = 5000
/** The wall clock ran on while the monotonic one stood: the machine slept. */
const SLEEP_MS = 10_000

export interface NetworkWatchOptions {
  readonly onChange: () => void
  readonly interfaces?: () => string
  readonly wallClock?: () => number
  readonly monotonicClock?: () => number
}

export interface NetworkWatch {
  readonly setActive: (isActive: boolean) => void
  /** One look, as the timer takes it. */
  readonly look: () => void
}

export function createNetworkWatch(options: NetworkWatchOptions): NetworkWatch {
  const interfaces = options.interfaces ?? describeInterfaces
  const wall = options.wallClock ?? Date.now
  const monotonic = options.monotonicClock ?? (() => performance.now())
  let timer: NodeJS.Timeout | undefined
  let before = ''
  let offset = 0
  const remember = (): void => {
    before = interfaces()
    offset = wall() - monotonic()
  }
  const look = (): void => {
    const hasSlept = wall() - monotonic() - offset > SLEEP_MS
    const hasMoved = interfaces() !== before
    remember()
    if (hasSlept || hasMoved) options.onChange()
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

function describeInterfaces(): string {
  return Object.entries(networkInterfaces())
    .flatMap(([name, addresses]) => (addresses ?? []).map((address) => `${name} ${address.address}/${address.netmask}`))
    .sort()
    .join('\n')
}
