import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noLimits } from '@shared/limits'
import type { RelaySnapshot } from '@shared/relay-snapshots'
import type { RelayDraft, RelaySpec } from '@shared/relays'
import type { EndedConnection } from '@shared/traffic'
import { createRelays, type Relays } from '../../../src/engine/relay'
import { createLocalPorts } from '../../../src/engine/ports'
import { ConnectionTable } from '../../../src/engine/traffic'
import type { EngineEvent, EnginePorts } from '../../../src/engine/types'
import { fakeClock, type FakeClock } from '../../support/fake-clock'
import { freePort } from '../../support/free-port'
import { checkLeaks } from '../../support/leaks'
import { TcpWorld, tcpSpec } from './tcp-world'

const TIMEOUT_MS = 60_000

checkLeaks()

describe('relays', () => {
  let world: TcpWorld
  let relays: Relays
  let clock: FakeClock
  let table: ConnectionTable
  let events: EngineEvent[]
  let moved: Map<string, { bytesUp: number; bytesDown: number; totalConnections: number }>
  let ended: EndedConnection[]
  let listeners: Set<() => void>
  const clients: Socket[] = []
  let last = 0

  beforeEach(() => {
    world = new TcpWorld()
    clock = fakeClock()
    events = []
    ended = []
    moved = new Map()
    listeners = new Set()
    const tell = (): void => {
      for (const listener of [...listeners]) listener()
    }
    const ports = {
      clock,
      random: () => 0.5,
      log: () => undefined,
      traffic: {
        moved: (id, { bytesUp, bytesDown, totalConnections }) => {
          moved.set(id, { bytesUp, bytesDown, totalConnections })
          tell()
        },
        ended: (connection) => {
          ended.push(connection)
          tell()
        },
      },
    } satisfies Partial<EnginePorts> as unknown as EnginePorts
    table = new ConnectionTable(clock.now, () => undefined)
    const emit = (event: EngineEvent): void => {
      events.push(event)
      tell()
    }
    relays = createRelays({ ports, localPorts: createLocalPorts(), table, emit })
  })

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await relays.close()
    await world.close()
  })

  function define(draft: Partial<RelayDraft> & { targets: RelayDraft['targets'] }): RelaySpec {
    last += 1
    const id = `00000000-0000-4000-8000-${String(last).padStart(12, '0')}`
    const spec = { ...tcpSpec({ name: `relay ${last}`, ...draft }), id }
    relays.define(spec)
    return spec
  }

  const edit = (spec: RelaySpec, changes: Partial<RelaySpec>): void => relays.define({ ...spec, ...changes })

  async function start(spec: RelaySpec): Promise<RelaySnapshot> {
    relays.start(spec.id)
    await relays.settled([spec.id], TIMEOUT_MS)
    return relays.snapshot(spec.id)
  }

  function until(test: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!test()) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
    })
  }

  const portOf = ({ listen }: RelaySnapshot): number => ('port' in listen ? listen.port : 0)

  it('starts, carries, tells the books and stops', async () => {
    const { end } = await world.echo()
    const spec = define({ targets: [end], listenPort: await freePort() })
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'stopped', wanted: false, connections: 0 })
    const running = await start(spec)
    expect(running).toMatchObject({ state: 'running', wanted: true, targets: [{ target: end, reachable: null }] })
    const client = await world.client(portOf(running))
    await client.ask('hello')
    await until(() => moved.get(spec.id)?.bytesDown === 5)
    expect(moved.get(spec.id)).toEqual({ bytesUp: 5, bytesDown: 5, totalConnections: 1 })
    expect(relays.snapshot(spec.id)).toMatchObject({
      ...{ connections: 1, totalConnections: 1, bytesUp: 5, bytesDown: 5 },
      targets: [{ reachable: true }],
    })
    await relays.stop(spec.id)
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'stopped', wanted: false, connections: 0, bytesUp: 5 })
    expect(ended).toMatchObject([{ ownerId: spec.id, reason: 'stopped', bytesUp: 5, bytesDown: 5 }])
    const free = await start(define({ targets: [end], listenPort: portOf(running) }))
    expect(free.state).toBe('running')
  })

  it('is degraded while no target answers, and running again when one does', async () => {
    const end = { host: '127.0.0.1', port: await freePort() }
    const spec = define({ targets: [end] })
    const port = portOf(await start(spec))
    await (await world.client(port)).over()
    await until(() => relays.snapshot(spec.id).state === 'degraded')
    expect(relays.snapshot(spec.id)).toMatchObject({
      reason: { code: 'target.refused' },
      targets: [{ reachable: false }],
    })
    await world.echo(end)
    await (await world.client(port)).ask('hello')
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'running', reason: null, targets: [{ reachable: true }] })
  })

  it('fails on a port that is taken, names the holder, and starts when it is free and somebody says so', async () => {
    const target = await world.echo()
    const holder = await world.relay({ targets: [target.end], listenPort: await freePort() })
    const spec = define({ targets: [target.end], listenPort: holder.port })
    const failed = await start(spec)
    expect(failed).toMatchObject({ state: 'failed', wanted: true, reason: { code: 'port.in-use' } })
    expect(failed.reason?.message).toContain(`pid ${process.pid}`)
    await holder.carrier.close('stopped')
    relays.retry(spec.id)
    await relays.settled([spec.id], TIMEOUT_MS)
    expect(relays.snapshot(spec.id).state).toBe('running')
  })

  it('keeps connections through edits of names, lists, limits and targets, and restarts for another port', async () => {
    const target = await world.echo()
    const spec = define({ targets: [target.end], listenPort: await freePort() })
    const port = portOf(await start(spec))
    const client = await world.client(port)
    await client.ask('hello')
    edit(spec, { name: 'renamed', deny: ['10.0.0.0/8'], limits: { ...noLimits, maxConnections: 1 }, idleSeconds: 60 })
    expect(await client.ask('again')).toBe('again')
    expect(relays.snapshot(spec.id)).toMatchObject({ name: 'renamed', state: 'running', connections: 1 })
    expect(await (await world.client(port)).over()).toBe('ECONNRESET')
    expect(relays.snapshot(spec.id).drops.connections).toBe(1)
    const listenPort = await freePort()
    edit(spec, { listenPort })
    expect(await client.over()).toBe('ECONNRESET')
    await relays.settled([spec.id], TIMEOUT_MS)
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'running', listen: { port: listenPort } })
    expect(await (await world.client(listenPort)).ask('hello')).toBe('hello')
    await expect(refused(port)).resolves.toBe('ECONNREFUSED')
  })

  it('leaves other relays alone when one is edited, stopped or removed', async () => {
    const target = await world.echo()
    const [one, other] = [define({ targets: [target.end] }), define({ targets: [target.end] })]
    await start(one)
    const client = await world.client(portOf(await start(other)))
    await client.ask('hello')
    edit(one, { listenPort: await freePort() })
    await relays.settled([one.id], TIMEOUT_MS)
    await relays.stop(one.id)
    await relays.remove(one.id)
    expect(await client.ask('still here')).toBe('still here')
    expect(relays.snapshots().map(({ id }) => id)).toEqual([other.id])
    expect(() => relays.snapshot(one.id)).toThrow(expect.objectContaining({ code: 'spec.not-found' }))
  })

  it('starts again when it was stopped and started in one breath', async () => {
    const target = await world.echo()
    const spec = define({ targets: [target.end], listenPort: await freePort() })
    await start(spec)
    const stopping = relays.stop(spec.id)
    relays.start(spec.id)
    await stopping
    await relays.settled([spec.id], TIMEOUT_MS)
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'running', wanted: true })
  })

  it('that is made known again while it is being removed stays, and listens where it did', async () => {
    const { end } = await world.echo()
    const spec = define({ targets: [end], listenPort: await freePort() })
    await start(spec)
    for (let round = 0; round < 3; round += 1) {
      const removals = [relays.remove(spec.id)]
      expect(() => {
        relays.start(spec.id)
      }).toThrow('That relay was removed.')
      relays.define(spec)
      relays.start(spec.id)
      removals.push(relays.remove(spec.id))
      relays.define({ ...spec, name: `round ${round}` })
      relays.start(spec.id)
      expect(await Promise.all(removals)).toEqual([false, false])
      await relays.settled([spec.id], TIMEOUT_MS)
      expect(relays.snapshot(spec.id)).toMatchObject({ state: 'running', name: `round ${round}` })
      await (await world.client(spec.listenPort)).ask('hello')
    }
    const removal = relays.remove(spec.id)
    relays.define(spec)
    expect(await Promise.all([removal, relays.remove(spec.id)])).toEqual([false, true])
    expect(relays.snapshots()).toEqual([])
    const next = await start(define({ targets: [end], listenPort: spec.listenPort }))
    expect(next.state).toBe('running')
  })

  it('stops at its quota, says so, and comes back with a new budget', async () => {
    const target = await world.echo()
    const limits = {
      ...noLimits,
      quota: { bytes: 10, period: 'day', counts: 'both', then: 'stop', slowRate: 1024 } as const,
    }
    const spec = define({ targets: [target.end], limits })
    const port = portOf(await start(spec))
    relays.setBudget(spec.id, { ...limits.quota, bytes: 10 })
    const client = await world.client(port)
    client.send('more than ten bytes')
    expect(await client.over()).toBe('ECONNRESET')
    await until(() => relays.snapshot(spec.id).state === 'failed')
    expect(relays.snapshot(spec.id)).toMatchObject({ wanted: true, reason: { code: 'limit.quota' }, bytesUp: 10 })
    expect(ended).toMatchObject([{ reason: 'quota', bytesUp: 10 }])
    expect(events).toContainEqual({ kind: 'budget', id: spec.id })
    relays.retry(spec.id)
    expect(relays.snapshot(spec.id).reason?.code).toBe('limit.quota')
    relays.setBudget(spec.id, { ...limits.quota, bytes: 100 })
    await relays.settled([spec.id], TIMEOUT_MS)
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'running', reason: null })
  })

  it('says that it goes slowly once its quota is used up', async () => {
    const target = await world.echo()
    const quota = { bytes: 10, period: 'month', counts: 'both', then: 'slow', slowRate: 16_384 } as const
    const spec = define({ targets: [target.end], limits: { ...noLimits, quota } })
    const port = portOf(await start(spec))
    relays.setBudget(spec.id, { ...quota, bytes: 10 })
    const client = await world.client(port)
    expect(await client.ask('more than ten bytes')).toBe('more than ten bytes')
    await until(() => relays.snapshot(spec.id).notice !== null)
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'running' })
    expect(relays.snapshot(spec.id).notice).toContain('everything together goes at 16 KB/s until 2026-02-01')
    relays.setBudget(spec.id, null)
    expect(relays.snapshot(spec.id).notice).toBeNull()
  })

  it('ends when its time is over, and goes on when it gets more', async () => {
    const target = await world.echo()
    const at = (ms: number): string => new Date(clock.now() + ms).toISOString()
    const spec = define({ targets: [target.end], limits: { ...noLimits, expiresAt: at(90_000) } })
    const port = portOf(await start(spec))
    const client = await world.client(port)
    await client.ask('hello')
    await clock.advance(89_000)
    expect(relays.snapshot(spec.id).state).toBe('running')
    await clock.advance(2000)
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'failed', reason: { code: 'limit.expired' } })
    expect(await client.over()).toBe('ECONNRESET')
    edit(spec, { limits: { ...noLimits, expiresAt: at(90_000) } })
    await relays.settled([spec.id], TIMEOUT_MS)
    expect(relays.snapshot(spec.id).state).toBe('running')
  })

  it('refuses a relay that leads back to itself, at once or over another', async () => {
    const [a, b] = [await freePort(), await freePort()]
    const self = define({ listenPort: a, targets: [{ host: '127.0.0.1', port: a }] })
    expect(await start(self)).toMatchObject({ state: 'failed', reason: { code: 'relay.loop', field: 'targets' } })
    edit(self, { targets: [{ host: '127.0.0.1', port: b }] })
    await relays.settled([self.id], TIMEOUT_MS)
    expect(relays.snapshot(self.id).state).toBe('running')
    const back = define({ listenPort: b, targets: [{ host: '127.0.0.1', port: a }] })
    const failed = await start(back)
    expect(failed).toMatchObject({ state: 'failed', reason: { code: 'relay.loop' } })
    expect(failed.reason?.message).toContain(`"${self.name}"`)
  })

  it('refuses the connections of a name that leads back to itself', async () => {
    const target = await world.echo()
    const spec = define({ listenPort: await freePort(), targets: [target.end] })
    const port = portOf(await start(spec))
    edit(spec, { targets: [{ host: 'localhost', port }] })
    await until(() => relays.snapshot(spec.id).reason?.code === 'relay.loop')
    expect(await (await world.client(port)).over()).toBe('ECONNRESET')
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'degraded', totalConnections: 1 })
    edit(spec, { targets: [target.end] })
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'running', reason: null })
  })

  it('tries an address again that this machine may have after the network changed', async () => {
    const spec = define({ listenHost: '192.0.2.1', targets: [{ host: '127.0.0.1', port: 1 }] })
    expect(await start(spec)).toMatchObject({ state: 'failed', reason: { code: 'port.address-unavailable' } })
    relays.networkChanged()
    expect(relays.snapshot(spec.id).state).toBe('waiting')
    await clock.advance(5000)
    await relays.settled([spec.id], TIMEOUT_MS)
    expect(relays.snapshot(spec.id)).toMatchObject({ state: 'failed', nextTryAt: null })
  })

  it('carries a flood of clients, and lets go of every one', async () => {
    const target = await world.target((socket) => socket.end('x'))
    const spec = define({ targets: [target.end] })
    const port = portOf(await start(spec))
    const count = 500
    await Promise.all(
      Array.from({ length: count }, async () => {
        const client = await world.client(port)
        expect(await client.over()).toBe('end')
        client.socket.end()
      }),
    )
    await until(() => ended.length === count)
    expect(new Set(ended.map(({ reason }) => reason))).toEqual(new Set(['closed']))
    expect(relays.snapshot(spec.id)).toMatchObject({ connections: 0, totalConnections: count, bytesDown: count })
    expect(table.all()).toEqual([])
  })
})

async function refused(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  return error.code ?? ''
}
