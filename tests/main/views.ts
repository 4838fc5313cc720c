/** Forwards and needs as the daemon tells them, with what a test does not care about filled in. */
import type { Need } from '@shared/needs'
import type { ForwardSnapshot, ForwardView } from '@shared/snapshots'
import { forwardSpecSchema, type ForwardSpec } from '@shared/specs'
import type { World } from '../../src/main/world'
import { plainSnapshot } from '../support/plain'

const AT = '2026-01-02T03:04:05.000Z'

interface Given {
  readonly spec?: Partial<ForwardSpec>
  readonly snapshot?: Partial<ForwardSnapshot>
  readonly lastUsed?: string | null
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

export function world(views: readonly ForwardView[], given: Partial<World> = {}): World {
  return {
    link: { state: 'connected' },
    forwards: new Map(views.map((one) => [one.spec.id, one])),
    needs: [],
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
