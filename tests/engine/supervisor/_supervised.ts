/** Supervised forwards over a pool and a clock that only the test moves. */
import { expect } from 'vitest'
import { createLocalPorts } from '../../../src/engine/ports'
import { ServerRetries, SupervisedForward } from '../../../src/engine/supervisor'
import { ConnectionTable } from '../../../src/engine/traffic'
import type { EnginePorts } from '../../../src/engine/types'
import { forwardDraftSchema, type ForwardDraft, type ForwardSpec, type ServerSpec } from '../../../src/shared/specs'
import { fakeClock, turnsUntil, type FakeClock } from '../../support/fake-clock'
import { fakePool, type FakePool, type PendingLogin } from '../../support/fake-pool'

export interface Bench {
  readonly clock: FakeClock
  readonly pool: FakePool
  readonly retries: ServerRetries
  readonly logs: { level: string; message: string; code: string | null }[]
  /** What clients must give, as the daemon keeps it. */
  readonly secrets: { get: () => Promise<string | null> }
  readonly make: (change?: Partial<ForwardDraft>) => SupervisedForward
  /** Waits for real sockets too: a listener needs some turns of the event loop. */
  readonly reach: (forward: SupervisedForward, state: string) => Promise<void>
  /** The login that is under way, once it is. */
  readonly login: () => Promise<PendingLogin>
  /** Stops everything and proves that no lease and no timer is left. */
  readonly close: () => Promise<void>
}

export function specWith(change: Partial<ForwardDraft> = {}, id = 'f'): ForwardSpec {
  const draft = {
    name: 'db',
    type: 'local',
    localPort: 0,
    remoteHost: 'db',
    remotePort: 5432,
    serverId: 's',
    ...change,
  }
  const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
  return { ...forwardDraftSchema.parse(draft), id, ...times }
}

export function makeBench(): Bench {
  const clock = fakeClock()
  const pool = fakePool()
  const retries = new ServerRetries(clock, () => 0.5)
  const made: SupervisedForward[] = []
  const logs: Bench['logs'] = []
  const route = { server: { id: 's', name: 'bastion' } as ServerSpec, hops: [] }
  const secrets: Bench['secrets'] = { get: () => Promise.resolve(null) }
  const ports = {
    ssh: { secrets },
    clock,
    random: () => 0.5,
    log: (_id: string, entry: Bench['logs'][number]) => logs.push(entry),
    route: () => route,
    plan: async () => route,
  } as unknown as EnginePorts
  const localPorts = createLocalPorts()
  return {
    clock,
    pool,
    retries,
    logs,
    secrets,
    make: (change) => {
      const id = `f${made.length + 1}`
      const table: ConnectionTable = new ConnectionTable(clock.now, () => {
        one.connectionsChanged()
      })
      const ledger = table.ledger(id, () => 'db')
      const onChange = (): void => undefined
      const one: SupervisedForward = new SupervisedForward(specWith(change, id), {
        ...{ ports, localPorts, pool, ledger, retries, onChange },
      })
      made.push(one)
      return one
    },
    reach: async (forward, state) => {
      await turnsUntil(() => forward.snapshot().state === state)
      expect(forward.snapshot().state).toBe(state)
    },
    login: async () => {
      await turnsUntil(() => pool.pending.length > 0)
      const [first] = pool.pending
      if (first === undefined) throw new Error('Nobody logs in')
      return first
    },
    close: async () => {
      await Promise.all(made.map((one) => one.stop()))
      expect(pool.leases()).toBe(0)
      expect(clock.waits()).toEqual([])
    },
  }
}
