/** Relays in every state, and the part of the fake daemon that keeps them. */
import { isExposed } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import { MAX_RATE } from '@shared/limits'
import { relaySpecSchema, type RelayDraft, type RelaySpec } from '@shared/relays'
import type { LimitDrops, RelayState, RelayView } from '@shared/relay-snapshots'
import { makeFault } from './_data'

const CREATED = '2026-01-05T09:00:00.000Z'
const MINUTE_MS = 60_000
const MB = 1024 ** 2

export interface RelayOptions {
  readonly spec?: Partial<RelayDraft & Pick<RelaySpec, 'id' | 'origin'>>
  readonly state?: RelayState
  readonly reason?: Fault | null
  readonly minutes?: number
  readonly connections?: number
  readonly notice?: string | null
  readonly drops?: Partial<LimitDrops>
  /** Of each target; untried without. */
  readonly reachable?: readonly (boolean | null)[]
}

export function makeRelay(name: string, options: RelayOptions = {}): RelayView {
  const spec = relaySpecSchema.parse({
    id: `relay-${name}`,
    name,
    protocol: 'tcp',
    listenPort: 5432,
    targets: [{ host: 'db', port: 5432 }],
    createdAt: CREATED,
    updatedAt: CREATED,
    ...options.spec,
  })
  const state = options.state ?? 'stopped'
  const live = options.connections ?? 0
  const listen = { host: spec.listenHost, port: spec.listenPort }
  const [first = { host: '', port: 0 }] = spec.targets
  return {
    spec,
    lastUsed: null,
    snapshot: {
      id: spec.id,
      name: spec.name,
      type: spec.protocol,
      tags: spec.tags,
      wanted: state !== 'stopped',
      state,
      since: new Date(Date.now() - (options.minutes ?? 3) * MINUTE_MS).toISOString(),
      listen,
      target: first,
      portCount: spec.portCount,
      targets: spec.targets.map((target, index) => ({ target, reachable: options.reachable?.[index] ?? null })),
      attempt: state === 'waiting' ? 2 : 0,
      nextTryAt: state === 'waiting' ? new Date(Date.now() + 28_000).toISOString() : null,
      reason: options.reason ?? null,
      connections: live,
      totalConnections: live * 40,
      bytesUp: live * 3_400_000,
      bytesDown: live * 61_000_000,
      drops: { connections: 0, denied: 0, evicted: 0, datagrams: 0, ...options.drops },
      exposed: isExposed(listen),
      notice: options.notice ?? null,
    },
  }
}

/** One per state, and the awkward ones: many targets, ranges, IPv6, the open network, every limit at once. */
export function sampleRelays(): readonly RelayView[] {
  return [
    makeRelay('db', {
      state: 'running',
      minutes: 134,
      connections: 2,
      reachable: [true],
      spec: { tags: ['panel'], favourite: true },
    }),
    makeRelay('web', {
      state: 'running',
      minutes: 3000,
      connections: 37,
      reachable: [true, false, null],
      drops: { connections: 12, denied: 3410 },
      spec: {
        tags: ['shop'],
        listenHost: '*',
        listenPort: 8080,
        targets: [
          { host: 'web-1.internal', port: 80 },
          { host: 'web-2.internal', port: 80 },
          { host: 'web-3.internal', port: 80 },
        ],
        balance: 'round-robin',
        deny: ['203.0.113.0/24'],
        limits: { maxConnections: 500, perRule: { up: 2 * MB, down: 20 * MB } },
      },
    }),
    makeRelay('dns', {
      state: 'running',
      minutes: 61,
      connections: 4,
      reachable: [true],
      spec: { protocol: 'udp', listenPort: 5353, targets: [{ host: '9.9.9.9', port: 53 }], tags: ['panel'] },
    }),
    makeRelay('game', {
      state: 'running',
      minutes: 400,
      connections: 1,
      reachable: [true],
      notice: 'The quota of this month is used up: all goes at 16 KB/s until 1 December',
      spec: {
        protocol: 'udp',
        listenHost: '0.0.0.0',
        listenPort: 27_015,
        portCount: 10,
        targets: [{ host: '2001:db8::17', port: 27_015 }],
        limits: { quota: { bytes: 50 * 1024 * MB, period: 'month', then: 'slow' } },
      },
    }),
    makeRelay('metrics', {
      state: 'failed',
      reason: makeFault({
        code: 'port.in-use',
        message: 'Port 9090 is held by prometheus, pid 812.',
        fix: 'Use another port.',
        field: 'listenPort',
        remedy: { action: 'use-port', port: 9091 },
        detail: 'listen EADDRINUSE 127.0.0.1:9090',
      }),
      spec: { listenPort: 9090, targets: [{ host: 'metrics', port: 9090 }], tags: ['panel'] },
    }),
    makeRelay('customer-4711', {
      state: 'failed',
      reason: makeFault({
        code: 'limit.quota',
        message: 'The quota of 50 GB a month is used up. It starts again on 1 December.',
        fix: 'Raise the quota under Limits.',
        remedy: null,
        detail: null,
      }),
      spec: {
        listenPort: 25_565,
        targets: [{ host: 'game-1.internal', port: 25_565 }],
        tags: ['panel'],
        origin: 'x-port-forward',
        limits: { quota: { bytes: 50 * 1024 * MB, period: 'month' } },
      },
    }),
    makeRelay('address-of-the-old-office-in-frankfurt', {
      state: 'waiting',
      reason: makeFault({
        code: 'port.address-unavailable',
        message: 'This machine does not have the address 192.0.2.80.',
        fix: 'Choose one of its addresses, or wait until it is back.',
        remedy: { action: 'retry' },
      }),
      spec: {
        listenHost: '192.0.2.80',
        listenPort: 8443,
        targets: [{ host: 'ingress-0.ingress-headless.orders.svc.cluster.local', port: 443 }],
        tags: ['shop', 'frankfurt', 'orders'],
      },
    }),
    makeRelay('mail', { spec: { listenPort: 2525, targets: [{ host: 'mail', port: 25 }] } }),
    makeRelay('limited', {
      spec: {
        listenPort: 7000,
        targets: [{ host: 'files', port: 7000 }],
        limits: {
          maxConnections: 100,
          maxConnectionsPerSource: 4,
          newConnectionsPerSecond: 10,
          perConnection: { up: MB, down: MB },
          perSource: { up: 4 * MB, down: null },
          perRule: { up: 2 * MB, down: MAX_RATE },
          quota: { bytes: 5 * 1024 * MB, period: 'day' },
        },
      },
    }),
  ]
}

