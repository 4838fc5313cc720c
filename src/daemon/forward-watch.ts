/** Follows the engine: tells clients what changed, at most ten times a second, and people what happened. */
import type { Engine } from '@engine'
import type { ForwardCloud } from '@shared/cloud-views'
import { formatEndpoint } from '@shared/endpoints'
import type { ForwardSnapshot, ForwardState, ForwardView } from '@shared/snapshots'
import type { Activity } from './activity'
import type { Catalog } from './catalog'
import type { Hub } from './hub'
import type { Timed } from './timed'

export const COALESCE_MS = 100
const SECOND_MS = 1000

export interface ForwardWatch {
  readonly view: (id: string) => ForwardView
  readonly views: (ids?: readonly string[]) => readonly ForwardView[]
  /** The spec changed: tell at the next tick. */
  readonly touch: (id: string) => void
  readonly removed: (ids: readonly string[]) => void
  /** Forwards that are neither stopped nor failed, and those that come back by themselves when their quota is renewed. */
  readonly active: () => ReadonlySet<string>
  readonly onActive: (listener: () => void) => void
  /** How often it carried bytes again after an interruption, since the daemon started. */
  readonly reconnects: (id: string) => number
  readonly close: () => void
}

export interface ForwardWatchOptions {
  readonly engine: Engine
  readonly catalog: Catalog
  readonly hub: Hub
  readonly activity: Activity
  readonly timed: Pick<Timed, 'stopsAt' | 'isOver'>
  /** What the cloud shares of a forward. */
  readonly cloudOf: (id: string) => ForwardCloud | null
  readonly now: () => number
}

export function createForwardWatch(options: ForwardWatchOptions): ForwardWatch {
  const { engine, catalog, hub, timed } = options
  const active = new Set<string>()
  const activeListeners = new Set<() => void>()
  const reconnects = new Map<string, number>()
  const narrate = createNarrator(options, (id) => reconnects.set(id, (reconnects.get(id) ?? 0) + 1))
  const changed = new Set<string>()
  const removed = new Set<string>()
  let sessionsChanged = false
  let timer: NodeJS.Timeout | undefined
  let lastFlush = 0

  const view = (id: string): ForwardView => {
    const { spec, lastUsed } = catalog.forward(id)
    const snapshot = engine.snapshot(id)
    const stopsAt = snapshot.wanted ? timed.stopsAt(id) : null
    return { spec, snapshot: { ...snapshot, stopsAt }, lastUsed, cloud: options.cloudOf(id) }
  }
  const flush = (): void => {
    timer = undefined
    lastFlush = performance.now()
    const ids = [...changed].filter((id) => catalog.hasForward(id))
    // What came back meanwhile has changed and is not gone: clients let go of what is named here.
    const gone = [...removed].filter((id) => !catalog.hasForward(id))
    if (ids.length > 0 || gone.length > 0) {
      if (hub.subscribers('forwards').length > 0) {
        hub.publish('forwards.changed', { changed: ids.map(view), removed: gone })
      }
    }
    changed.clear()
    removed.clear()
    if (sessionsChanged) hub.publish('sessions.changed', { sessions: engine.sessions() })
    sessionsChanged = false
  }
  const schedule = (): void => {
    timer ??= setTimeout(flush, Math.max(0, COALESCE_MS - (performance.now() - lastFlush)))
  }
  const setActive = (id: string, isActive: boolean): void => {
    if (active.has(id) === isActive) return
    if (isActive) active.add(id)
    else active.delete(id)
    for (const listener of activeListeners) listener()
  }
  const stopListening = engine.onChange((event) => {
    if (event.kind === 'sessions') {
      sessionsChanged = true
      schedule()
    }
    if (event.kind !== 'forward' || !catalog.hasForward(event.id)) return
    const snapshot = engine.snapshot(event.id)
    setActive(event.id, isActive(snapshot))
    narrate.follow(snapshot)
    changed.add(event.id)
    schedule()
  })
  return {
    view,
    views: (ids) => (ids ?? catalog.forwards().map(({ spec }) => spec.id)).map(view),
    touch: (id) => {
      changed.add(id)
      schedule()
    },
    removed: (ids) => {
      for (const id of ids) {
        removed.add(id)
        changed.delete(id)
        narrate.forget(id)
        reconnects.delete(id)
        setActive(id, false)
      }
      schedule()
    },
    active: () => active,
    reconnects: (id) => reconnects.get(id) ?? 0,
    onActive: (listener) => {
      activeListeners.add(listener)
    },
    close: () => {
      clearTimeout(timer)
      stopListening()
    },
  }
}

