/** An account, a team, a shared forward, a conflict, and a daemon that answers with them. */
import type { CloudConflict, CloudFields, CloudMember, CloudView, ForwardCloud } from '@shared/cloud-views'
import { server, view, type FakeOptions } from './_fake-world'

const AT = '2026-01-01T02:14:00.000Z'
export const OPS = '11111111-1111-4111-8111-111111111111'
export const URL = 'https://cloud.example'
const account = { url: URL, email: 'ada@example.com', username: 'ada', userId: 'u1' }
export const team = { id: OPS, name: 'ops', role: 'owner', key: 'ready' } as const

export function cloud(over: Partial<CloudView> = {}): CloudView {
  return {
    ...{ account, state: 'in-sync', since: AT, waiting: 0, conflicts: 0, refused: 0, fault: null, lastSyncAt: AT },
    ...{ nextTryAt: null, mode: 'events', pollSeconds: 30, teams: [team], key: 'ready', keeps: 'keychain' },
    ...{ device: { id: 'd1', name: 'laptop' } },
    ...over,
  }
}
export const signedOut = cloud({ account: null, state: 'signed-out', teams: [], lastSyncAt: null })

const fields: CloudFields = {
  ...{ name: 'db', type: 'local', localHost: null, localPort: 5432, remoteHost: 'db', remotePort: 5432 },
  ...{ bindAddress: null, bindPort: null, serverAddress: 'bastion.example', username: null, tags: [], description: '' },
  ...{ password: null, keyContent: null, passphrase: null },
}
export function shared(over: Partial<ForwardCloud> = {}): ForwardCloud {
  return {
    ...{ namespace: OPS, space: 'ops', state: 'synced', fault: null, editable: true, shared: fields, overrides: [] },
    ...{ remapped: null, secrets: [], activeElsewhere: false },
    ...over,
  }
}
export const db = { ...view(), cloud: shared() }
export const web = view({ name: 'web' })
export const conflict: CloudConflict = {
  ...{ id: 'c0ffee', forwardId: 'id-db', name: 'db', namespace: OPS, space: 'ops', kind: 'edited', at: AT },
  ...{ fields: ['localPort', 'name'], base: fields, mine: { ...fields, localPort: 1 } },
  theirs: { ...fields, localPort: 2, name: 'db2' },
}
const grace: CloudMember = {
  ...{ userId: 'u2', email: 'grace@example.com', username: 'Grace', role: 'developer', isMe: false, key: 'waits' },
  ...{ fingerprint: 'AAAA BBBB CCCC DDDD', keyChanged: false },
}

export const answers: NonNullable<FakeOptions['answers']> = {
  'cloud.status': () => cloud(),
  'cloud.login': () => cloud({ state: 'starting' }),
  'cloud.register': () => cloud({ state: 'starting' }),
  'cloud.logout': () => signedOut,
  'cloud.changePassword': () => null,
  'cloud.sync': () => cloud(),
  'cloud.setPolling': ({ seconds }: { seconds: number }) => cloud({ mode: 'polling', pollSeconds: seconds }),
  'cloud.share': () => [db],
  'cloud.setOverride': () => ({ ...db, cloud: shared({ overrides: ['localPort'] }) }),
  'cloud.setSecret': () => db,
  'cloud.conflicts': () => [conflict],
  'cloud.resolve': () => null,
  'cloud.runs': () => [
    { deviceId: 'd2', deviceName: 'desk', user: 'grace@example.com', since: AT, isThisDevice: false },
  ],
  'cloud.createTeam': () => team,
  'cloud.joinTeam': () => team,
  'cloud.members': () => [grace],
  'cloud.invitations': () => [{ id: 'i1', role: 'user', expiresAt: '2026-01-08T00:00:00.000Z', link: null }],
  'cloud.invite': () => ({ id: 'i1', role: 'user', expiresAt: '2026-01-08T00:00:00.000Z', link: `${URL}/invite#t` }),
  'cloud.withdraw': () => null,
  'cloud.setRole': () => null,
  'cloud.removeMember': () => null,
  'cloud.leaveTeam': () => null,
  'cloud.dissolveTeam': () => null,
  'cloud.audit': () => [{ id: 7, at: AT, actor: 'ada@example.com', action: 'member.invite', subject: 'x', detail: '' }],
  'cloud.grantKey': () => null,
  'cloud.makeKey': () => ({ recoveryCode: 'aaaa-bbbb' }),
  'cloud.unlock': () => null,
  'cloud.resetKey': () => ({ recoveryCode: 'cccc-dddd' }),
  'activity.list': () => [],
  'forwards.list': () => [db, web],
  'servers.list': () => [server()],
}