interface Door {
  readonly relays: Map<string, RelayView>
  readonly emit: (event: 'relays.changed', payload: { changed: RelayView[]; removed: string[] }) => void
  readonly refuse: (fault: Fault) => never
}

/** What the fake daemon answers about relays. */
export function relayHandlers({ relays, emit, refuse }: Door): Record<string, (params: never) => unknown> {
  const removed = new Map<string, RelayView>()
  const find = (id: string): RelayView =>
    relays.get(id) ?? refuse(makeFault({ code: 'spec.not-found', message: `There is no relay ${id}.` }))
  const put = (view: RelayView): RelayView => {
    relays.set(view.spec.id, view)
    emit('relays.changed', { changed: [view], removed: [] })
    return view
  }
  const enter = (ids: readonly string[], state: RelayState, wanted: boolean): readonly RelayView[] =>
    ids.map((id) => {
      const view = find(id)
      const since = new Date().toISOString()
      const snapshot = { ...view.snapshot, state, wanted, since, reason: null, nextTryAt: null }
      return put({ ...view, snapshot: wanted ? snapshot : { ...snapshot, connections: 0 } })
    })
  return {
    'relays.list': () => [...relays.values()],
    'relays.add': (draft: RelayDraft) => put(makeRelay(draft.name, { spec: draft })),
    'relays.update': ({ id, patch }: { id: string; patch: Partial<RelayDraft> }) => {
      const { spec, snapshot } = find(id)
      const made = makeRelay(spec.name, { spec: { ...spec, ...patch, id }, state: snapshot.state })
      const { since, connections, totalConnections, bytesUp, bytesDown, reason, drops } = snapshot
      const kept = { since, connections, totalConnections, bytesUp, bytesDown, reason, drops }
      return put({ ...made, snapshot: { ...made.snapshot, ...kept } })
    },
    'relays.remove': ({ ids }: { ids: string[] }) => {
      for (const id of ids) {
        removed.set(id, find(id))
        relays.delete(id)
      }
      emit('relays.changed', { changed: [], removed: ids })
      return null
    },
    'relays.restore': ({ ids }: { ids: string[] }) => {
      for (const id of ids) {
        const view = removed.get(id)
        if (view !== undefined) put(view)
      }
      return enter(ids, 'stopped', false)
    },
    'relays.start': ({ ids }: { ids: string[] }) => enter(ids, 'running', true),
    'relays.stop': ({ ids }: { ids: string[] }) => enter(ids, 'stopped', false),
    'relays.retry': ({ ids }: { ids: string[] }) => enter(ids, 'binding', true),
  }
}
