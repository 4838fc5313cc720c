/** An account, its teams and what waits for a decision, made up: for looking at and for tests. */
import type {
  CloudAuditEntry,
  CloudConflict,
  CloudFields,
  CloudInvitation,
  CloudMember,
  CloudRun,
  CloudTeam,
  CloudView,
  ForwardCloud,
  TeamRole,
} from '@shared/cloud-views'
import type { Fault } from '@shared/errors'
import { makeFault } from './_data'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString()

export const OPS = '6f1c2f3a-5a0e-4a63-9d0b-3f5a2c7e1b01'
export const WEB = '6f1c2f3a-5a0e-4a63-9d0b-3f5a2c7e1b02'
export const LONG = '6f1c2f3a-5a0e-4a63-9d0b-3f5a2c7e1b03'
export const RECOVERY_CODE = '4f1a-9c03-77be-20d5-e861-3b9a-05cc-f24e'

export const sampleTeams: readonly CloudTeam[] = [
  { id: OPS, name: 'ops', role: 'owner', key: 'ready' },
  { id: WEB, name: 'web', role: 'user', key: 'waiting' },
  { id: LONG, name: 'Plattform-Betrieb Frankfurt und Rechenzentrum Süd', role: 'developer', key: 'none' },
]

export function makeCloud(changes: Partial<CloudView> = {}): CloudView {
  return {
    account: { url: 'https://cloud.example.net', email: 'ada@example.net', username: 'ada', userId: 'user-ada' },
    state: 'in-sync',
    since: ago(40 * MINUTE_MS),
    ...{ waiting: 0, conflicts: 0, refused: 0, fault: null },
    lastSyncAt: ago(12 * SECOND_MS),
    nextTryAt: null,
    mode: 'events',
    pollSeconds: 30,
    teams: sampleTeams,
    key: 'ready',
    keeps: 'keychain',
    device: { id: 'device-1', name: 'thinkpad' },
    ...changes,
  }
}

export const signedOut: CloudView = makeCloud({
  ...{ account: null, state: 'signed-out', lastSyncAt: null, teams: [], mode: 'polling', key: 'unsupported' },
})

export function makeFields(name: string, changes: Partial<CloudFields> = {}): CloudFields {
  return {
    ...{ name, type: 'local', localHost: '127.0.0.1', localPort: 5432, remoteHost: 'db.internal', remotePort: 5432 },
    ...{ bindAddress: null, bindPort: null, serverAddress: 'bastion.example.net', username: null },
    ...{ tags: ['staging'], description: '', password: null, keyContent: null, passphrase: null },
    ...changes,
  }
}

/** How a forward stands to the team ops. */
export function makeForwardCloud(name: string, changes: Partial<ForwardCloud> = {}): ForwardCloud {
  return {
    ...{ namespace: OPS, space: 'ops', state: 'synced', fault: null, editable: true },
    shared: makeFields(name),
    overrides: ['localPort'],
    ...{ remapped: null, secrets: [], activeElsewhere: false },
    ...changes,
  }
}

export function makeConflict(name: string, changes: Partial<CloudConflict> = {}): CloudConflict {
  const base = makeFields(name)
  return {
    id: `conflict-${name}`,
    forwardId: `forward-${name}`,
    name,
    namespace: OPS,
    space: 'ops',
    kind: 'edited',
    at: ago(6 * MINUTE_MS),
    fields: ['remoteHost', 'remotePort', 'tags'],
    base,
    mine: { ...base, remoteHost: 'db-2.internal', remotePort: 5433, tags: ['staging', 'mine'] },
    theirs: { ...base, remoteHost: 'postgres.prod.svc.cluster.local', remotePort: 6432, tags: [] },
    ...changes,
  }
}

const SEALED = 'warren-sealed:1:3:AAAA'

