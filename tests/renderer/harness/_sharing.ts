/** Forwards that are shared, in every state, and the part of the fake daemon that shares them. */
import { PERSONAL, type CloudField, type CloudRun, type ForwardCloud } from '@shared/cloud-views'
import type { ForwardView } from '@shared/snapshots'
import { makeFields, makeForwardCloud, sampleTeams, WEB } from './_cloud'
import { makeFault, makeForward, type ForwardOptions } from './_data'

const MINUTE_MS = 60_000
const ENDS_HERE: readonly CloudField[] = ['localHost', 'localPort', 'bindAddress', 'bindPort', 'username']

/** A forward with its sharing; what is shared is what it is, but for `cloud.shared`. */
export function makeShared(name: string, cloud: Partial<ForwardCloud> = {}, options: ForwardOptions = {}): ForwardView {
  const view = makeForward(name, options)
  return { ...view, cloud: makeForwardCloud(name, { shared: fieldsOf(view), overrides: ENDS_HERE, ...cloud }) }
}

/** What the document says of a forward. */
export function fieldsOf({ spec }: ForwardView): NonNullable<ForwardCloud['shared']> {
  const { name, type, localHost, localPort, remoteHost, remotePort, bindAddress, bindPort, tags, description } = spec
  const ends = { localHost, localPort, remoteHost, remotePort, bindAddress, bindPort }
  return makeFields(name, { ...ends, type, tags, description })
}

/** One per state, of teams and of the account, beside some that are of this machine alone. */
export function sharedForwards(): readonly ForwardView[] {
  const ops = { spec: { tags: ['staging'] } }
  const db = makeShared(
    'db',
    { activeElsewhere: true, secrets: [{ kind: 'password', readable: true }] },
    {
      ...{ state: 'running', minutes: 134, connections: 2 },
      spec: { tags: ['staging'], localPort: 15_432, favourite: true, description: 'Orders, read only' },
    },
  )
  const personal = { namespace: PERSONAL, space: 'Personal', overrides: [] }
  const queue = makeShared(
    'queue-of-the-orders-service-in-frankfurt',
    { state: 'waiting' },
    {
      spec: {
        localPort: 15_672,
        remoteHost: 'rabbitmq-0.rabbitmq-headless.orders.svc.cluster.local',
        remotePort: 15_672,
      },
    },
  )
  return [
    { ...db, cloud: withShared(db, { localPort: 5432 }) },
    makeShared(
      'web',
      { state: 'conflict' },
      { ...ops, spec: { ...ops.spec, localPort: 8080, remoteHost: 'web', remotePort: 80 } },
    ),
    makeShared(
      'admin',
      {
        state: 'refused',
        fault: makeFault({
          code: 'cloud.refused',
          message: 'cloud.example.net refused admin: name must be shorter than or equal to 100 characters.',
          fix: 'Change it and save.',
          remedy: null,
          detail: null,
        }),
      },
      { spec: { localPort: 8443, remoteHost: 'admin', remotePort: 443, tags: ['staging'] } },
    ),
    remapped(),
    makeShared(
      'wiki',
      { namespace: WEB, space: 'web', editable: false, secrets: [{ kind: 'password', readable: false }] },
      {
        spec: {
          localPort: 8081,
          remoteHost: 'wiki.internal',
          remotePort: 80,
          description: 'Write there, not in mails',
        },
      },
    ),
    {
      ...queue,
      cloud: {
        ...makeForwardCloud('queue'),
        ...queue.cloud,
        space: sampleTeams[2]?.name ?? '',
        shared: null,
      },
    },
    makeShared('notes', personal, {
      state: 'running',
      minutes: 9,
      spec: { localPort: 3000, remoteHost: 'notes', remotePort: 80 },
    }),
    makeShared(
      'laptop-socks',
      { ...personal, state: 'waiting' },
      {
        spec: { type: 'dynamic', localPort: null, remoteHost: null, remotePort: null, bindPort: 1080 },
      },
    ),
    makeForward('mine', { spec: { localPort: 1025, remoteHost: 'mail', remotePort: 25 } }),
    makeForward('workers', { spec: { localPort: 9000, remoteHost: 'workers', remotePort: 9000, portCount: 10 } }),
  ]
}

export const sampleRuns: readonly CloudRun[] = [
  { deviceId: 'device-1', deviceName: 'thinkpad', user: 'ada@example.net', since: at(134), isThisDevice: true },
  { deviceId: 'device-2', deviceName: 'workshop-imac', user: 'bob@example.net', since: at(31), isThisDevice: false },
  {
    ...{ deviceId: 'device-3', deviceName: 'DESKTOP-OPERATIONS-FRANKFURT-0042', since: at(3000), isThisDevice: false },
    user: 'eleonora.alexandrovna.konstantinopolskaya@department-of-operations.example.net',
  },
]

interface World {
  readonly find: (id: string) => ForwardView
  readonly put: (view: ForwardView) => ForwardView
}

/** What a fake daemon does with shared forwards. */
export function sharingHandlers({ find, put }: World): Record<string, (params: never) => unknown> {
  return {
    'cloud.share': ({ ids, namespace }: { ids: readonly string[]; namespace: string }) =>
      ids.map((id) => {
        const view = find(id)
        const space =
          namespace === PERSONAL ? 'Personal' : (sampleTeams.find((team) => team.id === namespace)?.name ?? '')
        const overrides = namespace === PERSONAL ? [] : ENDS_HERE
        const cloud = makeForwardCloud(view.spec.name, {
          namespace,
          space,
          overrides,
          state: 'waiting',
          shared: fieldsOf(view),
        })
        return put({ ...view, cloud: namespace === 'local' ? null : cloud })
      }),
    'cloud.setOverride': ({ id, field, own }: { id: string; field: CloudField; own: boolean }) => {
      const view = find(id)
      const { cloud } = view
      if (cloud === null) return view
      const rest = cloud.overrides.filter((other) => other !== field)
      const value = own || cloud.shared === null || !(field in view.spec) ? {} : { [field]: cloud.shared[field] }
      return put({
        ...view,
        spec: { ...view.spec, ...value },
        cloud: { ...cloud, overrides: own ? [...rest, field] : rest },
      })
    },
    'cloud.setSecret': ({ id, kind, value }: { id: string; kind: 'password'; value: string | null }) => {
      const view = find(id)
      const { cloud } = view
      if (cloud === null) return view
      const rest = cloud.secrets.filter((secret) => secret.kind !== kind)
      return put({ ...view, cloud: { ...cloud, secrets: value === null ? rest : [...rest, { kind, readable: true }] } })
    },
  }
}

// --- internal ---

function at(minutes: number): string {
  return new Date(Date.now() - minutes * MINUTE_MS).toISOString()
}

function withShared(view: ForwardView, changes: Partial<NonNullable<ForwardCloud['shared']>>): ForwardCloud | null {
  return view.cloud === null ? null : { ...view.cloud, shared: { ...fieldsOf(view), ...changes } }
}

function remapped(): ForwardView {
  const view = makeShared(
    'metrics',
    { remapped: { from: 9090, to: 9091 } },
    {
      ...{ state: 'running', minutes: 3 },
      spec: { localPort: 9091, remoteHost: 'metrics', remotePort: 9090, tags: ['staging'] },
    },
  )
  return { ...view, cloud: withShared(view, { localPort: 9090 }) }
}
