/** An in-memory daemon behind `window.api`: enough of it for every screen to be looked at and tested without Electron. */
import type { Fault } from '@shared/errors'
import type { Api, AppHello, SavedSecret, WindowEvent, WindowEvents } from '@shared/ipc'
import { appMethods, windowMethods } from '@shared/ipc-names'
import type { Need } from '@shared/needs'
import type { RelayView } from '@shared/relay-snapshots'
import type { Result } from '@shared/result'
import type { ConnectionSnapshot, ForwardState, ForwardView, LogEntry, RateSample } from '@shared/snapshots'
import type { ServerSpec } from '@shared/specs'
import { checkOf } from './_checks'
import { reportsConfig } from './_config'
import { makeFault, makeForward, makeServer } from './_data'
import { apisHandlers, type ApisOptions } from './_apis'
import { cloudHandlers, type CloudOptions } from './_cloud'
import { relayHandlers } from './_relays'
import { sharingHandlers } from './_sharing'
import { trafficHandlers, type TrafficOptions } from './_traffic'

export interface FakeOptions {
  readonly forwards?: readonly ForwardView[]
  readonly relays?: readonly RelayView[]
  readonly servers?: readonly ServerSpec[]
  readonly needs?: readonly Need[]
  readonly settings?: Partial<AppHello['settings']>
  readonly hello?: Partial<AppHello>
  /** Every port that is asked about is held by another program. */
  readonly taken?: boolean
  readonly saved?: readonly SavedSecret[]
  readonly traffic?: TrafficOptions
  readonly apis?: ApisOptions
  readonly cloud?: CloudOptions
  /** Never answers lists: for looking at what shows meanwhile. */
  readonly silent?: boolean
}

type Call = { readonly method: string; readonly params: unknown }
type Handler = (params: never) => unknown

export interface FakeDaemon {
  readonly api: Api
  /** Every request in order. */
  readonly calls: readonly Call[]
  readonly emit: <E extends WindowEvent>(event: E, payload: WindowEvents[E]) => void
  /** The next call of `method` fails with this. */
  readonly failNext: (method: string, fault: Fault) => void
  readonly forwards: Map<string, ForwardView>
  readonly relays: Map<string, RelayView>
  /** Leaves all that is asked from now on, or still under way, without an answer: the window it belonged to is gone. */
  readonly fallSilent: () => void
}

/** Milliseconds after which every call is done and answered: `WARREN_LATE_ANSWERS=60` finds what leans on prompt ones. */
const LATE_MS = typeof process === 'undefined' ? 0 : Number(process.env.WARREN_LATE_ANSWERS ?? 0)

export class Refusal extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message)
  }
}

