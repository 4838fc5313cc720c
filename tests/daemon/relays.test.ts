import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DaemonClient } from '@daemon/client'
import type { Fault } from '@shared/errors'
import type { RelayDraft } from '@shared/relays'
import {
  connectAlone,
  localDraft,
  nextEvent,
  serverDraft,
  startTestDaemon,
  temporaryHome,
  type TestDaemon,
} from '../support/daemon'
import { holdWait } from '../support/fake-clock'

/** As long as no other wait of the daemon. */
const COUNTDOWN_MS = 61_234

let place: ReturnType<typeof temporaryHome>
let test: TestDaemon
let client: DaemonClient

const fault = (code: Fault['code']): Fault => ({
  ...{ code, message: 'Something is wrong.', fix: null, field: null, remedy: null, detail: null },
})
const draft = (name = 'web', more: Partial<RelayDraft> = {}): RelayDraft => ({
  ...{ name, protocol: 'tcp', listenPort: 18_080, targets: [{ host: 'web.internal', port: 80 }] },
  ...more,
})

beforeEach(async () => {
  place = temporaryHome()
  test = await startTestDaemon({ home: place.home })
  client = await test.connect()
})
afterEach(async () => {
  await test.daemon.stop({ keepWanted: false })
  place.remove()
})

async function restart(how: { keepWanted: boolean }): Promise<void> {
  await test.daemon.stop(how)
  test = await startTestDaemon({ home: place.home })
  client = await test.connect()
}

const stateOf = async (id: string): Promise<string> => (await client.call('relays.get', { id })).snapshot.state