interface Narrator {
  readonly follow: (snapshot: ForwardSnapshot) => void
  readonly forget: (id: string) => void
}

interface Story {
  readonly state: ForwardState
  /** When it last stopped carrying bytes although it was wanted. */
  readonly interruptedAt: number | null
  /** An on-demand forward that was told to have started: that it wakes and sleeps is no news. */
  readonly isKnown: boolean
}

/** Turns state changes into activity: started, interrupted, recovered, failed, stopped. */
function createNarrator(options: ForwardWatchOptions, onRecovered: (id: string) => void): Narrator {
  const stories = new Map<string, Story>()
  const tell = (
    snapshot: ForwardSnapshot,
    kind: 'started' | 'recovered' | 'interrupted' | 'failed' | 'stopped',
    message: string,
  ): void => {
    const { id, name, reason } = snapshot
    const serverId = options.catalog.forward(id).spec.serverId
    const code = kind === 'failed' || kind === 'interrupted' ? (reason?.code ?? null) : null
    options.activity.add({ kind, forwardId: id, serverId, subject: name, message, code })
  }
  return {
    forget: (id) => stories.delete(id),
    follow: (snapshot) => {
      const before = stories.get(snapshot.id) ?? { state: 'stopped', interruptedAt: null, isKnown: false }
      const { state } = snapshot
      if (before.state === state) return
      let { interruptedAt, isKnown } = before
      if (isKnown && state !== 'failed' && state !== 'stopped') {
        stories.set(snapshot.id, { state, interruptedAt, isKnown })
        return
      }
      if (isUp(state) && !isUp(before.state)) {
        const listens = `Listens on ${formatEndpoint(snapshot.listen)}`
        if (snapshot.asleep) {
          tell(snapshot, 'started', `${listens}, and dials when somebody comes.`)
          isKnown = true
        } else if (interruptedAt === null) tell(snapshot, 'started', `${listens}.`)
        else {
          const seconds = Math.max(1, Math.round((options.now() - interruptedAt) / SECOND_MS))
          onRecovered(snapshot.id)
          tell(snapshot, 'recovered', `${listens} again after ${seconds} s.`)
        }
        interruptedAt = null
      } else if (state === 'failed') {
        tell(snapshot, 'failed', snapshot.reason?.message ?? 'It failed.')
        interruptedAt = null
        isKnown = false
      } else if (state === 'stopped') {
        tell(snapshot, 'stopped', options.timed.isOver(snapshot.id) ? 'Its time was over.' : 'It was stopped.')
        interruptedAt = null
        isKnown = false
      } else if (isUp(before.state) && !isUp(state)) {
        // A restart after an edit has no reason and is no interruption.
        if (snapshot.reason !== null) {
          tell(snapshot, 'interrupted', snapshot.reason.message)
          interruptedAt = options.now()
        }
      } else if (state === 'waiting' && interruptedAt === null && snapshot.reason !== null && snapshot.attempt <= 1) {
        tell(snapshot, 'interrupted', snapshot.reason.message)
        interruptedAt = options.now()
      }
      stories.set(snapshot.id, { state, interruptedAt, isKnown })
    },
  }
}

function isActive({ state, wanted, reason }: ForwardSnapshot): boolean {
  if (state === 'failed') return wanted && reason?.code === 'limit.quota'
  return state !== 'stopped'
}

function isUp(state: ForwardState): boolean {
  return state === 'running' || state === 'degraded'
}