export function fakeDaemon(options: FakeOptions = {}): FakeDaemon {
  const forwards = new Map((options.forwards ?? []).map((view) => [view.spec.id, view]))
  const relays = new Map((options.relays ?? []).map((view) => [view.spec.id, view]))
  const removed = new Map<string, ForwardView>()
  let servers: readonly ServerSpec[] = options.servers ?? []
  let needs: readonly Need[] = options.needs ?? []
  const listeners = new Map<WindowEvent, Set<(payload: never) => void>>()
  const calls: Call[] = []
  const failures = new Map<string, Fault>()
  const hello: AppHello = {
    version: '0.1.0',
    electron: '45.4.1',
    platform: 'linux',
    homeDir: '/home/me',
    username: 'me',
    settings: {
      theme: 'system',
      startAtLogin: false,
      notifications: true,
      secretsWithoutKeyring: 'ask',
      groupBy: 'tag',
      groupRelaysBy: 'tag',
      detailWidth: 380,
      closeHintShown: false,
      ...options.settings,
    },
    keyring: { available: true, backend: 'gnome_libsecret' },
    daemon: { state: 'connected' },
    demo: false,
    ...options.hello,
  }
  let settings = hello.settings
  let saved: readonly SavedSecret[] = options.saved ?? []

  const emit: FakeDaemon['emit'] = (event, payload) => {
    for (const listener of listeners.get(event) ?? []) listener(payload as never)
  }
  const put = (view: ForwardView): ForwardView => {
    forwards.set(view.spec.id, view)
    emit('forwards.changed', { changed: [view], removed: [] })
    return view
  }
  const enter = (ids: readonly string[], state: ForwardState, wanted: boolean): readonly ForwardView[] =>
    ids.map((id) => {
      const view = find(id)
      const since = new Date().toISOString()
      const snapshot = { ...view.snapshot, state, wanted, since, reason: null, nextTryAt: null, needId: null }
      return put({ ...view, snapshot: wanted ? snapshot : { ...snapshot, connections: 0 } })
    })
  const find = (id: string): ForwardView => {
    const view = forwards.get(id)
    if (view === undefined)
      throw new Refusal(makeFault({ code: 'spec.not-found', message: `There is no forward ${id}.` }))
    return view
  }
  const setServers = (next: readonly ServerSpec[]): void => {
    servers = next
    emit('servers.changed', { servers })
  }

  const handlers: Record<string, Handler> = {
    ...trafficHandlers(options.traffic),
    ...relayHandlers({
      relays,
      emit,
      refuse: (fault) => {
        throw new Refusal(fault)
      },
    }),
    ...cloudHandlers(options.cloud ?? {}, {
      emit: (change) => {
        emit('cloud.changed', change)
      },
      refuse: (fault) => {
        throw new Refusal(fault)
      },
    }),
    ...sharingHandlers({ find, put }),
    ...apisHandlers(options.apis ?? {}, (change) => {
      emit('apis.changed', change)
    }),
    'app.hello': () => ({ ...hello, settings }),
    'app.settings': (patch: object) => (settings = { ...settings, ...patch }),
    'app.answerNeed': ({ id }: { id: string }) => {
      const need = needs.find((each) => each.id === id)
      needs = needs.filter((each) => each.id !== id)
      emit('needs.changed', { needs })
      if (need !== undefined) enter(need.forwardIds, 'running', true)
      return null
    },
    'app.savedSecrets': () => saved,
    'app.forgetSecrets': ({ serverId }: { serverId: string | null }) => {
      saved = saved.filter((each) => serverId !== null && each.serverId !== serverId)
      return null
    },
    'app.pickKeyFile': () => '/home/me/.ssh/id_work',
    'daemon.status': () => ({
      pid: 4321,
      version: '0.1.0',
      build: 'harness',
      protocol: 1,
      startedAt: new Date(Date.now() - 3_600_000).toISOString(),
      home: '/home/me/.warren',
      socket: '/run/user/1000/warren/daemon.sock',
      node: 'v20.20.2',
      nativeCrypto: true,
      clients: 1,
      forwards: forwards.size,
      running: [...forwards.values()].filter((view) => view.snapshot.state === 'running').length,
      relays: relays.size,
      relaysRunning: [...relays.values()].filter((view) => view.snapshot.state === 'running').length,
      rssBytes: 71_000_000,
      warnings: [],
    }),
    'servers.list': () => servers,
    'servers.add': (draft: { name: string }) => {
      const server = makeServer(draft.name, draft)
      setServers([...servers, server])
      return server
    },
    'servers.update': ({ id, patch }: { id: string; patch: object }) => {
      setServers(servers.map((server) => (server.id === id ? { ...server, ...patch } : server)))
      return servers.find((server) => server.id === id)
    },
    'servers.remove': ({ id }: { id: string }) => {
      setServers(servers.filter((server) => server.id !== id))
      return null
    },
    'servers.restore': ({ id }: { id: string }) => {
      const server = makeServer(id.replace('server-', ''))
      setServers([...servers, server])
      return server
    },
    'servers.copy': ({ id }: { id: string }) => {
      const from = servers.find((server) => server.id === id)
      const server = makeServer(`${from?.name ?? id} copy`, { host: from?.host ?? id })
      setServers([...servers, server])
      return server
    },
    'config.server': () => reportsConfig,
    'config.listing': () => ({ on: true }),
    'forwards.list': () => [...forwards.values()],
    'forwards.get': ({ id }: { id: string }) => find(id),
    'forwards.add': (draft: { name: string }) => put(makeForward(draft.name, { spec: draft })),
    'forwards.update': ({ id, patch }: { id: string; patch: object }) => {
      const view = find(id)
      const spec = { ...view.spec, ...patch }
      const made = makeForward(spec.name, { spec: { ...spec, id }, state: view.snapshot.state, via: view.snapshot.via })
      return put({ ...made, cloud: view.cloud })
    },
    'forwards.remove': ({ ids }: { ids: string[] }) => {
      for (const id of ids) {
        removed.set(id, find(id))
        forwards.delete(id)
      }
      emit('forwards.changed', { changed: [], removed: ids })
      return null
    },
    'forwards.removed': () =>
      [...removed.values()].map(({ spec: { id, name } }) => ({ id, name, removedAt: new Date().toISOString() })),
    'forwards.restore': ({ ids }: { ids: string[] }) => {
      for (const id of ids) {
        const view = removed.get(id)
        if (view !== undefined) put(view)
      }
      return enter(ids, 'stopped', false)
    },
    'forwards.start': ({ ids }: { ids: string[] }) => enter(ids, 'running', true),
    'forwards.stop': ({ ids }: { ids: string[] }) => enter(ids, 'stopped', false),
    'forwards.retry': ({ ids }: { ids: string[] }) => enter(ids, 'connecting', true),
    'forwards.check': ({ id }: { id: string }) => checkOf(find(id)),
    'connections.list': ({ forwardId }: { forwardId?: string }) =>
      connectionsOf(forwards.get(forwardId ?? '') ?? relays.get(forwardId ?? '')),
    'connections.end': () => ({ ended: true }),
    'sessions.list': () => [
      {
        id: 'session-1',
        serverId: 'server-bastion',
        server: 'bastion',
        state: 'ready',
        since: new Date(Date.now() - 8_040_000).toISOString(),
        remoteAddress: '192.0.2.7:22',
        leases: 2,
        algorithms: {
          kex: 'curve25519-sha256',
          hostKey: 'ssh-ed25519',
          cipher: 'aes128-gcm@openssh.com',
          postQuantum: false,
        },
        serverVersion: 'OpenSSH_9.2p1',
      },
    ],
    'logs.read': ({ forwardId }: { forwardId: string }) => logOf(forwards.get(forwardId) ?? relays.get(forwardId)),
    'activity.list': () => [...removalsOf([...removed.values()]), ...activityOf([...forwards.values()])],
    'needs.list': () => needs,
    'ports.check': ({ port }: { port: number }) =>
      options.taken === true
        ? { free: false, holder: { pid: 812, process: 'postgres' }, fault: null, suggestion: port + 1 }
        : { free: true, holder: null, fault: null, suggestion: null },
    'trust.list': () => [
      {
        id: 'trust-1',
        host: 'bastion.example.net',
        keyType: 'ssh-ed25519',
        fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BrrgeCcqc1a0CRGcs3A1mbVQ',
        addedAt: '2026-01-05T09:00:00.000Z',
      },
    ],
    'trust.write': () => ({ file: '/home/me/.ssh/known_hosts', written: true }),
    'demo.start': () => {
      setServers([...servers, makeServer('demo', { demo: true, host: '127.0.0.1', port: 2022 })])
      const made = ['demo-web', 'demo-echo', 'demo-socks'].map((name) => put(makeForward(name, { via: ['demo'] })))
      return { serverId: 'server-demo', forwardIds: made.map((view) => view.spec.id) }
    },
  }

  const lists = new Set([
    'cloud.status',
    'servers.list',
    'forwards.list',
    'relays.list',
    'needs.list',
    'connections.list',
    'logs.read',
  ])
  let gone = false
  const call = async (method: string, params: unknown): Promise<Result<unknown>> => {
    calls.push({ method, params })
    const failure = failures.get(method)
    failures.delete(method)
    if (options.silent === true && lists.has(method)) return new Promise(() => undefined)
    if (LATE_MS > 0) await new Promise((resolve) => setTimeout(resolve, LATE_MS))
    if (gone) return new Promise(() => undefined)
    if (failure !== undefined) return { ok: false, fault: failure }
    try {
      return { ok: true, value: handlers[method]?.(params as never) ?? null }
    } catch (error) {
      if (error instanceof Refusal) return { ok: false, fault: error.fault }
      throw error
    }
  }
  const door = (methods: readonly string[]): Record<string, (params: unknown) => Promise<Result<unknown>>> =>
    Object.fromEntries(methods.map((method) => [method, (params: unknown) => call(method, params)]))

  const api = {
    daemon: door(windowMethods),
    app: door(appMethods),
    on: (event: WindowEvent, listener: (payload: never) => void) => {
      const set = listeners.get(event) ?? new Set()
      set.add(listener)
      listeners.set(event, set)
      return () => set.delete(listener)
    },
  } as unknown as Api
  return {
    api,
    calls,
    emit,
    failNext: (method, fault) => failures.set(method, fault),
    forwards,
    relays,
    fallSilent: () => {
      gone = true
    },
  }
}

