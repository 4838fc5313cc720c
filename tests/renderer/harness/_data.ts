/** Forwards, servers and needs in every state, for looking at the window and for its tests. */
import { isExposed, listenEndpoint, targetEndpoint } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import { noLimits, type LimitDrops } from '@shared/limits'
import type { Need } from '@shared/needs'
import type { ForwardState, ForwardView } from '@shared/snapshots'
import { forwardSpecSchema, serverSpecSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import { plainSnapshot } from '../../support/plain'

const CREATED = '2026-01-05T09:00:00.000Z'
const MINUTE_MS = 60_000

export function makeServer(name: string, changes: Partial<ServerSpec> = {}): ServerSpec {
  return serverSpecSchema.parse({
    id: `server-${name}`,
    name,
    host: `${name}.example.net`,
    createdAt: CREATED,
    updatedAt: CREATED,
    ...changes,
  })
}

export interface ForwardOptions {
  readonly spec?: Partial<ForwardSpec>
  readonly state?: ForwardState
  readonly reason?: Fault | null
  readonly minutes?: number
  readonly connections?: number
  readonly needId?: string | null
  readonly via?: readonly string[]
  readonly drops?: Partial<LimitDrops>
}

export function makeForward(name: string, options: ForwardOptions = {}): ForwardView {
  const spec = forwardSpecSchema.parse({
    id: `forward-${name}`,
    name,
    type: 'local',
    localPort: 5432,
    remoteHost: 'db',
    remotePort: 5432,
    serverId: 'server-bastion',
    createdAt: CREATED,
    updatedAt: CREATED,
    ...options.spec,
  })
  const state = options.state ?? 'stopped'
  const listen = listenEndpoint(spec)
  const via = options.via ?? ['bastion']
  const live = options.connections ?? 0
  return {
    spec,
    lastUsed: null,
    cloud: null,
    snapshot: {
      id: spec.id,
      name,
      type: spec.type,
      server: via.at(-1) ?? 'bastion',
      tags: spec.tags,
      wanted: state !== 'stopped',
      state,
      since: new Date(Date.now() - (options.minutes ?? 3) * MINUTE_MS).toISOString(),
      listen,
      target: targetEndpoint(spec),
      attempt: state === 'waiting' ? 3 : 0,
      nextTryAt: state === 'waiting' ? new Date(Date.now() + 28_000).toISOString() : null,
      reason: options.reason ?? null,
      connections: live,
      totalConnections: live * 12,
      bytesUp: live * 3_400_000,
      bytesDown: live * 61_000_000,
      via,
      exposed: isExposed(listen),
      needId: options.needId ?? null,
      ...plainSnapshot,
      drops: { ...plainSnapshot.drops, ...options.drops },
    },
  }
}

export function makeFault(changes: Partial<Fault> = {}): Fault {
  return {
    code: 'ssh.unreachable',
    message: 'bastion.example.net:22 refused the connection.',
    fix: 'Check that the server is up and listens on port 22.',
    field: null,
    remedy: { action: 'retry' },
    detail: 'connect ECONNREFUSED 192.0.2.7:22',
    ...changes,
  }
}

export const servers: readonly ServerSpec[] = [
  makeServer('bastion', { username: 'deploy' }),
  makeServer('build', { host: '192.0.2.44', port: 2222, jump: ['server-bastion'] }),
  makeServer('edge', { host: '2001:db8::17', username: 'root', identityFiles: ['~/.ssh/id_edge'] }),
]

/** One per state, and the awkward ones: long names, IPv6, sockets, the open network. */
export function sampleForwards(): readonly ForwardView[] {
  return [
    makeForward('db', { state: 'running', minutes: 134, connections: 2, spec: { tags: ['staging'], favourite: true } }),
    makeForward('web', {
      state: 'waiting',
      reason: makeFault(),
      spec: { localPort: 8080, remoteHost: 'web', remotePort: 80, tags: ['staging'] },
    }),
    makeForward('admin', {
      state: 'needs-you',
      needId: 'need-1',
      spec: { localPort: 8443, remoteHost: 'admin', remotePort: 443, tags: ['staging'] },
    }),
    makeForward('metrics', {
      state: 'failed',
      reason: makeFault({
        code: 'port.in-use',
        message: 'Port 9090 is held by prometheus, pid 812.',
        fix: 'Use another port.',
        field: 'localPort',
        remedy: { action: 'use-port', port: 9091 },
        detail: 'listen EADDRINUSE 127.0.0.1:9090',
      }),
      spec: { localPort: 9090, remoteHost: 'metrics', remotePort: 9090, tags: ['staging', 'ops'] },
    }),
    makeForward('socks', {
      spec: { type: 'dynamic', localPort: null, remoteHost: null, remotePort: null, bindPort: 1080 },
    }),
    makeForward('webhook', {
      state: 'running',
      minutes: 12,
      via: ['edge'],
      drops: { connections: 1204 },
      spec: {
        limits: { ...noLimits, maxConnections: 20 },
        type: 'remote',
        serverId: 'server-edge',
        remoteHost: '0.0.0.0',
        remotePort: 8000,
        localPort: 3000,
        tags: ['ops'],
      },
    }),
    makeForward('queue-of-the-orders-service-in-frankfurt', {
      state: 'authenticating',
      minutes: 0,
      via: ['bastion', 'build'],
      spec: {
        serverId: 'server-build',
        localPort: 15672,
        remoteHost: 'rabbitmq-0.rabbitmq-headless.orders.svc.cluster.local',
        remotePort: 15672,
        tags: ['ops', 'frankfurt', 'orders'],
      },
    }),
    makeForward('cache', {
      state: 'degraded',
      minutes: 61,
      connections: 1,
      via: ['edge'],
      reason: makeFault({
        code: 'target.refused',
        message: 'cache:6379 refused the last connection.',
        fix: null,
        remedy: null,
      }),
      spec: { serverId: 'server-edge', bindAddress: '::1', localPort: 6379, remoteHost: 'cache', remotePort: 6379 },
    }),
    makeForward('docker', {
      spec: {
        bindAddress: '/run/user/1000/docker.sock',
        localPort: null,
        remoteHost: '/var/run/docker.sock',
        remotePort: null,
      },
    }),
    makeForward('shared', { spec: { bindAddress: '0.0.0.0', localPort: 8081, remoteHost: 'wiki', remotePort: 80 } }),
    makeForward('mail', { spec: { localPort: 1025, remoteHost: 'mail', remotePort: 25, tags: ['staging'] } }),
    makeForward('logs', {
      state: 'failed',
      reason: makeFault({
        code: 'ssh.auth-failed',
        message:
          'bastion refused the login. It accepts publickey and keyboard-interactive; Warren offered publickey with 2 keys.',
        fix: 'Change the login in Servers › bastion.',
        remedy: { action: 'edit-server', serverId: 'server-bastion' },
        detail: 'All configured authentication methods failed',
      }),
      spec: { localPort: 9200, remoteHost: 'logs', remotePort: 9200 },
    }),
  ]
}

export function manyForwards(count: number): readonly ForwardView[] {
  return Array.from({ length: count }, (_, index) =>
    makeForward(`service-${index + 1}`, {
      state: index % 3 === 0 ? 'running' : 'stopped',
      minutes: index,
      connections: 0,
      spec: {
        localPort: 10_000 + index,
        remotePort: 10_000 + index,
        remoteHost: `host-${index}`,
        tags: [`team-${index % 12}`],
      },
    }),
  )
}

export function sampleNeeds(): readonly Need[] {
  return [
    {
      kind: 'host-key',
      id: 'need-1',
      serverId: 'server-bastion',
      server: 'bastion',
      login: 'deploy@bastion.example.net:22',
      forwardIds: ['forward-admin'],
      raisedAt: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 110_000).toISOString(),
      host: 'bastion.example.net',
      port: 22,
      keyType: 'ssh-ed25519',
      fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BrrgeCcqc1a0CRGcs3A1mbVQ',
      randomart: [
        '+--[ED25519 256]--+',
        '|      .o+=*oo    |',
        '|     . .++.B     |',
        '|      o.=.= o    |',
        '|     . =.* .     |',
        '|      o S.=      |',
        '|       + O o     |',
        '|      . B = .    |',
        '|       o E +     |',
        '|        . o      |',
        '+----[SHA256]-----+',
      ].join('\n'),
      knownAs: [],
      recordedAs: 'bastion.example.net',
      certificate: null,
      knownHostsFile: '/home/me/.ssh/known_hosts',
    },
  ]
}
