/** One session per server, shared by everything that needs it, closed a while after the last one left. */
import { WarrenError } from '@shared/errors'
import type { SessionSnapshot } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import { connectSession } from './connect'
import type { LiveSession } from './session'
import type { AcquireOptions, SessionLease, SessionPhase, SessionPool, SshPorts } from './types'

const SECOND = 1000
/** How long a session stays after the last lease: a restart of a forward finds it warm. */
export const SESSION_LINGER_MS = 30 * SECOND
/** After a wake or network change: how long a session may take to show that it lives. */
export const PROBE_TIMEOUT_MS = 5 * SECOND

export interface SessionPoolOptions {
  readonly ports: SshPorts
  /** Default {@link SESSION_LINGER_MS}. */
  readonly lingerMs?: number
}

interface Entry {
  readonly key: string
  readonly server: ServerSpec
  readonly since: string
  readonly dialling: AbortController
  readonly joiners: Set<AcquireOptions>
  phase: SessionPhase | null
  session: LiveSession | null
  ready: Promise<LiveSession>
  leases: number
  linger: NodeJS.Timeout | undefined
}

export function createSessionPool({ ports, lingerMs = SESSION_LINGER_MS }: SessionPoolOptions): SessionPool {
  const entries = new Map<string, Entry>()
  const live = new Set<LiveSession>()
  const listeners = new Set<() => void>()
  let closing = false
  const changed = (): void => {
    for (const listener of listeners) listener()
  }

  /** `chain`: hops first, the server itself last. */
  async function acquire(chain: readonly ServerSpec[], options: AcquireOptions): Promise<SessionLease> {
    options.signal.throwIfAborted()
    if (closing) throw new WarrenError('daemon.stopping', 'Warren is stopping.')
    const key = keyOf(chain)
    const entry = entries.get(key) ?? start(key, chain, options)
    entry.joiners.add(options)
    if (entry.phase !== null && entry.session === null) options.onPhase(entry.phase)
    try {
      const session = await unlessAborted(entry.ready, options.signal)
      clearTimeout(entry.linger)
      entry.leases += 1
      changed()
      return lease(entry, session)
    } finally {
      entry.joiners.delete(options)
      if (entry.joiners.size === 0 && entry.session === null) {
        entry.dialling.abort(options.signal.aborted ? options.signal.reason : undefined)
        forget(entry)
      } else if (entry.joiners.size === 0 && entry.leases === 0) linger(entry)
    }
  }

  function start(key: string, chain: readonly ServerSpec[], first: AcquireOptions): Entry {
    const server = chain.at(-1)
    if (server === undefined) throw new WarrenError('internal', 'A route without a server')
    const entry: Entry = {
      key,
      server,
      since: new Date().toISOString(),
      dialling: new AbortController(),
      joiners: new Set(),
      phase: null,
      session: null,
      ready: Promise.reject(new Error('not begun')),
      leases: 0,
      linger: undefined,
    }
    entry.ready.catch(() => undefined)
    entries.set(key, entry)
    entry.ready = connect(entry, chain, first)
    entry.ready.catch(() => {
      forget(entry)
    })
    changed()
    return entry
  }

  async function connect(entry: Entry, chain: readonly ServerSpec[], first: AcquireOptions): Promise<LiveSession> {
    const { signal } = entry.dialling
    const hostKeyPolicy = first.hostKeyPolicy
    const onPhase = (phase: SessionPhase): void => {
      entry.phase = phase
      for (const joiner of entry.joiners) joiner.onPhase(phase)
    }
    // Hops report their way too, but "ready" is for the last one to say.
    const onHopPhase = (phase: SessionPhase): void => {
      if (phase !== 'ready') onPhase(phase)
    }
    const parent =
      chain.length > 1 ? await acquire(chain.slice(0, -1), { hostKeyPolicy, signal, onPhase: onHopPhase }) : null
    try {
      const session = await connectSession(entry.server, {
        through: parent?.session ?? null,
        ports,
        policy: hostKeyPolicy,
        signal,
        onPhase,
        leases: () => entry.leases,
      })
      entry.session = session
      live.add(session)
      void session.closed.then(() => {
        clearTimeout(entry.linger)
        live.delete(session)
        forget(entry)
        parent?.release()
      })
      return session
    } catch (error) {
      parent?.release()
      throw error
    }
  }

  function join(chain: readonly ServerSpec[]): SessionLease | null {
    const entry = entries.get(keyOf(chain))
    if (closing || entry === undefined || entry.session === null || !live.has(entry.session)) return null
    clearTimeout(entry.linger)
    entry.leases += 1
    changed()
    return lease(entry, entry.session)
  }

  function lease(entry: Entry, session: LiveSession): SessionLease {
    let released = false
    return {
      session,
      release: () => {
        if (released) return
        released = true
        entry.leases -= 1
        if (entry.leases === 0) linger(entry)
        changed()
      },
    }
  }

  function linger(entry: Entry): void {
    clearTimeout(entry.linger)
    if (!live.has(entry.session as LiveSession)) return
    entry.linger = setTimeout(() => {
      // A caller that comes from now on must dial anew.
      forget(entry)
      entry.session?.end(null)
    }, lingerMs)
  }

  function forget(entry: Entry): void {
    if (entries.get(entry.key) !== entry) return
    entries.delete(entry.key)
    changed()
  }

  return {
    acquire: (route, options) => acquire([...route.hops, route.server], options),
    live: (route) => join([...route.hops, route.server]),
    sessions: () => [...entries.values()].map((entry) => entry.session?.snapshot() ?? connecting(entry)),
    onChange: (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    probeAll: async () => {
      await Promise.all([...live].map((session) => session.probe(PROBE_TIMEOUT_MS)))
    },
    close: async () => {
      closing = true
      const stopping = new WarrenError('daemon.stopping', 'Warren is stopping.')
      for (const entry of entries.values()) if (entry.session === null) entry.dialling.abort(stopping)
      // Last made first: a hop must outlive what goes through it.
      for (const session of [...live].reverse()) {
        session.end(null)
        await session.closed
      }
    },
  }
}

// --- internal ---

/** Two servers share a session only when they are the same in everything that matters on the way to it. */
function keyOf(chain: readonly ServerSpec[]): string {
  return JSON.stringify(
    chain.map(
      ({ name: _name, createdAt: _created, updatedAt: _updated, jump: _jump, hostKeyPolicy: _policy, ...rest }) => rest,
    ),
  )
}

function connecting(entry: Entry): SessionSnapshot {
  return {
    id: `connecting:${entry.server.id}`,
    serverId: entry.server.id,
    server: entry.server.name,
    state: 'connecting',
    since: entry.since,
    remoteAddress: null,
    leases: entry.joiners.size,
    algorithms: null,
    serverVersion: null,
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort)
    })
  })
}