/** One second of traffic through everything that runs. */
export function sampleRates(views: Iterable<ForwardView | RelayView>, second: number): WindowEvents['rates.sampled'] {
  const samples: RateSample[] = []
  for (const { spec, snapshot } of views) {
    if (snapshot.state !== 'running' && snapshot.state !== 'degraded') continue
    if ('asleep' in snapshot && snapshot.asleep) continue
    const wave = 1 + Math.sin(second / 5 + spec.name.length) + Math.sin(second / 1.7) / 3
    const down = spec.name === 'webhook' ? 0 : Math.max(0, wave * 640_000)
    samples.push({
      id: spec.id,
      up: down / 6,
      down,
      bytesUp: snapshot.bytesUp + second * 100_000,
      bytesDown: snapshot.bytesDown + second * 640_000,
      connections: snapshot.connections,
      totalConnections: snapshot.totalConnections,
    })
  }
  const sum = (pick: (sample: RateSample) => number): number => samples.reduce((total, each) => total + pick(each), 0)
  return { up: sum((each) => each.up), down: sum((each) => each.down), forwards: samples }
}

function connectionsOf(view: ForwardView | RelayView | undefined): readonly ConnectionSnapshot[] {
  if (view === undefined) return []
  return Array.from({ length: view.snapshot.connections }, (_, index) => ({
    id: `connection-${index}`,
    forwardId: view.spec.id,
    forward: view.spec.name,
    source: { host: '127.0.0.1', port: 51_822 + index },
    process: index === 0 ? { name: 'psql', pid: 4711 } : null,
    target: view.snapshot.target,
    since: new Date(Date.now() - (index + 1) * 240_000).toISOString(),
    bytesUp: 120_000,
    bytesDown: 3_000_000 * (index + 1),
  }))
}