describe('relays', () => {
  it('have names that are unique among relays, without regard to case', async () => {
    await client.call('relays.add', draft('web'))
    await expect(client.call('relays.add', draft('WEB'))).rejects.toMatchObject({
      ...{ code: 'spec.name-taken', field: 'name', message: 'There is a relay named "WEB" already.' },
    })
    const { id } = await client.call('servers.add', serverDraft())
    await client.call('forwards.add', localDraft(id, 'web'))
    const other = await client.call('relays.add', draft('other', { listenPort: 18_081 }))
    await expect(client.call('relays.update', { id: other.spec.id, patch: { name: 'Web' } })).rejects.toMatchObject({
      code: 'spec.name-taken',
    })
  })

  it('are refused when a target leads back, naming it', async () => {
    const self = draft('loop', {
      targets: [
        { host: 'web.internal', port: 80 },
        { host: 'localhost', port: 18_080 },
      ],
    })
    await expect(client.call('relays.add', self)).rejects.toMatchObject({ code: 'relay.loop', field: 'targets.1' })
    expect(await client.call('relays.list', {})).toEqual([])
    const a = await client.call('relays.add', draft('a', { listenPort: 18_081 }))
    await client.call('relays.add', draft('b', { listenPort: 18_082, targets: [{ host: '127.0.0.1', port: 18_081 }] }))
    await expect(
      client.call('relays.update', { id: a.spec.id, patch: { targets: [{ host: '127.0.0.1', port: 18_082 }] } }),
    ).rejects.toMatchObject({
      code: 'relay.loop',
      field: 'targets.0',
      message: expect.stringContaining('over b') as string,
    })
    expect((await client.call('relays.get', { id: a.spec.id })).spec.targets).toEqual([
      { host: 'web.internal', port: 80 },
    ])
  })

  it('are checked as a whole after a patch, and the engine hears of it at once', async () => {
    const { spec } = await client.call('relays.add', draft('web', { portCount: 10 }))
    await expect(client.call('relays.update', { id: spec.id, patch: { listenPort: 65_530 } })).rejects.toMatchObject({
      ...{ code: 'spec.invalid', field: 'portCount' },
    })
    const limits = { maxConnections: 5, perRule: { up: 2048, down: null } }
    const changed = await client.call('relays.update', { id: spec.id, patch: { limits } })
    expect(changed.spec).toMatchObject({ portCount: 10, limits: { ...limits, quota: null } })
    expect(test.engine.relays.snapshot(spec.id).name).toBe('web')
    expect(test.engine.calls.filter((call) => call === 'define relay web')).toHaveLength(2)
  })

  it('start again by themselves when an edit may have cured them', async () => {
    const { spec } = await client.call('relays.add', draft())
    await client.call('relays.start', { ids: [spec.id] })
    test.engine.moveRelay(spec.id, 'failed', fault('port.in-use'))
    await client.call('relays.update', { id: spec.id, patch: { listenPort: 18_081 } })
    expect(await stateOf(spec.id)).toBe('running')
  })

  it('come back after a remove, under a free name, and are gone for good when purged', async () => {
    const { spec } = await client.call('relays.add', draft())
    await client.call('relays.start', { ids: [spec.id] })
    await client.call('relays.remove', { ids: [spec.id] })
    expect(await client.call('relays.list', {})).toEqual([])
    await client.call('relays.add', draft('web', { listenPort: 18_081 }))
    const [back] = await client.call('relays.restore', { ids: [spec.id] })
    expect(back).toMatchObject({ spec: { id: spec.id, name: 'web 2' }, snapshot: { state: 'stopped', wanted: false } })
    await expect(client.call('relays.restore', { ids: ['nothing'] })).rejects.toMatchObject({ code: 'spec.not-found' })
  })

  it('that are brought back at once are not told as gone', async () => {
    const { spec } = await client.call('relays.add', draft())
    const { id } = spec
    await client.call('relays.start', { ids: [id] })
    const shown = new Map<string, string>()
    client.on('relays.changed', ({ changed, removed }) => {
      for (const { snapshot } of changed) shown.set(snapshot.id, snapshot.state)
      for (const one of removed) shown.delete(one)
    })
    await client.call('events.subscribe', { topics: ['relays'] })
    for (let round = 0; round < 5; round += 1) {
      // What changed last was told a moment ago: what happens now is told together.
      const told = nextEvent(client, 'relays.changed')
      await client.call('relays.update', { id, patch: { description: `round ${round}` } })
      await told
      await client.call('relays.remove', { ids: [id] })
      await client.call('relays.restore', { ids: [id] })
      const news = nextEvent(client, 'relays.changed', ({ changed }) =>
        changed.some(({ snapshot }) => snapshot.state === 'running'),
      )
      await client.call('relays.start', { ids: [id] })
      await news
      expect(shown.get(id)).toBe('running')
    }
  })

  it('follow what was asked for last, however fast it is asked', async () => {
    const { spec } = await client.call('relays.add', draft())
    const ids = [spec.id]
    const ask = (what: 'start' | 'stop' | 'retry' | 'remove' | 'restore'): Promise<unknown> =>
      client.call(`relays.${what}`, { ids })
    await Promise.all([ask('start'), ask('stop')])
    expect(await stateOf(spec.id)).toBe('stopped')
    await Promise.all([ask('stop'), ask('start')])
    expect(await stateOf(spec.id)).toBe('running')
    await Promise.all([ask('stop'), ask('retry'), ask('stop')])
    expect(await stateOf(spec.id)).toBe('stopped')
    const edit = client.call('relays.update', { id: spec.id, patch: { description: 'edited' } })
    await Promise.all([edit, ask('start'), ask('remove'), ask('restore'), ask('remove'), ask('restore'), ask('start')])
    const late = { id: spec.id, patch: { description: 'too late' } }
    expect(await stateOf(spec.id)).toBe('running')
    // Saved, too.
    await restart({ keepWanted: true })
    await expect.poll(() => stateOf(spec.id)).toBe('running')
    const removal = ask('remove')
    await expect(ask('start')).rejects.toMatchObject({ code: 'spec.not-found' })
    await expect(client.call('relays.update', late)).rejects.toMatchObject({ code: 'spec.not-found' })
    await removal
    expect(await client.call('relays.list', {})).toEqual([])
  })

  it('come back with the next daemon when they were wanted, and only auto-start ones after a stop', async () => {
    const wanted = await client.call('relays.add', draft('wanted'))
    const auto = await client.call('relays.add', draft('auto', { listenPort: 18_081, autoStart: true }))
    const off = await client.call('relays.add', draft('off', { listenPort: 18_082 }))
    await client.call('relays.start', { ids: [wanted.spec.id, off.spec.id] })
    await client.call('relays.stop', { ids: [off.spec.id] })
    await restart({ keepWanted: true })
    await expect.poll(() => stateOf(wanted.spec.id)).toBe('running')
    expect(await stateOf(auto.spec.id)).toBe('running')
    expect(await stateOf(off.spec.id)).toBe('stopped')
    expect((await client.call('relays.get', { id: wanted.spec.id })).lastUsed).not.toBeNull()
    await restart({ keepWanted: false })
    await expect.poll(() => stateOf(auto.spec.id)).toBe('running')
    expect(await stateOf(wanted.spec.id)).toBe('stopped')
  })

  it('tell what happened to them, in order', async () => {
    const { spec } = await client.call('relays.add', draft())
    await client.call('relays.start', { ids: [spec.id] })
    test.engine.moveRelay(spec.id, 'waiting', fault('target.unreachable'))
    test.engine.moveRelay(spec.id, 'running')
    test.engine.moveRelay(spec.id, 'failed', fault('limit.quota'))
    await client.call('relays.stop', { ids: [spec.id] })
    await client.call('relays.remove', { ids: [spec.id] })
    const events = await client.call('activity.list', {})
    expect(events.map(({ kind }) => kind)).toEqual([
      ...['removed', 'stopped', 'failed', 'recovered', 'interrupted', 'started', 'added'],
    ])
    expect(events.find(({ kind }) => kind === 'failed')).toMatchObject({
      ...{ forwardId: spec.id, serverId: null, subject: 'web', code: 'limit.quota' },
    })
  })

  it('are told of in one event for many changes', async () => {
    await client.call('events.subscribe', { topics: ['relays'] })
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, at) => client.call('relays.add', draft(`r${at}`, { listenPort: 20_000 + at }))),
    )
    const ids = all.map(({ spec }) => spec.id)
    const running = nextEvent(client, 'relays.changed', ({ changed }) =>
      changed.some(({ snapshot }) => snapshot.state === 'running'),
    )
    await client.call('relays.start', { ids })
    expect((await running).changed.length).toBeGreaterThan(1)
    const gone = nextEvent(client, 'relays.changed', ({ removed }) => removed.length > 0)
    await client.call('relays.remove', { ids })
    expect([...(await gone).removed].sort()).toEqual([...ids].sort())
  })

  it('count where forwards count', async () => {
    const { spec } = await client.call('relays.add', draft())
    await client.call('relays.add', draft('other', { listenPort: 18_081 }))
    await client.call('relays.start', { ids: [spec.id] })
    expect(await client.call('daemon.status', {})).toMatchObject({
      forwards: 0,
      running: 0,
      relays: 2,
      relaysRunning: 1,
    })
    expect(await client.call('daemon.stop', {})).toEqual({ stopped: 1, relays: 1 })
    await test.daemon.ended
  })

  it('have their connections and logs under their id, and what is nobody’s is refused', async () => {
    const { spec } = await client.call('relays.add', draft())
    expect(await client.call('connections.list', { forwardId: spec.id })).toEqual([])
    test.engine.ports.log(spec.id, { level: 'info', message: 'Listens.', code: null })
    expect(await client.call('logs.read', { forwardId: spec.id })).toMatchObject([{ message: 'Listens.' }])
    for (const call of [
      () => client.call('connections.list', { forwardId: 'nobody' }),
      () => client.call('logs.read', { forwardId: 'nobody' }),
      () => client.call('relays.get', { id: 'nobody' }),
      () => client.call('relays.start', { ids: [spec.id, 'nobody'] }),
      () => client.call('relays.stop', { ids: ['nobody'] }),
      () => client.call('relays.remove', { ids: ['nobody'] }),
      () => client.call('relays.wait', { ids: ['nobody'], timeoutMs: 0 }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'spec.not-found' })
    }
    expect(await stateOf(spec.id)).toBe('stopped')
  })

  it('are sampled with the forwards', async () => {
    const { spec } = await client.call('relays.add', draft())
    await client.call('relays.start', { ids: [spec.id] })
    test.engine.carry(spec.id, { up: 10, down: 20 })
    const sample = nextEvent(client, 'rates.sampled', ({ forwards }) => forwards.length > 0)
    await client.call('events.subscribe', { topics: ['rates'] })
    expect((await sample).forwards).toMatchObject([{ id: spec.id, bytesUp: 10, bytesDown: 20 }])
  })

  it.each([
    ['name', { name: '' }],
    ['protocol', { protocol: 'sctp' }],
    ['listenHost', { listenHost: '/run/x.sock' }],
    ['listenPort', { listenPort: 70_000 }],
    ['portCount', { portCount: 1001 }],
    ['targets', { targets: [] }],
    ['targets.0.port', { targets: [{ host: 'a', port: 0 }] }],
    ['targets', { targets: Array.from({ length: 33 }, () => ({ host: 'a', port: 1 })) }],
    ['allow.0', { allow: ['10.0.0.0/33'] }],
    ['deny.0', { deny: ['everybody'] }],
    ['acceptProxy', { protocol: 'udp', acceptProxy: true }],
    ['limits.perRule.up', { limits: { perRule: { up: 1 } } }],
    ['limits.quota.bytes', { limits: { quota: { bytes: -1, period: 'day' } } }],
    ['limits.expiresAt', { limits: { expiresAt: 'tomorrow' } }],
  ])('are refused with a wrong %s', async (field, more) => {
    const wrong = { ...draft(), ...more } as RelayDraft
    await expect(client.call('relays.add', wrong)).rejects.toMatchObject({ field })
    expect(await client.call('relays.list', {})).toEqual([])
  })
})

