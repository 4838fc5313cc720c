/** A terminal that remembers, and a daemon that answers from a table. */
import type { DaemonClient } from '@daemon/client'
import { WarrenError } from '@shared/errors'
import type { RpcMethod, RpcNotification, RpcNotifications } from '@shared/rpc'
import type { ForwardSnapshot, ForwardView } from '@shared/snapshots'
import { forwardSpecSchema, serverSpecSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import { runCli } from '../../src/cli/program'
import { plainSnapshot } from '../support/plain'

export const NOW = Date.parse('2026-01-01T02:14:30.000Z')
const AT = '2026-01-01T00:00:00.000Z'

export interface FakeOptions {
  readonly answers?: Partial<Record<RpcMethod, (params: never, daemon: FakeDaemon) => unknown>>
  /** What the person types, in order; without it nobody is there. */
  readonly typed?: readonly (string | null)[]
  readonly input?: string
  readonly columns?: number
  /** No daemon runs and none can be started. */
  readonly unreachable?: boolean
}

export interface FakeDaemon {
  readonly calls: { readonly method: RpcMethod; readonly params: unknown }[]
  readonly emit: <N extends RpcNotification>(name: N, payload: RpcNotifications[N]) => void
}

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly calls: FakeDaemon['calls']
  readonly asked: readonly { readonly question: string; readonly echo: boolean }[]
  readonly params: (method: RpcMethod) => unknown
}

/** Runs one command line against the fake and returns what it did. */
export async function warren(words: readonly string[], options: FakeOptions = {}): Promise<Outcome> {
  let out = ''
  let err = ''
  const asked: { question: string; echo: boolean }[] = []
  const typed = [...(options.typed ?? [])]
  const { daemon, client } = fakeDaemon(options)
  const code = await runCli(words, {
    terminal: {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      isInteractive: options.typed !== undefined,
      hasColour: false,
      columns: options.columns ?? null,
      ask: (question, { echo }) => {
        asked.push({ question, echo })
        return Promise.resolve(typed.shift() ?? null)
      },
      readInput: () => Promise.resolve(options.input ?? ''),
    },
    env: { WARREN_HOME: '/nowhere/warren' },
    cwd: '/srv/here',
    now: () => NOW,
    connect: () =>
      options.unreachable === true
        ? Promise.reject(new WarrenError('daemon.unreachable', 'No daemon answers.', { fix: 'Start it.' }))
        : Promise.resolve(client),
    interruptible: () => AbortSignal.abort(),
  })
  const params = (method: RpcMethod): unknown => daemon.calls.find((call) => call.method === method)?.params
  return { code, out, err, calls: daemon.calls, asked, params }
}

export function server(over: Partial<ServerSpec> = {}): ServerSpec {
  const name = over.name ?? 'bastion'
  return serverSpecSchema.parse({
    id: `id-${name}`,
    name,
    host: 'bastion.example',
    createdAt: AT,
    updatedAt: AT,
    ...over,
  })
}

export function view(over: Partial<ForwardSnapshot> & { spec?: Partial<ForwardSpec> } = {}): ForwardView {
  const { spec, ...snapshot } = over
  const name = over.name ?? 'db'
  return {
    lastUsed: null,
    cloud: null,
    spec: forwardSpecSchema.parse({
      ...{ id: `id-${name}`, name, type: over.type ?? 'local', serverId: 'id-bastion', tags: [...(over.tags ?? [])] },
      ...{ localHost: null, localPort: 5432, remoteHost: 'db', remotePort: 5432, bindAddress: null, bindPort: null },
      ...{ description: '', autoStart: false, favourite: false, createdAt: AT, updatedAt: AT },
      ...spec,
    }),
    snapshot: {
      ...{ id: `id-${name}`, name, type: 'local', server: 'bastion', tags: [], wanted: true, state: 'running' },
      ...{ since: AT, listen: { host: '127.0.0.1', port: 5432 }, target: { host: 'db', port: 5432 }, attempt: 0 },
      ...{ nextTryAt: null, reason: null, connections: 0, totalConnections: 0, bytesUp: 0, bytesDown: 0 },
      ...{ via: ['bastion'], exposed: false, needId: null, ...plainSnapshot },
      ...snapshot,
    },
  }
}

function fakeDaemon({ answers = {} }: FakeOptions): { daemon: FakeDaemon; client: DaemonClient } {
  const listeners = new Map<string, Set<(payload: never) => void>>()
  const daemon: FakeDaemon = {
    calls: [],
    emit: (name, payload) => {
      for (const listener of listeners.get(name) ?? []) listener(payload as never)
    },
  }
  const defaults: Partial<Record<RpcMethod, unknown>> = {
    'forwards.list': [],
    'relays.list': [],
    'servers.list': [],
    'needs.list': [],
    'events.subscribe': null,
    'needs.answer': null,
  }
  const client: DaemonClient = {
    daemon: { pid: 1, build: 'test', protocol: 1 },
    call: async (method, params) => {
      daemon.calls.push({ method, params })
      const answer = answers[method]
      if (answer === undefined && !(method in defaults)) throw new Error(`unexpected call of ${method}`)
      // The fake speaks for every method at once, so its types end here.
      return (await (answer === undefined ? defaults[method] : answer(params as never, daemon))) as never
    },
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set.add(listener))
      return () => set.delete(listener)
    },
    closed: new Promise(() => undefined),
    close: () => undefined,
  }
  return { daemon, client }
}
