/** An engine with the world in memory: real sessions, a person who trusts new keys. */
import { createEngine, type Engine, type EnginePorts } from '../../src/engine'
import type { ForwardSnapshot, ForwardState } from '../../src/shared/snapshots'
import { forwardDraftSchema, type ForwardDraft, type ForwardSpec, type ServerSpec } from '../../src/shared/specs'
import { makeWorld, type World } from './ssh/harness'

export interface EngineWorld {
  readonly engine: Engine
  readonly world: World
  readonly servers: Map<string, ServerSpec>
  readonly logs: { forwardId: string; level: string; message: string; code: string | null }[]
  /** Every state a forward went through, in order, without repetition. */
  readonly history: (id: string) => readonly ForwardState[]
  /** Resolves with the first snapshot, from now on, that satisfies `test`. */
  readonly until: (id: string, test: (snapshot: ForwardSnapshot) => boolean) => Promise<ForwardSnapshot>
}

export function makeEngine(change: { world?: World; ports?: Partial<EnginePorts> } = {}): EngineWorld {
  const world = change.world ?? makeWorld()
  const servers = new Map<string, ServerSpec>()
  const logs: EngineWorld['logs'] = []
  const histories = new Map<string, ForwardState[]>()
  const { ask: _ask, offer: _offer, ...ssh } = world.ports
  let needs = 0
  const engine = createEngine({
    ssh,
    raiseNeed: (question, { signal }) => ({ id: `need-${(needs += 1)}`, answer: world.ports.ask(question, signal) }),
    log: (forwardId, entry) => logs.push({ forwardId, ...entry }),
    route: (serverId) => {
      const server = servers.get(serverId)
      if (server === undefined) throw new Error(`No server ${serverId}`)
      return { server, hops: [] }
    },
    plan: async (serverId) => {
      const server = servers.get(serverId)
      if (server === undefined) throw new Error(`No server ${serverId}`)
      return { server, hops: [] }
    },
    clock: {
      now: () => Date.now(),
      after: (ms, task) => {
        const timer = setTimeout(task, ms)
        return () => {
          clearTimeout(timer)
        }
      },
    },
    random: () => 0.5,
    ...change.ports,
  })
  engine.onChange((event) => {
    if (event.kind !== 'forward') return
    const history = histories.get(event.id) ?? []
    const { state } = engine.snapshot(event.id)
    if (history.at(-1) !== state) history.push(state)
    histories.set(event.id, history)
  })
  return {
    engine,
    world,
    servers,
    logs,
    history: (id) => histories.get(id) ?? [],
    until: (id, test) =>
      new Promise((resolve) => {
        const look = (): void => {
          const snapshot = engine.snapshot(id)
          if (!test(snapshot)) return
          off()
          resolve(snapshot)
        }
        const off = engine.onChange(look)
        look()
      }),
  }
}

let last = 0
/** A forward as the store would hand it over. */
export function forwardSpec(
  draft: Omit<ForwardDraft, 'name' | 'serverId'> & { name?: string; serverId?: string },
): ForwardSpec {
  last += 1
  const parsed = forwardDraftSchema.parse({ name: `forward ${last}`, serverId: 'server-1', ...draft })
  return { ...parsed, id: `f${last}`, createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
}