function logOf(view: ForwardView | RelayView | undefined): readonly LogEntry[] {
  if (view === undefined) return []
  const messages: [LogEntry['level'], string][] = [
    ['info', 'start was asked for'],
    ['debug', 'bastion.example.net is 192.0.2.7'],
    ['info', 'logged in as deploy with publickey (SHA256:uNiVztks…)'],
    ['warn', 'the host key is not in known_hosts, trusted in Warren'],
    ['info', 'listening on 127.0.0.1:5432'],
  ]
  if (view.snapshot.reason !== null) messages.push(['error', view.snapshot.reason.message])
  return messages.map(([level, message], index) => ({
    seq: index + 1,
    at: new Date(Date.now() - (messages.length - index) * 900).toISOString(),
    level,
    message,
    code: level === 'error' ? (view.snapshot.reason?.code ?? null) : null,
  }))
}

function removalsOf(views: readonly ForwardView[]): readonly object[] {
  return views.map(({ spec: { id, serverId, name } }, index) => ({
    ...{ id: 1100 + index, at: new Date().toISOString(), kind: 'removed', forwardId: id, serverId, subject: name },
    ...{ message: 'The forward was removed.', code: null },
  }))
}

function activityOf(views: readonly ForwardView[]): readonly object[] {
  const kinds = ['started', 'stopped', 'failed', 'interrupted', 'recovered', 'needs-you', 'changed'] as const
  return views.slice(0, 40).map((view, index) => ({
    id: 1000 - index,
    at: new Date(Date.now() - index * 5_400_000).toISOString(),
    kind: kinds[index % kinds.length],
    forwardId: view.spec.id,
    serverId: view.spec.serverId,
    subject: view.spec.name,
    message: view.snapshot.reason?.message ?? `${view.spec.name} ${kinds[index % kinds.length] ?? ''}.`,
    code: view.snapshot.reason?.code ?? null,
  }))
}