describe('the limits of a forward', () => {
  it('reach the engine when they are changed', async () => {
    const { id } = await client.call('servers.add', serverDraft())
    const { spec } = await client.call('forwards.add', localDraft(id))
    const quota = { bytes: 1000, period: 'day' as const }
    const changed = await client.call('forwards.update', {
      id: spec.id,
      patch: { limits: { maxConnections: 3, quota } },
    })
    expect(changed.spec.limits).toMatchObject({ maxConnections: 3, quota: { ...quota, then: 'stop' } })
    expect(test.engine.calls.filter((call) => call === `define ${spec.name}`)).toHaveLength(2)
    expect(test.engine.budgets.get(spec.id)).toMatchObject({ bytes: 1000, then: 'stop' })
    await client.call('forwards.update', { id: spec.id, patch: { limits: null } })
    expect(test.engine.budgets.get(spec.id)).toBeNull()
  })
})

describe('the idle exit', () => {
  it('waits for relays that run, and for those that come back when their quota is renewed', async () => {
    await test.daemon.stop({ keepWanted: false })
    const countdown = holdWait(COUNTDOWN_MS)
    test = await startTestDaemon({ home: place.home, clock: countdown.clock, idleExitMs: COUNTDOWN_MS })
    client = await test.connect()
    const { spec } = await client.call('relays.add', draft())
    await client.call('relays.start', { ids: [spec.id] })
    const before = countdown.begun()
    client.close()
    client = await connectAlone(test)
    test.engine.moveRelay(spec.id, 'failed', fault('limit.quota'))
    client.close()
    client = await connectAlone(test)
    expect(countdown.begun()).toBe(before)
    test.engine.moveRelay(spec.id, 'failed', fault('port.in-use'))
    client.close()
    await expect.poll(countdown.isUnderWay).toBe(true)
    countdown.end()
    await test.daemon.ended
  })
})
