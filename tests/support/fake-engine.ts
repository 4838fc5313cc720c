/** An engine that does what a test says: no sockets, no servers. */
import { listenEndpoint, targetEndpoint, isExposed } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import type { ConnectionSnapshot, ForwardSnapshot, ForwardState } from '@shared/snapshots'
import type { ForwardSpec } from '@shared/specs'
import type { Engine, EngineEvent, EnginePorts } from '@engine'
import { plainSnapshot } from './plain'

interface Known {
  spec: ForwardSpec
  wanted: boolean
  state: ForwardState
  reason: Fault | null
  attempt: number
  bytesUp: number
  bytesDown: number
  connections: ConnectionSnapshot[]
}

export interface FakeEngine extends Engine {
  readonly ports: EnginePorts
  /** Moves a forward to a state, as the real engine would by itself. */
  readonly move: (id: string, state: ForwardState, reason?: Fault | null) => void
  readonly carry: (id: string, bytes: { up: number; down: number }) => void
  /** A removal of this forward takes until then. */
  readonly hold: (id: string, until: Promise<void>) => void
  readonly calls: string[]
  networkChanges: number
}

/** `start` goes to `running` at once unless `startState` says otherwise. */
export function createFakeEngine(ports: EnginePorts, startState: ForwardState = 'running'): FakeEngine {
  const known = new Map<string, Known>()
  const listeners = new Set<(event: EngineEvent) => void>()
  const holds = new Map<string, Promise<void>>()
  const calls: string[] = []
  const find = (id: string): Known => {
    const found = known.get(id)
    if (found === undefined) throw new Error(`fake engine: ${id} was not defined`)
    return found
  }
  const emit = (event: EngineEvent): void => {
    for (const listener of listeners) listener(event)
  }
  const move = (id: string, state: ForwardState, reason: Fault | null = null): void => {
    Object.assign(find(id), { state, reason })
    emit({ kind: 'forward', id })
  }
  const snapshot = (id: string): ForwardSnapshot => {
    const { spec, wanted, state, reason, attempt, bytesUp, bytesDown, connections } = find(id)
    const { server, hops } = ports.route(spec.serverId)
    return {
      ...{ id, name: spec.name, type: spec.type, server: server.name, tags: spec.tags, wanted, state, reason, attempt },
      ...{
        since: new Date(0).toISOString(),
        listen: listenEndpoint(spec),
        target: targetEndpoint(spec),
        nextTryAt: null,
      },
      ...{ connections: connections.length, totalConnections: connections.length, bytesUp, bytesDown },
      ...{ via: [...hops, server].map(({ name }) => name), exposed: isExposed(listenEndpoint(spec)), needId: null },
      ...plainSnapshot,
    }
  }
  const engine: FakeEngine = {
    ports,
    move,
    calls,
    networkChanges: 0,
    hold: (id, until) => {
      holds.set(id, until)
    },
    carry: (id, { up, down }) => {
      const entry = find(id)
      entry.bytesUp += up
      entry.bytesDown += down
    },
    define: (spec) => {
      calls.push(`define ${spec.name}`)
      const entry = known.get(spec.id)
      const fresh = { wanted: false, state: 'stopped', reason: null, attempt: 0, bytesUp: 0, bytesDown: 0 } as const
      if (entry === undefined) known.set(spec.id, { ...fresh, spec, connections: [] })
      else entry.spec = spec
    },
    remove: async (id) => {
      calls.push(`remove ${find(id).spec.name}`)
      if (find(id).state !== 'stopped') move(id, 'stopped')
      await holds.get(id)
      known.delete(id)
    },
    start: (id) => {
      calls.push(`start ${find(id).spec.name}`)
      find(id).wanted = true
      move(id, startState)
    },
    stop: (id) => {
      calls.push(`stop ${find(id).spec.name}`)
      find(id).wanted = false
      move(id, 'stopped')
      return Promise.resolve()
    },
    retry: (id) => {
      calls.push(`retry ${find(id).spec.name}`)
      move(id, startState)
    },
    snapshot,
    snapshots: () => [...known.keys()].map(snapshot),
    settled: () => Promise.resolve(),
    connections: (id) =>
      id === undefined ? [...known.values()].flatMap((one) => one.connections) : find(id).connections,
    describeConnections: (id) => Promise.resolve(engine.connections(id)),
    endConnection: () => false,
    sessions: () => [],
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    check: () => Promise.resolve([]),
    networkChanged: () => {
      engine.networkChanges += 1
    },
    close: () => Promise.resolve(),
  }
  return engine
}
