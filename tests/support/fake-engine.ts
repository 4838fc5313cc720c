/** An engine that does what a test says: no sockets, no servers. */
import { listenEndpoint, targetEndpoint, isExposed } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import type { RelaySnapshot, RelayState } from '@shared/relay-snapshots'
import type { RelaySpec } from '@shared/relays'
import type { ConnectionSnapshot, ForwardSnapshot, ForwardState } from '@shared/snapshots'
import type { ForwardSpec } from '@shared/specs'
import type { Engine, EngineEvent, EnginePorts } from '@engine'
import { Leaving } from '../../src/engine/leaving'
import type { Budget } from '../../src/engine/traffic'
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

interface KnownRelay extends Omit<Known, 'spec' | 'state'> {
  spec: RelaySpec
  state: RelayState
}

export interface FakeEngine extends Engine {
  readonly ports: EnginePorts
  /** Moves a forward to a state, as the real engine would by itself. */
  readonly move: (id: string, state: ForwardState, reason?: Fault | null) => void
  readonly moveRelay: (id: string, state: RelayState, reason?: Fault | null) => void
  readonly carry: (id: string, bytes: { up: number; down: number }) => void
  /** A forward or relay. */
  readonly budgets: Map<string, Budget | null>
  /** A removal of this forward or relay takes until then. */
  readonly hold: (id: string, until: Promise<void>) => void
  readonly calls: string[]
  networkChanges: number
}

/** `start` goes to `running` at once unless `startState` says otherwise. */
export function createFakeEngine(ports: EnginePorts, startState: ForwardState = 'running'): FakeEngine {
  const known = new Map<string, Known>()
  const listeners = new Set<(event: EngineEvent) => void>()
  const holds = new Map<string, Promise<void>>()
  const leaving = new Leaving()
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
  const relays = createFakeRelays({ emit, calls, hold: (id) => holds.get(id) })
  const engine: FakeEngine = {
    ports,
    move,
    calls,
    networkChanges: 0,
    moveRelay: relays.move,
    budgets: new Map(),
    setBudget: (id, budget) => {
      engine.budgets.set(id, budget)
    },
    relays: relays.engine,
    hold: (id, until) => {
      holds.set(id, until)
    },
    carry: (id, { up, down }) => {
      const entry = known.get(id) ?? relays.find(id)
      entry.bytesUp += up
      entry.bytesDown += down
    },
    define: (spec) => {
      calls.push(`define ${spec.name}`)
      const entry = known.get(spec.id)
      const fresh = { wanted: false, state: 'stopped', reason: null, attempt: 0, bytesUp: 0, bytesDown: 0 } as const
      if (entry === undefined) known.set(spec.id, { ...fresh, spec, connections: [] })
      else entry.spec = spec
      leaving.stay(spec.id)
    },
    remove: async (id) => {
      calls.push(`remove ${find(id).spec.name}`)
      find(id).wanted = false
      if (find(id).state !== 'stopped') move(id, 'stopped')
      const isGone = await leaving.go(id, holds.get(id) ?? Promise.resolve())
      if (isGone) known.delete(id)
      return isGone
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
      id === undefined
        ? [...known.values(), ...relays.known.values()].flatMap((one) => one.connections)
        : (known.get(id) ?? relays.find(id)).connections,
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

interface FakeRelays {
  readonly engine: Engine['relays']
  readonly known: ReadonlyMap<string, KnownRelay>
  readonly find: (id: string) => KnownRelay
  readonly move: (id: string, state: RelayState, reason?: Fault | null) => void
}

function createFakeRelays(world: {
  readonly emit: (event: EngineEvent) => void
  readonly calls: string[]
  readonly hold: (id: string) => Promise<void> | undefined
}): FakeRelays {
  const { calls } = world
  const known = new Map<string, KnownRelay>()
  const leaving = new Leaving()
  const find = (id: string): KnownRelay => {
    const found = known.get(id)
    if (found === undefined) throw new Error(`fake engine: the relay ${id} was not defined`)
    return found
  }
  const move = (id: string, state: RelayState, reason: Fault | null = null): void => {
    Object.assign(find(id), { state, reason })
    world.emit({ kind: 'relay', id })
  }
  const snapshot = (id: string): RelaySnapshot => {
    const { spec, wanted, state, reason, attempt, bytesUp, bytesDown, connections } = find(id)
    const listen = { host: spec.listenHost, port: spec.listenPort }
    const [target = listen] = spec.targets
    return {
      ...{ id, name: spec.name, type: spec.protocol, tags: spec.tags, wanted, state, reason, attempt, listen, target },
      ...{ since: new Date(0).toISOString(), portCount: spec.portCount, nextTryAt: null, notice: null },
      targets: spec.targets.map((one) => ({ target: one, reachable: null })),
      ...{ connections: connections.length, totalConnections: connections.length, bytesUp, bytesDown },
      drops: { connections: 0, denied: 0, evicted: 0, datagrams: 0 },
      exposed: isExposed(listen),
    }
  }
  const engine: Engine['relays'] = {
    define: (spec) => {
      calls.push(`define relay ${spec.name}`)
      const entry = known.get(spec.id)
      const fresh = { wanted: false, state: 'stopped', reason: null, attempt: 0, bytesUp: 0, bytesDown: 0 } as const
      if (entry === undefined) known.set(spec.id, { ...fresh, spec, connections: [] })
      else entry.spec = spec
      leaving.stay(spec.id)
    },
    remove: async (id) => {
      calls.push(`remove relay ${find(id).spec.name}`)
      find(id).wanted = false
      if (find(id).state !== 'stopped') move(id, 'stopped')
      const isGone = await leaving.go(id, world.hold(id) ?? Promise.resolve())
      if (isGone) known.delete(id)
      return isGone
    },
    start: (id) => {
      calls.push(`start relay ${find(id).spec.name}`)
      find(id).wanted = true
      move(id, 'running')
    },
    stop: (id) => {
      calls.push(`stop relay ${find(id).spec.name}`)
      find(id).wanted = false
      move(id, 'stopped')
      return Promise.resolve()
    },
    retry: (id) => {
      calls.push(`retry relay ${find(id).spec.name}`)
      move(id, 'running')
    },
    snapshot,
    snapshots: () => [...known.keys()].map(snapshot),
    settled: () => Promise.resolve(),
  }
  return { engine, known, find, move }
}
