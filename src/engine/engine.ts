/** The engine: runs forwards over shared sessions and tells what is true about them. */
import { WarrenError } from '@shared/errors'
import type { ConnectionSnapshot } from '@shared/snapshots'
import { checkForward } from './check'
import { Leaving } from './leaving'
import { ownerOf } from './own-ends'
import { createLocalPorts, type SystemPorts } from './ports'
import { createRelays } from './relay'
import { createSessionPool } from './ssh'
import type { SshPorts } from './ssh/types'
import { Settling } from './settling'
import { OpenQuestions, ServerRetries, SupervisedForward } from './supervisor'
import { ConnectionTable, createForwardBooks } from './traffic'
import type { Engine, EngineEvent, EnginePorts } from './types'

export function createEngine(world: EnginePorts): Engine {
  const forwards = new Map<string, SupervisedForward>()
  const questions = new OpenQuestions(world.raiseNeed, () => [...forwards.values()])
  // Who is asked while a way is planned are the forwards that wait for it.
  const ports: EnginePorts = { ...world, plan: (serverId, signal) => world.plan(serverId, signal, questions.ask) }
  const listeners = new Set<(event: EngineEvent) => void>()
  const settling = new Settling(world.clock)
  const leaving = new Leaving()
  const localPorts: SystemPorts = {
    ...createLocalPorts(),
    ownerOf: (at, protocol) =>
      ownerOf(at, protocol, {
        forwards: [...forwards.values()].map((forward) => forward.snapshot()),
        relays: relays.snapshots(),
      }),
  }
  const emit = (event: EngineEvent): void => {
    for (const listener of listeners) listener(event)
  }
  const table = new ConnectionTable(
    () => ports.clock.now(),
    (forwardId) => {
      forwards.get(forwardId)?.connectionsChanged()
      emit({ kind: 'connections', forwardId })
    },
  )

  const books = ports.traffic === undefined ? null : createForwardBooks({ port: ports.traffic, clock: ports.clock })
  const retries = new ServerRetries(ports.clock, ports.random)
  const sshPorts: SshPorts = {
    ...ports.ssh,
    ask: questions.ask,
    offer: (question, signal) => world.raiseNeed(question, { forwardIds: [], signal }).answer,
  }
  const pool = createSessionPool({ ports: sshPorts })
  pool.onChange(() => {
    emit({ kind: 'sessions' })
  })

  const relays = createRelays({ ports, localPorts, table, emit })

  function get(id: string): SupervisedForward {
    const forward = forwards.get(id)
    if (forward === undefined) throw new WarrenError('spec.not-found', 'There is no such forward.', { field: 'id' })
    return forward
  }
  /** One that is being removed cannot run any more. */
  function runnable(id: string): SupervisedForward {
    if (leaving.has(id)) throw new WarrenError('spec.not-found', 'That forward was removed.', { field: 'id' })
    return get(id)
  }

  function connectionsOf(forwardId: string | undefined): readonly ConnectionSnapshot[] {
    return table
      .all()
      .filter((each) => forwardId === undefined || each.ledger.forwardId === forwardId)
      .map((each) => each.snapshot())
  }

  return {
    define: (spec) => {
      const existing = forwards.get(spec.id)
      if (existing !== undefined) {
        leaving.stay(spec.id)
        existing.replace(spec)
        return
      }
      const onChange = (): void => {
        emit({ kind: 'forward', id: spec.id })
        settling.changed()
      }
      const ledger = table.ledger(spec.id, () => forwards.get(spec.id)?.spec.name ?? spec.name, books)
      const forward: SupervisedForward = new SupervisedForward(spec, {
        ...{ ports, localPorts, pool, ledger, retries, onChange },
        onSpent: () => {
          emit({ kind: 'budget', id: spec.id })
        },
        onJoin: () => {
          questions.joined(forward)
        },
        onLeave: () => {
          questions.left(spec.id)
        },
      })
      forwards.set(spec.id, forward)
    },
    remove: async (id) => {
      const forward = forwards.get(id)
      if (forward === undefined) return true
      const isGone = await leaving.go(id, forward.stop())
      if (isGone) forwards.delete(id)
      return isGone
    },
    start: (id, options = {}) => {
      runnable(id).start(options)
    },
    stop: (id) => get(id).stop(),
    retry: (id) => {
      runnable(id).retry()
    },
    snapshot: (id) => get(id).snapshot(),
    snapshots: () => [...forwards.values()].map((forward) => forward.snapshot()),
    settled: (ids, timeoutMs) => settling.wait(() => ids.every((id) => forwards.get(id)?.isSettled ?? true), timeoutMs),
    connections: connectionsOf,
    describeConnections: async (forwardId) => {
      const live = table.all().filter((each) => forwardId === undefined || each.ledger.forwardId === forwardId)
      const clients = live.flatMap((each) => {
        const { localPort, source } = each
        return localPort !== null && source !== null && 'port' in source
          ? [{ clientPort: source.port, serverPort: localPort }]
          : []
      })
      const programs = await localPorts.programsBehind(clients)
      return live.map((each) => {
        const { source } = each
        const isLocal = each.localPort !== null && source !== null && 'port' in source
        return { ...each.snapshot(), process: (isLocal ? programs.get(source.port) : undefined) ?? null }
      })
    },
    endConnection: (id) => {
      const connection = table.get(id)
      connection?.end()
      return connection !== undefined
    },
    setBudget: (ownerId, budget) => {
      if (relays.has(ownerId)) relays.setBudget(ownerId, budget)
      else get(ownerId).setBudget(budget)
    },
    relays,
    sessions: () => pool.sessions(),
    onChange: (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    check: async (id, request) => {
      const forward = get(id)
      const { spec } = forward
      // A preflight asks nobody whether a command of the ssh config may run: that it may not yet is its finding.
      const unasking: EnginePorts = { ...ports, plan: (serverId, signal) => world.plan(serverId, signal) }
      return checkForward({ spec, snapshot: forward.snapshot(), ports: unasking, pool, localPorts, ...request })
    },
    networkChanged: () => {
      void pool.probeAll()
      retries.reset()
      for (const forward of forwards.values()) forward.networkChanged()
      relays.networkChanged()
    },
    close: async () => {
      await Promise.all([relays.close(), ...[...forwards.values()].map((forward) => forward.stop())])
      await pool.close()
      books?.close()
    },
  }
}
