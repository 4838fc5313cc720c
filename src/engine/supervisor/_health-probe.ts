/** One question of a health check, along the way that a client's bytes would take. Not counted as traffic, except by SOCKS. */
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { formatEndpoint, targetEndpoint, type Endpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import type { ForwardSpec, HealthCheck } from '@shared/specs'
import { dialHere } from '../forward'
import type { SshSession } from '../ssh/types'

/** A connection that lives so long, or that says something, was meant to be taken. */
const MOMENT_MS = 300
const MAX_STATUS_LINE_BYTES = 4096
const SERVER_ERROR = 500
const ORIGIN = { host: '127.0.0.1', port: 0 }

export interface ProbeOptions {
  readonly spec: ForwardSpec
  readonly check: HealthCheck
  readonly session: SshSession
  /** Where the forward listens. */
  readonly bound: Endpoint
  readonly signal: AbortSignal
}

/** Resolves when it is healthy; rejects with what is wrong, as words without a full stop. */
export async function probeHealth(options: ProbeOptions): Promise<void> {
  const { check, signal } = options
  const stream = await untilDone(check.kind === 'socks' ? bySocks(options, check) : toTarget(options), signal)
  const onAbort = (): void => {
    stream.destroy(signal.reason as Error)
  }
  stream.on('error', () => undefined)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (check.kind === 'tcp') await staysOpen(stream, signal)
    if (check.kind === 'http') await answersHttp(stream, { ...options, check })
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.destroy()
  }
}

// --- internal ---

/** What comes after the time is up is closed by itself. */
function untilDone(opening: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    opening.then(
      (stream) => {
        signal.removeEventListener('abort', onAbort)
        if (!signal.aborted) {
          resolve(stream)
          return
        }
        stream.on('error', () => undefined)
        stream.destroy()
      },
      (error: Error) => {
        signal.removeEventListener('abort', onAbort)
        reject(new WarrenError('health.failed', words(error), { cause: error }))
      },
    )
  })
}

/** From the server for a local forward, from here for a remote one. */
async function toTarget({ spec, session }: ProbeOptions): Promise<Duplex> {
  const target = targetEndpoint(spec)
  if (target === null) throw new Error('this forward has no target')
  return spec.type === 'remote' ? dialHere(target) : session.openChannel(target, ORIGIN)
}

/**
 * Through the listener, as a browser would. From the server where that would change something: a login is known to clients only,
 * and a forward that sleeps when nobody comes would never sleep.
 */
async function bySocks(
  { spec, session, bound }: ProbeOptions,
  check: Extract<HealthCheck, { kind: 'socks' }>,
): Promise<Duplex> {
  if (spec.proxyUsername !== null || spec.onDemand)
    return session.openChannel({ host: check.host, port: check.port }, ORIGIN)
  const socket = connect({ ...reachable(bound), noDelay: true } as Parameters<typeof connect>[0] & object)
  const ended = new Promise<never>((_resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => {
      reject(new Error('the connection was closed'))
    })
  })
  ended.catch(() => undefined)
  try {
    const name = Buffer.from(check.host)
    const port = Buffer.alloc(2)
    port.writeUInt16BE(check.port)
    // RFC 1928: version 5, one method, no login; then CONNECT to a name.
    socket.write(Buffer.from([5, 1, 0]))
    const method = await Promise.race([read(socket, 2), ended])
    if (method[1] !== 0) throw new Error('the SOCKS listener wants a login')
    socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, port]))
    const reply = await Promise.race([read(socket, 2), ended])
    if (reply[1] === 0) return socket
    throw new Error(`SOCKS answered ${reply[1] ?? 'nothing'} for ${check.host}:${check.port}`)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function reachable(bound: Endpoint): Endpoint {
  if ('path' in bound) return bound
  if (bound.host === '*' || bound.host === '0.0.0.0' || bound.host === '')
    return { host: '127.0.0.1', port: bound.port }
  return bound.host === '::' ? { host: '::1', port: bound.port } : bound
}

/** At least `count` bytes. */
function read(stream: Duplex, count: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk])
      if (got.length < count) return
      stream.off('data', onData)
      resolve(got)
    }
    stream.on('data', onData)
  })
}

function staysOpen(stream: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, MOMENT_MS)
    const fail = (): void => {
      clearTimeout(timer)
      reject(signal.aborted ? (signal.reason as Error) : new Error('the connection was closed at once'))
    }
    stream.once('data', () => {
      clearTimeout(timer)
      resolve()
    })
    stream.once('end', fail)
    stream.once('close', fail)
    stream.resume()
  })
}

function answersHttp(
  stream: Duplex,
  { spec, check, signal }: ProbeOptions & { readonly check: Extract<HealthCheck, { kind: 'http' }> },
): Promise<void> {
  const target = targetEndpoint(spec)
  const host = target === null || 'path' in target ? 'localhost' : formatEndpoint(target)
  return new Promise((resolve, reject) => {
    let head = ''
    const judge = (): void => {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
      if (status === undefined) {
        reject(new Error('the answer is not HTTP'))
        return
      }
      const fits = check.status === null ? Number(status) < SERVER_ERROR : Number(status) === check.status
      if (fits) resolve()
      else reject(new Error(`${check.path} answers ${status}${check.status === null ? '' : `, not ${check.status}`}`))
    }
    stream.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1')
      if (head.includes('\n') || head.length > MAX_STATUS_LINE_BYTES) judge()
    })
    stream.once('close', () => {
      reject(signal.aborted ? (signal.reason as Error) : new Error('the connection was closed without an answer'))
    })
    stream.once('end', judge)
    stream.write(
      `GET ${check.path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: Warren\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    )
  })
}

function words(error: Error): string {
  return error.message.replace(/\.$/, '')
}