export function sampleConflicts(): readonly CloudConflict[] {
  const web = makeFields('web', { remoteHost: 'web.internal', remotePort: 80, localPort: 8080 })
  const old = makeFields('old-admin', { remoteHost: 'admin.internal', remotePort: 443, localPort: 8443 })
  return [
    makeConflict('db', { at: ago(2 * HOUR_MS) }),
    makeConflict('web', {
      ...{ kind: 'deleted-there', fields: ['remotePort', 'description'], base: web, theirs: null },
      mine: { ...web, remotePort: 8081, description: 'The shop, as customers see it' },
      at: ago(50 * MINUTE_MS),
    }),
    makeConflict('old-admin', {
      ...{ kind: 'deleted-here', forwardId: null, fields: ['remoteHost'], base: old, mine: null },
      theirs: { ...old, remoteHost: 'admin-2.internal' },
      at: ago(20 * MINUTE_MS),
    }),
    makeConflict('queue-of-the-orders-service-in-frankfurt', {
      ...{ namespace: 'personal', space: 'Personal', fields: ['description', 'password'] },
      base: makeFields('queue', { description: 'Orders', password: SEALED }),
      mine: makeFields('queue', {
        description:
          'Orders of the shop in Frankfurt. The management page of the queue is at /rabbit; ask Bob before you delete a queue, the consumers do not come back by themselves.',
        password: `${SEALED}b`,
      }),
      theirs: makeFields('queue', { description: 'Orders (do not use on Mondays)', password: null }),
    }),
  ]
}

export function manyConflicts(count: number): readonly CloudConflict[] {
  return Array.from({ length: count }, (_, index) =>
    makeConflict(`service-${index + 1}`, { at: ago(index * 7 * MINUTE_MS), space: index % 3 === 0 ? 'web' : 'ops' }),
  )
}

export function makeMember(name: string, changes: Partial<CloudMember> = {}): CloudMember {
  return {
    userId: `user-${name}`,
    email: `${name}@example.net`,
    username: name,
    role: 'developer',
    isMe: false,
    key: 'has',
    fingerprint: '3f2a 91c0 77be 05d4',
    keyChanged: false,
    ...changes,
  }
}

export const sampleMembers: readonly CloudMember[] = [
  makeMember('ada', { role: 'owner', isMe: true, fingerprint: '81d0 4c4e 9a27 f3b6' }),
  makeMember('bob', { key: 'waits', fingerprint: 'c09f 2a51 e8d3 7764' }),
  makeMember('carla', { key: 'waits', keyChanged: true, fingerprint: '0b7e d19a 44c2 58f0' }),
  makeMember('dimitri', { role: 'user', key: 'keyless', fingerprint: null }),
  makeMember('eleonora-alexandrovna', {
    email: 'eleonora.alexandrovna.konstantinopolskaya@department-of-operations.example.net',
    username: 'Eleonora Alexandrovna Konstantinopolskaya-Winterbottom',
  }),
]

/** `count` people; some hold the key. */
export function manyMembers(count: number): readonly CloudMember[] {
  const roles: readonly TeamRole[] = ['developer', 'user', 'developer', 'owner']
  const keys: readonly CloudMember['key'][] = ['has', 'keyless', 'waits']
  return [
    ...sampleMembers,
    ...Array.from({ length: Math.max(0, count - sampleMembers.length) }, (_, index) => {
      const key = keys[index % keys.length] ?? 'has'
      return makeMember(`person-${index + 1}`, {
        role: roles[index % roles.length] ?? 'user',
        key,
        ...(key === 'keyless' ? { fingerprint: null } : {}),
      })
    }),
  ]
}

export function makeCloudAudit(count: number): readonly CloudAuditEntry[] {
  const lines = [
    ['ada@example.net', 'forward.change', 'db', 'remoteHost, tags'],
    ['bob@example.net', 'member.join', 'bob@example.net', 'developer'],
    ['ada@example.net', 'key.copies', 'bob@example.net', '2'],
    [
      'eleonora.alexandrovna.konstantinopolskaya@department-of-operations.example.net',
      'forward.sync',
      '12 port forwards',
      '',
    ],
    ['ada@example.net', 'member.role', 'dimitri@example.net', 'user'],
  ] as const
  return Array.from({ length: count }, (_, index) => {
    const [actor, action, subject, detail] = lines[index % lines.length] ?? lines[0]
    return { id: count - index, at: ago(index * 43 * MINUTE_MS), actor, action, subject, detail }
  })
}

