/** The SSH socket's incoming half, and how a person is told why a connection could not be made. */
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { WarrenError } from '@shared/errors'
import { view } from './_wire'

const SLAB_BYTES = 1024 * 1024
/** Never offer the kernel less than this: a packet may be 35,000 bytes. */
const MIN_READ_BYTES = 64 * 1024
const MAX_READ_BYTES = 256 * 1024
/** RFC 8305 §5: how long one address may take before the next is tried beside it. */
const ADDRESS_ATTEMPT_MS = 250

/** Takes what was read. The bytes stay valid: nobody writes to them again. */
export type Feed = (chunk: Buffer) => void

/** A socket that reads into one slab after another: large reads, no allocation per read, few packets cut in two. */
export interface SlabSocket {
  readonly socket: Socket
  feed: Feed | null
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Named in messages: "bastion (10.0.0.1:22)". */
  readonly what: string
  readonly onResolved?: (() => void) | undefined
}

/** Connects, trying all addresses of the name in turn (RFC 8305). Rejects with `ssh.dns`, `ssh.unreachable` or `ssh.timeout`. */
export async function connectSlab(options: ConnectOptions): Promise<SlabSocket> {
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let used = 0
  const onread: OnReadOpts = {
    // The types know a fixed buffer only; Node takes a function too and asks it after each read.
    buffer: () => {
      if (slab.length - used < MIN_READ_BYTES) {
        slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
        used = 0
      }
      return slab.subarray(used, Math.min(slab.length, used + MAX_READ_BYTES))
    },
    callback: (length, chunk) => {
      used += length
      result.feed?.(view(chunk as Buffer, 0, length))
      return true
    },
  }
  const result: { socket: Socket; feed: Feed | null } = { socket: null as unknown as Socket, feed: null }
  result.socket = await connectSocket(options, onread)
  return result
}

/** The same with an ordinary socket. It comes paused. */
export function connectSocket(options: ConnectOptions, onread?: OnReadOpts): Promise<Socket> {
  const { host, port, signal, timeoutMs, what } = options
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({
      host,
      port,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
      ...(onread === undefined ? {} : { onread }),
    })
    const stop = (error: unknown): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      reject(error instanceof Error ? error : new WarrenError('cancelled', 'It was cancelled.', { cause: error }))
    }
    const onAbort = (): void => {
      stop(signal.reason)
    }
    const timer = setTimeout(() => {
      stop(
        new WarrenError('ssh.timeout', `${what} did not answer within ${Math.round(timeoutMs / 1000)} s.`, {
          fix: 'Check the address and that no firewall drops the connection.',
        }),
      )
    }, timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    if (isIP(host) !== 0) options.onResolved?.()
    else socket.once('lookup', () => options.onResolved?.())
    socket.once('error', (error) => {
      stop(connectError(error, { host, port, what }))
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      // The option of `connect` is lost when several addresses are tried.
      socket.setNoDelay(true)
      socket.removeAllListeners('error')
      // Whoever takes it over adds its own; until then an early reset must not be unhandled.
      socket.on('error', ignoreEarlyError)
      socket.pause()
      resolve(socket)
    })
  })
}

/** `192.0.2.7:22`, `[2001:db8::1]:22`. */
export function addressOf(socket: Socket): string | null {
  const { remoteAddress: host, remotePort: port } = socket
  if (host === undefined || port === undefined) return null
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A failed connect as a coded error. */
export function connectError(error: Error, at: { host: string; port: number; what: string }): WarrenError {
  const all = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error]
  const first: NodeJS.ErrnoException = all[0] ?? error
  const codes = all.map((each) => (each as NodeJS.ErrnoException).code ?? '')
  if (codes.some((code) => code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA')) {
    return new WarrenError('ssh.dns', `The name ${at.host} cannot be resolved.`, {
      fix: codes.includes('EAI_AGAIN') ? 'Is the network up?' : 'Check the spelling of the host.',
      field: 'host',
      cause: error,
    })
  }
  const tried = all.map((each) => triedAddress(each, at)).join(', ')
  return new WarrenError('ssh.unreachable', `${at.what} cannot be reached: ${reasonOf(first)} (${tried}).`, {
    fix:
      first.code === 'ECONNREFUSED'
        ? 'Is the port right, and is an SSH server running there?'
        : 'Is the network up, and does it need a VPN or a jump host?',
    cause: error,
  })
}

// --- internal ---

function ignoreEarlyError(): void {
  // The close that follows is what counts.
}

function triedAddress(error: Error, at: { host: string; port: number }): string {
  const { address, port } = error as { address?: string; port?: number }
  return `${address ?? at.host} port ${port ?? at.port}`
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused'
    case 'EHOSTUNREACH':
      return 'no route to host'
    case 'ENETUNREACH':
      return 'network is unreachable'
    case 'ETIMEDOUT':
      return 'no answer'
    case 'ECONNRESET':
      return 'connection reset'
    default:
      return error.message
  }
}
