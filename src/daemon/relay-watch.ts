/** Follows the relays of the engine: tells clients what changed, at most ten times a second, and people what happened. */
import type { Engine } from '@engine'
import { formatEndpoint } from '@shared/endpoints'
import type { RelaySnapshot, RelayView } from '@shared/relay-snapshots'
import type { Activity } from './activity'
import type { Catalog } from './catalog'
import { COALESCE_MS } from './forward-watch'
import type { Hub } from './hub'

const SECOND_MS = 1000

export interface RelayWatch {
  readonly view: (id: string) => RelayView
  readonly views: (ids?: readonly string[]) => readonly RelayView[]
  /** The spec changed: tell at the next tick. */
  readonly touch: (id: string) => void
  readonly removed: (ids: readonly string[]) => void
  /** Relays that are neither stopped nor failed, and those that come back by themselves when their quota is renewed. */
  readonly active: () => ReadonlySet<string>
  readonly onActive: (listener: () => void) => void
  /** How often it carried bytes again after an interruption, since the daemon started. */
  readonly reconnects: (id: string) => number
  readonly close: () => void
}

export interface RelayWatchOptions {
  readonly engine: Pick<Engine, 'relays' | 'onChange'>
  readonly catalog: Pick<Catalog, 'relay' | 'relays' | 'hasRelay'>
  readonly hub: Hub
  readonly activity: Pick<Activity, 'add'>
  readonly now: () => number
}

export function createRelayWatch(options: RelayWatchOptions): RelayWatch {
  const { engine, catalog, hub } = options
  const active = new Set<string>()
  const activeListeners = new Set<() => void>()
  const reconnects = new Map<string, number>()
  const narrate = createNarrator(options, (id) => reconnects.set(id, (reconnects.get(id) ?? 0) + 1))
  const changed = new Set<string>()
  const removed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let lastFlush = 0

  const view = (id: string): RelayView => {
    const { spec, lastUsed } = catalog.relay(id)
    return { spec, snapshot: engine.relays.snapshot(id), lastUsed }
  }
  const flush = (): void => {
    timer = undefined
    lastFlush = performance.now()
    const ids = [...changed].filter((id) => catalog.hasRelay(id))
    // What came back meanwhile has changed and is not gone: clients let go of what is named here.
    const gone = [...removed].filter((id) => !catalog.hasRelay(id))
    if ((ids.length > 0 || gone.length > 0) && hub.subscribers('relays').length > 0) {
      hub.publish('relays.changed', { changed: ids.map(view), removed: gone })
    }
    changed.clear()
    removed.clear()
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
    if (event.kind !== 'relay' || !catalog.hasRelay(event.id)) return
    const snapshot = engine.relays.snapshot(event.id)
    setActive(event.id, isActive(snapshot))
    narrate.follow(snapshot)
    changed.add(event.id)
    schedule()
  })
  return {
    view,
    views: (ids) => (ids ?? catalog.relays().map(({ spec }) => spec.id)).map(view),
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

function isActive({ state, wanted, reason }: RelaySnapshot): boolean {
  if (state === 'failed') return wanted && reason?.code === 'limit.quota'
  return state !== 'stopped'
}

interface Story {
  readonly state: RelaySnapshot['state']
  /** When it last stopped carrying bytes although it was wanted. */
  readonly interruptedAt: number | null
}

interface Narrator {
  readonly follow: (snapshot: RelaySnapshot) => void
  readonly forget: (id: string) => void
}

/** Turns state changes into activity: started, interrupted, recovered, failed, stopped. */
function createNarrator(
  { activity, now }: Pick<RelayWatchOptions, 'activity' | 'now'>,
  onRecovered: (id: string) => void,
): Narrator {
  const stories = new Map<string, Story>()
  const tell = (
    { id, name, reason }: RelaySnapshot,
    kind: 'started' | 'recovered' | 'interrupted' | 'failed' | 'stopped',
    message: string,
  ): void => {
    const code = kind === 'failed' || kind === 'interrupted' ? (reason?.code ?? null) : null
    activity.add({ kind, forwardId: id, subject: name, message, code })
  }
  const interrupted = (snapshot: RelaySnapshot, { state, interruptedAt }: Story): number | null => {
    if (snapshot.reason === null || interruptedAt !== null) return interruptedAt
    if (!isUp(state) && snapshot.state !== 'waiting') return null
    tell(snapshot, 'interrupted', snapshot.reason.message)
    return now()
  }
  return {
    forget: (id) => stories.delete(id),
    follow: (snapshot) => {
      const before = stories.get(snapshot.id) ?? { state: 'stopped', interruptedAt: null }
      const { state } = snapshot
      if (before.state === state) return
      let interruptedAt: number | null = null
      if (isUp(state)) {
        const listens = `Listens on ${listening(snapshot)}`
        if (before.interruptedAt !== null) {
          const seconds = Math.max(1, Math.round((now() - before.interruptedAt) / SECOND_MS))
          onRecovered(snapshot.id)
          tell(snapshot, 'recovered', `${listens} again after ${seconds} s.`)
        } else if (!isUp(before.state)) tell(snapshot, 'started', `${listens}.`)
      } else if (state === 'failed') tell(snapshot, 'failed', snapshot.reason?.message ?? 'It failed.')
      else if (state === 'stopped') tell(snapshot, 'stopped', 'It was stopped.')
      else interruptedAt = interrupted(snapshot, before)
      stories.set(snapshot.id, { state, interruptedAt })
    },
  }
}

function listening({ listen, portCount, type }: RelaySnapshot): string {
  const range = portCount > 1 && 'port' in listen ? `–${listen.port + portCount - 1}` : ''
  return `${type.toUpperCase()} ${formatEndpoint(listen)}${range}`
}

function isUp(state: RelaySnapshot['state']): boolean {
  return state === 'running' || state === 'degraded'
}