export const offlineFault: Fault = makeFault({
  code: 'cloud.unreachable',
  message: 'cloud.example.net refused the connection.',
  fix: 'Check that the server is up and that this machine is in its network.',
  remedy: null,
  detail: 'connect ECONNREFUSED 192.0.2.9:443',
})
export const loginFault: Fault = makeFault({
  code: 'cloud.login-needed',
  message: 'cloud.example.net no longer accepts the login of ada@example.net.',
  fix: 'Sign in again. The password may have been changed on another machine.',
  remedy: null,
  detail: '401 Unauthorized',
})
export const loginRefused: Fault = makeFault({
  code: 'cloud.login-refused',
  message: 'cloud.example.net refused the e-mail address or the password.',
  fix: 'Check both. After ten wrong tries in a row the server waits for 15 minutes.',
  remedy: null,
  detail: '401 Invalid credentials',
})

export interface CloudOptions {
  readonly view?: CloudView
  readonly conflicts?: readonly CloudConflict[]
  readonly members?: readonly CloudMember[]
  readonly invitations?: readonly CloudInvitation[]
  readonly audit?: readonly CloudAuditEntry[]
  readonly runs?: readonly CloudRun[]
  /** What asking for a team's people fails with. */
  readonly teamFault?: Fault
}

/** What the address of the harness asks for. */
export function cloudFrom(name: string | null): CloudOptions {
  switch (name) {
    case null:
    case 'signed-out':
      return {}
    case 'waiting':
      return { view: makeCloud({ state: 'waiting', waiting: 3, since: ago(4 * SECOND_MS), refused: 1 }) }
    case 'starting':
      return { view: makeCloud({ state: 'starting', lastSyncAt: null }) }
    case 'offline':
      return {
        view: makeCloud({
          ...{ state: 'offline', waiting: 7, fault: offlineFault, key: 'locked' },
          ...{ since: ago(3 * HOUR_MS), lastSyncAt: ago(3 * HOUR_MS), nextTryAt: ahead(48 * SECOND_MS) },
          teams: sampleTeams.map((team) => ({ ...team, key: 'locked' })),
        }),
        teamFault: offlineFault,
      }
    case 'login-needed':
      return { view: makeCloud({ state: 'login-needed', waiting: 2, fault: loginFault }) }
    case 'bare':
      return { view: makeCloud({ mode: 'polling', key: 'unsupported', teams: [], keeps: 'file' }) }
    case 'new':
      return { view: makeCloud({ teams: [], key: 'none', keeps: 'memory' }) }
    case 'conflicts':
      return { view: makeCloud({ state: 'conflict', conflicts: 4, refused: 1 }), conflicts: sampleConflicts() }
    case 'many':
      return {
        view: makeCloud({ state: 'conflict', conflicts: 12 }),
        conflicts: manyConflicts(12),
        ...{ members: manyMembers(20), audit: makeCloudAudit(60) },
      }
    default:
      return { view: makeCloud(), audit: makeCloudAudit(60), invitations: sampleInvitations() }
  }
}

export function sampleInvitations(): readonly CloudInvitation[] {
  return [
    { id: 'invite-1', role: 'developer', expiresAt: ahead(6 * DAY_MS + HOUR_MS), link: null },
    { id: 'invite-2', role: 'user', expiresAt: ahead(20 * HOUR_MS), link: null },
  ]
}

type Emit = (change: { cloud: CloudView; conflicts: readonly CloudConflict[] }) => void

