/** A TCP connection to the first address of a name that answers (RFC 8305), and how a person is told why there is none. */
import { lookup } from 'node:dns/promises'
import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import { WarrenError } from '@shared/errors'
import type { AddressFamily } from '@shared/specs'
import { connectFault, nameFault, noSourceFault, timeoutFault, type Tried } from './_connect-fault'

/** RFC 8305 §5: how long one address is tried alone before the next is tried beside it. */
const ADDRESS_ATTEMPT_MS = 250

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  /** For everything, from the name to the connection. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Named in messages: "bastion (10.0.0.1:22)". */
  readonly what: string
  /** Which addresses of the name are tried (ssh_config AddressFamily); default any. */
  readonly family?: AddressFamily | undefined
  /** The address of this machine to dial from (ssh_config BindAddress), or a name of it. */
  readonly sourceAddress?: string | null | undefined
  readonly onResolved?: (() => void) | undefined
  /** The system's resolver unless told otherwise. */
  readonly resolve?: ((name: string, family: 0 | 4 | 6) => Promise<readonly Address[]>) | undefined
}

export interface Address {
  readonly address: string
  readonly family: number
}

/** Makes the socket of one try; it is destroyed unless it wins. */
export type Opener<T extends { readonly socket: Socket }> = (to: TcpNetConnectOpts) => T

/**
 * Tries the addresses of the name one after another, each beside those that have not answered yet. The socket comes paused.
 *
 * Rejects with `ssh.dns`, `ssh.unreachable` or `ssh.timeout`, naming every address that was tried and what became of it, or with
 * the signal's reason.
 */
export async function connectTcp<T extends { readonly socket: Socket }>(
  options: ConnectOptions,
  open: Opener<T>,
): Promise<T> {
  const { signal, timeoutMs } = options
  signal.throwIfAborted()
  const tried: Tried[] = []
  const ending = new AbortController()
  let resolved = false
  const timer = setTimeout(() => {
    ending.abort(timeoutFault(options, resolved ? tried : null))
  }, timeoutMs)
  const onAbort = (): void => {
    ending.abort(signal.reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const addresses = await orAborted(addressesOf(options), ending.signal)
    const sources = await orAborted(sourcesOf(options), ending.signal)
    resolved = true
    options.onResolved?.()
    ending.signal.throwIfAborted()
    const ways = addresses.map(({ address, family }) => ({
      address,
      source: sources === null ? undefined : sources.find((source) => source.family === family)?.address,
    }))
    const usable = sources === null ? ways : ways.filter(({ source }) => source !== undefined)
    if (usable.length === 0) throw noSourceFault(options, addresses)
    return await new Race(usable, { options, tried, open, signal: ending.signal }).winner
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

// --- internal ---

interface Way {
  readonly address: string
  readonly source: string | undefined
}

interface RaceContext<T> {
  readonly options: ConnectOptions
  /** Filled as it goes. */
  readonly tried: Tried[]
  readonly open: Opener<T & { readonly socket: Socket }>
  readonly signal: AbortSignal
}

/** The tries beside each other, until the first one is connected. */
class Race<T extends { readonly socket: Socket }> {
  readonly winner: Promise<T>
  private readonly running = new Set<Socket>()
  private readonly left: Way[]
  private timer: NodeJS.Timeout | undefined
  private won: (made: T) => void = ignore
  private lost: (error: unknown) => void = ignore

  constructor(
    ways: readonly Way[],
    private readonly context: RaceContext<T>,
  ) {
    this.left = [...ways]
    this.winner = new Promise((resolve, reject) => {
      this.won = resolve
      this.lost = reject
    })
    context.signal.addEventListener('abort', this.onAbort, { once: true })
    this.next()
  }

  private next(): void {
    clearTimeout(this.timer)
    const { options, tried } = this.context
    const way = this.left.shift()
    if (way === undefined) {
      if (this.running.size === 0) this.finish(() => this.lost(connectFault(options, tried)))
      return
    }
    if (this.left.length > 0) {
      this.timer = setTimeout(() => {
        this.next()
      }, ADDRESS_ATTEMPT_MS)
    }
    this.try(way)
  }

  private try({ address, source }: Way): void {
    const { options, tried, open } = this.context
    const outcome: Tried = { address, error: null }
    tried.push(outcome)
    const made = open({ host: address, port: options.port, localAddress: source, autoSelectFamily: false })
    const { socket } = made
    this.running.add(socket)
    socket.once('error', (error) => {
      this.running.delete(socket)
      outcome.error = error
      this.next()
    })
    socket.once('connect', () => {
      this.running.delete(socket)
      socket.removeAllListeners('error')
      // Whoever takes it over adds its own; until then an early reset must not be unhandled.
      socket.on('error', ignore)
      socket.setNoDelay(true)
      socket.pause()
      this.finish(() => this.won(made))
    })
  }

  private readonly onAbort = (): void => {
    this.finish(() => this.lost(asError(this.context.signal.reason)))
  }

  private finish(settle: () => void): void {
    clearTimeout(this.timer)
    this.context.signal.removeEventListener('abort', this.onAbort)
    this.left.length = 0
    for (const socket of this.running) socket.removeAllListeners('error').on('error', ignore).destroy()
    this.running.clear()
    settle()
  }
}

/** In the system's order of preference (RFC 6724), the families taking turns (RFC 8305 §4). */
async function addressesOf(options: ConnectOptions): Promise<readonly Address[]> {
  const { host, family = 'any' } = options
  const wanted = family === 'any' ? 0 : family === 'inet' ? 4 : 6
  const literal = isIP(host)
  if (literal !== 0) {
    if (wanted === 0 || wanted === literal) return [{ address: host, family: literal }]
    throw new WarrenError(
      'spec.invalid',
      `${options.what} has an IPv${literal} address, but only IPv${wanted} is allowed.`,
      {
        fix: 'Allow any address family, or write the name or another address of the server.',
        field: 'addressFamily',
      },
    )
  }
  let found: readonly Address[]
  try {
    found = await (options.resolve ?? resolveBySystem)(host, wanted)
  } catch (error) {
    throw nameFault(options, error as NodeJS.ErrnoException)
  }
  const unique = found.filter((one, at) => found.findIndex(({ address }) => address === one.address) === at)
  const [first] = unique
  const leading = unique.filter((one) => one.family === first?.family)
  const others = unique.filter((one) => one.family !== first?.family)
  return leading.flatMap((one, at) => [one, ...others.slice(at, at + 1)]).concat(others.slice(leading.length))
}

/** The addresses to dial from, at most one of each family; `null` where the system chooses. */
async function sourcesOf(options: ConnectOptions): Promise<readonly Address[] | null> {
  const { sourceAddress } = options
  if (sourceAddress === null || sourceAddress === undefined) return null
  const literal = isIP(sourceAddress)
  if (literal !== 0) return [{ address: sourceAddress, family: literal }]
  try {
    return await (options.resolve ?? resolveBySystem)(sourceAddress, 0)
  } catch (error) {
    throw new WarrenError('ssh.dns', `The name ${sourceAddress} to dial from cannot be resolved.`, {
      fix: 'Write an address of this machine.',
      field: 'sourceAddress',
      cause: error,
    })
  }
}

function resolveBySystem(name: string, family: 0 | 4 | 6): Promise<readonly Address[]> {
  return lookup(name, { all: true, family, verbatim: true })
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(asError(signal.reason))
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort)
    })
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new WarrenError('cancelled', 'It was cancelled.', { cause: reason })
}

function ignore(): void {
  // The close that follows is what counts.
}
