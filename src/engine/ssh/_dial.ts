/** The byte stream to a server: direct, through the hop before, through a proxy, or through a command. */
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { WarrenError } from '@shared/errors'
import { parseDestination } from '@shared/ssh-destination'
import type { ConnectOptions } from './_connect-tcp'
import { connectThroughCommand } from './_proxy-command'
import { connectThroughProxy } from './_proxy'
import { connectSlab, type Feed, type SlabSocket } from './_socket'
import type { ServerPlan, SessionPhase, SshPorts, SshSession } from './types'

const SECOND = 1000
/** ssh_config(5) ConnectionAttempts: one per second. */
const NEXT_ATTEMPT_MS = SECOND

export interface DialOptions {
  readonly through: SshSession | null
  readonly ports: SshPorts
  readonly username: string
  readonly signal: AbortSignal
  readonly onPhase: (phase: SessionPhase) => void
}

export interface Dialled {
  readonly stream: Duplex
  /** Has a socket that reads by itself hand over what it reads; other streams emit it. */
  readonly attach: (feed: Feed) => void
  /** See {@link SlabSocket.keep}. */
  readonly keep: () => void
}

/** Rejects with `ssh.dns`, `ssh.unreachable`, `ssh.timeout` or `ssh.proxy-…`, or the signal's reason. */
export async function dial(server: ServerPlan, options: DialOptions): Promise<Dialled> {
  try {
    return await reach(server, options)
  } catch (error) {
    throw pointingAt(server, error)
  }
}

// --- internal ---

/** A fault that blames a field of the server leads there: host, proxy, proxy command. */
function pointingAt(server: ServerPlan, error: unknown): unknown {
  if (!(error instanceof WarrenError) || error.field === null || error.remedy !== null) return error
  const { cause, code, field, fix, message } = error
  return new WarrenError(code, message, { fix, field, cause, remedy: { action: 'edit-server', serverId: server.id } })
}

async function reach(server: ServerPlan, options: DialOptions): Promise<Dialled> {
  const { signal, onPhase, through } = options
  const { host, port } = server
  const timeoutMs = server.connectTimeoutSeconds * SECOND
  const what = `${server.name} (${host}:${port})`
  if (through !== null) {
    onPhase('connecting')
    return stream(await openThrough(through, server, { timeoutMs, signal }))
  }
  if (server.proxyCommand !== null) {
    onPhase('connecting')
    return stream(
      connectThroughCommand(server.proxyCommand, {
        name: server.name,
        host,
        port,
        originalHost: originalHost(server),
        username: options.username,
        signal,
        onDiagnostic: (message) => {
          options.ports.log(server.id, { level: 'info', message: `proxy command: ${message}`, code: null })
        },
      }),
    )
  }
  const from = { family: server.addressFamily, sourceAddress: server.sourceAddress }
  if (server.proxy !== null) {
    onPhase('connecting')
    return stream(await connectThroughProxy(server, { ...from, ...options, timeoutMs }))
  }
  onPhase('resolving')
  const slab = await connectInTurn(server.config?.connectionAttempts ?? 1, {
    ...from,
    host,
    port,
    timeoutMs,
    signal,
    what,
    onResolved: () => {
      onPhase('connecting')
    },
  })
  return {
    stream: slab.socket,
    attach: (feed) => {
      slab.feed = feed
    },
    keep: slab.keep,
  }
}

function stream(duplex: Duplex): Dialled {
  return { stream: duplex, attach: () => undefined, keep: () => undefined }
}

/** Again after a second, when no address of the server answered; ssh does the same. */
async function connectInTurn(attempts: number, options: ConnectOptions): Promise<SlabSocket> {
  for (let left = attempts - 1; ; left -= 1) {
    try {
      return await connectSlab(options)
    } catch (error) {
      const isPassing = error instanceof WarrenError && /^ssh\.(unreachable|timeout)$/.test(error.code)
      if (left <= 0 || !isPassing) throw error
    }
    await pause(NEXT_ATTEMPT_MS, undefined, { signal: options.signal }).catch(() => {
      options.signal.throwIfAborted()
    })
  }
}

/** What was typed after `ssh`, for a server of the ssh config (`%n`). */
function originalHost({ configHost, host }: ServerPlan): string {
  return configHost === null ? host : parseDestination(configHost).host
}

async function openThrough(
  through: SshSession,
  server: ServerPlan,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Duplex> {
  const { host, port } = server
  const via = through.snapshot().server
  try {
    return await unlessLate(through.openChannel({ host, port }, { host: '127.0.0.1', port: 0 }), {
      ...{ timeoutMs, signal },
      late: () => new WarrenError('ssh.timeout', `${server.name} did not answer through ${via} in time.`),
    })
  } catch (error) {
    if (!(error instanceof WarrenError) || !error.code.startsWith('target.')) throw error
    const code = error.code === 'target.unresolvable' ? 'ssh.dns' : 'ssh.unreachable'
    throw new WarrenError(code, `${server.name} cannot be reached through ${via}: ${error.message}`, {
      fix: error.fix,
      cause: error,
    })
  }
}

/** A channel that comes after its time is closed. A timer of our own: see the agent's. */
function unlessLate(
  opening: Promise<Duplex>,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal; readonly late: () => Error },
): Promise<Duplex> {
  const { timeoutMs, signal, late } = limits
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (settle: () => void): void => {
      isOver = true
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = (): void => {
      end(() => reject(signal.reason as Error))
    }
    const timer = setTimeout(() => {
      end(() => reject(late()))
    }, timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    opening.then(
      (channel) => {
        if (isOver) channel.on('error', () => undefined).destroy()
        else end(() => resolve(channel))
      },
      (error: Error) => {
        if (!isOver) end(() => reject(error))
      },
    )
  })
}
