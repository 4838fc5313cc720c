/** Every relay of the engine. */
import { WarrenError } from '@shared/errors'
import { Leaving } from '../leaving'
import { Settling } from '../settling'
import type { Budget, ConnectionTable } from '../traffic'
import type { EngineEvent, EnginePorts, LocalPorts } from '../types'
import { Loops } from './_loops'
import { createMeters } from './_meter'
import { SupervisedRelay } from './supervised-relay'
import type { RelayEngine } from './types'

export interface RelaysOptions {
  readonly ports: EnginePorts
  readonly localPorts: LocalPorts
  /** Shared with the forwards. */
  readonly table: ConnectionTable
  readonly emit: (event: EngineEvent) => void
}

export interface Relays extends RelayEngine {
  readonly has: (id: string) => boolean
  readonly setBudget: (id: string, budget: Budget | null) => void
  readonly networkChanged: () => void
  readonly close: () => Promise<void>
}

export function createRelays({ ports, localPorts, table, emit }: RelaysOptions): Relays {
  const relays = new Map<string, SupervisedRelay>()
  const settling = new Settling(ports.clock)
  const leaving = new Leaving()
  const meters = createMeters(ports.traffic)
  const loops = new Loops(
    () => [...relays.values()].flatMap((relay) => relay.ends ?? []),
    () => ports.clock.now(),
  )

  function get(id: string): SupervisedRelay {
    const relay = relays.get(id)
    if (relay === undefined) throw new WarrenError('spec.not-found', 'There is no such relay.', { field: 'id' })
    return relay
  }
  /** One that is being removed cannot run any more. */
  function runnable(id: string): SupervisedRelay {
    if (leaving.has(id)) throw new WarrenError('spec.not-found', 'That relay was removed.', { field: 'id' })
    return get(id)
  }

  return {
    define: (spec) => {
      const existing = relays.get(spec.id)
      if (existing !== undefined) {
        leaving.stay(spec.id)
        existing.replace(spec)
        return
      }
      const { id } = spec
      const relay: SupervisedRelay = new SupervisedRelay(spec, {
        ...{ ports, localPorts, meter: meters.of(id) },
        ledger: table.ledger(id, () => relays.get(id)?.spec.name ?? spec.name),
        onChange: () => {
          loops.changed()
          emit({ kind: 'relay', id })
          settling.changed()
        },
        onSpent: () => {
          emit({ kind: 'budget', id })
        },
        wayBack: (ends) => loops.of(ends)?.map((each) => relays.get(each)?.spec.name ?? '') ?? null,
        leadsBack: (ends, target) => loops.leadsBack(ends, target),
      })
      relays.set(id, relay)
    },
    remove: async (id) => {
      const relay = relays.get(id)
      if (relay === undefined) return true
      const isGone = await leaving.go(id, relay.stop())
      meters.flush()
      if (!isGone) return false
      relay.limiter.close()
      relays.delete(id)
      return true
    },
    start: (id) => {
      runnable(id).start()
    },
    stop: async (id) => {
      await get(id).stop()
      meters.flush()
    },
    retry: (id) => {
      runnable(id).retry()
    },
    snapshot: (id) => get(id).snapshot(),
    snapshots: () => [...relays.values()].map((relay) => relay.snapshot()),
    settled: (ids, timeoutMs) => settling.wait(() => ids.every((id) => relays.get(id)?.isSettled ?? true), timeoutMs),
    has: (id) => relays.has(id),
    setBudget: (id, budget) => {
      get(id).setBudget(budget)
    },
    networkChanged: () => {
      for (const relay of relays.values()) relay.networkChanged()
    },
    close: async () => {
      await Promise.all([...relays.values()].map((relay) => relay.stop()))
      meters.flush()
      for (const relay of relays.values()) relay.limiter.close()
    },
  }
}
