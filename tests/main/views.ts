/** Forwards and needs as the daemon tells them, with what a test does not care about filled in. */
import type { CloudView, ForwardCloud } from '@shared/cloud-views'
import type { Need } from '@shared/needs'
import type { RelaySnapshot, RelayView } from '@shared/relay-snapshots'
import { relaySpecSchema, type RelaySpec } from '@shared/relays'
import type { ForwardSnapshot, ForwardView } from '@shared/snapshots'
import { forwardSpecSchema, type ForwardSpec } from '@shared/specs'
import type { World } from '../../src/main/world'
import { plainSnapshot } from '../support/plain'

const AT = '2026-01-02T03:04:05.000Z'

interface Given {
  readonly spec?: Partial<ForwardSpec>
  readonly snapshot?: Partial<ForwardSnapshot>
  readonly lastUsed?: string | null
  readonly cloud?: Partial<ForwardCloud> | null
}

export function view(name: string, given: Given = {}): ForwardView {
  const spec = forwardSpecSchema.parse({
    id: `id-${name}`,
    name,
    type: 'local',
    localPort: 5432,
    remoteHost: 'db',
    remotePort: 5432,
    serverId: 'bastion',
    createdAt: AT,
    updatedAt: AT,
    ...given.spec,
  })
  const state = given.snapshot?.state ?? 'stopped'
  return {
    spec,
    lastUsed: given.lastUsed ?? null,
    cloud: given.cloud === undefined || given.cloud === null ? null : shared(given.cloud),
    snapshot: {
      id: spec.id,
      name,
      type: spec.type,
      server: 'bastion',
      tags: spec.tags,
      wanted: state !== 'stopped',
      state,
      since: AT,
      listen: { host: '127.0.0.1', port: 5432 },
      target: { host: 'db', port: 5432 },
      attempt: 0,
      nextTryAt: null,
      reason: null,
      connections: 0,
      totalConnections: 0,
      bytesUp: 0,
      bytesDown: 0,
      via: ['bastion'],
      exposed: false,
      needId: null,
      ...plainSnapshot,
      ...given.snapshot,
    },
  }
}

function shared(given: Partial<ForwardCloud>): ForwardCloud {
  return {
    ...{ namespace: 'team-ops', space: 'ops', state: 'synced', fault: null, editable: true, shared: null },
    ...{ overrides: [], remapped: null, secrets: [], activeElsewhere: false },
    ...given,
  }
}

/** An account in which all is well, and what of it is otherwise. */
export function account(given: Partial<CloudView> = {}): CloudView {
  return {
    ...{ account: { url: 'https://cloud.example', email: 'me@example.com', username: 'me', userId: 'user-me' } },
    ...{
      state: 'in-sync',
      since: AT,
      waiting: 0,
      conflicts: 0,
      refused: 0,
      fault: null,
      lastSyncAt: AT,
      nextTryAt: null,
    },
    ...{ mode: 'events', pollSeconds: 30, teams: [], key: 'ready', keeps: 'keychain' },
    ...{ device: { id: 'device-me', name: 'laptop' } },
    ...given,
  }
}

interface GivenRelay {
  readonly spec?: Partial<RelaySpec>
  readonly snapshot?: Partial<RelaySnapshot>
  readonly lastUsed?: string | null
}

export function relayView(name: string, given: GivenRelay = {}): RelayView {
  const target = { host: 'game', port: 25_565 }
  const spec = relaySpecSchema.parse({
    ...{ id: `relay-${name}`, name, protocol: 'tcp', listenPort: 25_565, targets: [target] },
    ...{ createdAt: AT, updatedAt: AT },
    ...given.spec,
  })
  const state = given.snapshot?.state ?? 'stopped'
  return {
    spec,
    lastUsed: given.lastUsed ?? null,
    snapshot: {
      ...{ id: spec.id, name, type: spec.protocol, tags: spec.tags, wanted: state !== 'stopped', state, since: AT },
      ...{ listen: { host: spec.listenHost, port: spec.listenPort }, target, portCount: 1 },
      ...{ targets: [{ target, reachable: null }], attempt: 0, nextTryAt: null, reason: null },
      ...{ connections: 0, totalConnections: 0, bytesUp: 0, bytesDown: 0, exposed: false, notice: null },
      drops: { connections: 0, denied: 0, evicted: 0, datagrams: 0 },
      ...given.snapshot,
    },
  }
}

/** The same world with these relays in it. */
export function withRelays(before: World, relays: readonly RelayView[]): World {
  return { ...before, relays: new Map(relays.map((one) => [one.spec.id, one])) }
}

export function world(views: readonly ForwardView[], given: Partial<World> = {}): World {
  return {
    link: { state: 'connected' },
    forwards: new Map(views.map((one) => [one.spec.id, one])),
    relays: new Map(),
    needs: [],
    cloud: null,
    rate: 0,
    ...given,
  }
}

const needBase = {
  serverId: 'server-1',
  server: 'bastion',
  login: 'me@bastion:22',
  forwardIds: ['id-db'],
  raisedAt: AT,
  expiresAt: AT,
}

export function passwordNeed(id: string, refused = false): Need {
  return { ...needBase, id, kind: 'password', username: 'me', refused }
}

export function passphraseNeed(id: string, refused = false): Need {
  return { ...needBase, id, kind: 'passphrase', keyFile: '/home/me/.ssh/id', refused }
}

export function codeNeed(id: string): Need {
  return { ...needBase, id, kind: 'keyboard-interactive', name: '', instruction: '', prompts: [] }
}
