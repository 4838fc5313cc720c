/** The cloud as the daemon lives with it: the account, the replica, and what clients ask. */
import { hostname } from 'node:os'
import { WarrenError } from '@shared/errors'
import type { CloudView } from '@shared/cloud-views'
import type { Cloud } from './types'

export type { Cloud } from './types'

export interface CloudOptions {
  readonly now: () => number
}

export function createCloud(options: CloudOptions): Promise<Cloud> {
  const view: CloudView = {
    ...{ account: null, state: 'signed-out', since: new Date(options.now()).toISOString(), waiting: 0, conflicts: 0 },
    ...{ refused: 0, fault: null, lastSyncAt: null, nextTryAt: null, mode: 'polling', pollSeconds: 30, teams: [] },
    ...{ key: 'none', keeps: 'keychain', device: { id: 'none', name: hostname() } },
  }
  const refuse = (): never => {
    throw new WarrenError('cloud.signed-out', 'Nobody is signed in.', { fix: 'Sign in to a cloud server first.' })
  }
  return Promise.resolve({
    status: () => view,
    conflicts: () => [],
    ...{ login: refuse, register: refuse, logout: refuse, changePassword: refuse, sync: refuse, setPolling: refuse },
    ...{ share: refuse, setOverride: refuse, setSecret: refuse, resolve: refuse, runs: refuse },
    ...{ createTeam: refuse, joinTeam: refuse, members: refuse, invitations: refuse, invite: refuse, withdraw: refuse },
    ...{ setRole: refuse, removeMember: refuse, leaveTeam: refuse, dissolveTeam: refuse, audit: refuse },
    ...{ grantKey: refuse, makeKey: refuse, unlock: refuse, resetKey: refuse },
    viewOf: () => null,
    begin: () => Promise.resolve(),
    networkChanged: () => undefined,
    close: () => Promise.resolve(),
  })
}