/** What a fake daemon answers about the cloud. */
export function cloudHandlers(
  options: CloudOptions,
  { emit, refuse }: { readonly emit: Emit; readonly refuse: (fault: Fault) => never },
): Record<string, (params: never) => unknown> {
  let view = options.view ?? signedOut
  let conflicts = options.conflicts ?? []
  let members = options.members ?? sampleMembers
  let invitations = options.invitations ?? []
  const set = (changes: Partial<CloudView>): CloudView => {
    view = { ...view, ...changes }
    emit({ cloud: view, conflicts })
    return view
  }
  const signIn = ({ url, email, keep }: { url: string; email: string; keep: CloudView['keeps'] }): CloudView =>
    set({
      ...makeCloud({ keeps: keep }),
      account: { url: new URL(url).origin, email, username: email.split('@')[0] ?? email, userId: 'user-ada' },
    })
  const change = (userId: string, changes: Partial<CloudMember>): null => {
    members = members.map((member) => (member.userId === userId ? { ...member, ...changes } : member))
    return null
  }
  const ofTeam = <T>(value: () => T): T => (options.teamFault === undefined ? value() : refuse(options.teamFault))
  const drop = (teamId: string): null => {
    set({ teams: view.teams.filter((team) => team.id !== teamId) })
    return null
  }
  const join = (name: string): CloudTeam => {
    const team: CloudTeam = { id: crypto.randomUUID(), name, role: 'owner', key: 'none' }
    set({ teams: [...view.teams, team] })
    return team
  }
  return {
    'cloud.status': () => view,
    'cloud.conflicts': () => conflicts,
    'cloud.login': signIn,
    'cloud.register': signIn,
    'cloud.logout': () => set(signedOut),
    'cloud.changePassword': () => null,
    'cloud.sync': () => set({ state: 'in-sync', waiting: 0, fault: null, lastSyncAt: ago(0), nextTryAt: null }),
    'cloud.setPolling': ({ seconds }: { seconds: number }) => set({ pollSeconds: seconds }),
    'cloud.resolve': ({ id }: { id: string }) => {
      conflicts = conflicts.filter((conflict) => conflict.id !== id)
      set({ conflicts: conflicts.length, state: conflicts.length === 0 ? 'in-sync' : 'conflict' })
      return null
    },
    'cloud.runs': () => options.runs ?? [],
    'cloud.createTeam': ({ name }: { name: string }) => join(name),
    'cloud.joinTeam': () => join('joined'),
    'cloud.members': () => ofTeam(() => members),
    'cloud.invitations': () => ofTeam(() => invitations),
    'cloud.invite': ({ role, days }: { role: TeamRole; days: number }) => {
      const made = { id: `invite-${invitations.length + 7}`, role, expiresAt: ahead(days * DAY_MS), link: null }
      invitations = [...invitations, made]
      return { ...made, link: 'https://cloud.example.net/invite#q7Jm0Vb1c4sWq3n8xT2zLrYd5aKf9hGe' }
    },
    'cloud.withdraw': ({ invitationId }: { invitationId: string }) => {
      invitations = invitations.filter(({ id }) => id !== invitationId)
      return null
    },
    'cloud.setRole': ({ userId, role }: { userId: string; role: TeamRole }) => change(userId, { role }),
    'cloud.grantKey': ({ userId }: { userId: string }) => change(userId, { key: 'has', keyChanged: false }),
    'cloud.removeMember': ({ userId }: { userId: string }) => {
      members = members.filter((member) => member.userId !== userId)
      return null
    },
    'cloud.leaveTeam': ({ teamId }: { teamId: string }) => drop(teamId),
    'cloud.dissolveTeam': ({ teamId }: { teamId: string }) => drop(teamId),
    'cloud.audit': ({ limit, before }: { limit: number; before?: number }) =>
      ofTeam(() => (options.audit ?? []).filter(({ id }) => before === undefined || id < before).slice(0, limit)),
    'cloud.makeKey': () => {
      set({ key: 'ready' })
      return { recoveryCode: RECOVERY_CODE }
    },
    'cloud.unlock': () => {
      set({ key: 'ready', teams: view.teams.map((team) => ({ ...team, key: 'ready' })) })
      return null
    },
    'cloud.resetKey': () => {
      set({ key: 'ready' })
      return { recoveryCode: RECOVERY_CODE }
    },
  }
}
