/** Forwards: what the person wrote. */
import { randomUUID } from 'node:crypto'
import { WarrenError } from '@shared/errors'
import { forwardSpecSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import { withoutProxyPassword } from '../proxy-passwords'
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { isForwardRow, readOnly } from '../ssh-config'
import { checked, nameTaken } from '../checked'

type Part = Pick<
  Handlers,
  | 'forwards.list'
  | 'forwards.get'
  | 'forwards.add'
  | 'forwards.update'
  | 'forwards.remove'
  | 'forwards.removed'
  | 'forwards.restore'
  | 'forwards.setSecret'
>

/** How long a removed forward or server can be brought back. */
export const UNDO_MS = 24 * 60 * 60 * 1000

export function forwardHandlers(services: Services): Part {
  const { catalog, watch, store, engine, activity, cloud, inTurn, now } = services
  const tell = (kind: 'added' | 'changed' | 'removed', spec: ForwardSpec, message: string): void => {
    activity.add({ kind, forwardId: spec.id, serverId: spec.serverId, subject: spec.name, message })
  }
  const stamp = (): string => new Date(now()).toISOString()
  return {
    'forwards.list': () => watch.views(),
    'forwards.get': ({ id }) => watch.view(id),
    'forwards.add': (draft) =>
      inTurn(async () => {
        if (catalog.isNameTaken('forward', draft.name)) throw nameTaken('forward', draft.name)
        requireServer(services, draft.serverId)
        const at = stamp()
        const spec: ForwardSpec = { ...draft, configLine: null, id: randomUUID(), createdAt: at, updatedAt: at }
        await store.saveForwards([spec])
        catalog.putForward({ spec, wanted: false, lastUsed: null })
        engine.define(spec)
        tell('added', spec, 'The forward was added.')
        watch.touch(spec.id)
        return watch.view(spec.id)
      }),
    'forwards.update': async ({ id, patch }) => {
      await cloud.ready()
      return inTurn(async () => {
        const record = catalog.forward(id)
        if (catalog.isAdHoc(id)) {
          throw new WarrenError(
            'spec.invalid',
            `${record.spec.name} belongs to a running command and cannot be edited.`,
            {
              field: 'id',
            },
          )
        }
        const changes = Object.entries(patch).filter(([, value]) => value !== undefined)
        refuseConfigEnds(services, record.spec, Object.fromEntries(changes))
        const spec = checked(forwardSpecSchema, { ...record.spec, ...Object.fromEntries(changes), updatedAt: stamp() })
        if (catalog.isNameTaken('forward', spec.name, id)) throw nameTaken('forward', spec.name)
        requireServer(services, spec.serverId)
        const shared = cloud.edits.saving(record.spec, spec)
        await store.saveForwards([spec], [], shared)
        catalog.putForward({ ...record, spec })
        engine.define(spec)
        cloud.written(shared)
        const { wanted, state } = engine.snapshot(id)
        if (wanted && (state === 'failed' || state === 'waiting')) engine.retry(id)
        tell('changed', spec, 'The forward was changed.')
        watch.touch(id)
        return watch.view(id)
      })
    },
    'forwards.remove': ({ ids }) =>
      inTurn(async () => {
        const records = unique(ids).map((id) => catalog.forward(id))
        for (const { spec } of records) {
          const origin = services.sshConfig.listing.originOf(spec.id)
          if (origin !== null) throw readOnly(spec.name, origin)
        }
        const saved = records.filter(({ spec }) => !catalog.isAdHoc(spec.id))
        const savedIds = saved.map(({ spec }) => spec.id)
        const shared = cloud.edits.removing(savedIds)
        if (saved.length > 0) await store.deleteForwards(savedIds, stamp(), shared)
        cloud.written(shared)
        await forgetForwards(
          services,
          records.map(({ spec }) => spec.id),
        )
        for (const { spec } of saved) tell('removed', spec, 'The forward was removed.')
        services.sshConfig.listing.tidy()
        return null
      }),
    'forwards.removed': async () => (await store.removedForwards()).filter(({ id }) => !isForwardRow(id)),
    'forwards.restore': ({ ids }) =>
      inTurn(async () => {
        const wantedIds = unique(ids)
        const deleted = await store.deletedForwards(wantedIds)
        const back: ForwardSpec[] = []
        const servers = new Map<string, ServerSpec>()
        for (const spec of deleted) {
          const server = await serverOf(services, spec)
          if (server !== null) servers.set(server.id, server)
          const taken = new Set(back.map(({ name }) => name.toLowerCase()))
          let name = catalog.freeName('forward', spec.name)
          while (taken.has(name.toLowerCase())) name = catalog.freeName('forward', `${name} again`)
          back.push({ ...spec, name })
        }
        for (const id of wantedIds) {
          if (!catalog.hasForward(id) && !back.some((spec) => spec.id === id)) {
            throw new WarrenError('spec.not-found', 'That forward is gone for good.', { field: 'ids' })
          }
        }
        const shared = await cloud.edits.restoring(back.map(({ id }) => id))
        await store.saveForwards(back, [...servers.values()], shared)
        for (const server of servers.values()) catalog.putServer(server)
        if (servers.size > 0) services.hub.publish('servers.changed', { servers: catalog.servers() })
        for (const spec of back) {
          catalog.putForward({ spec, wanted: false, lastUsed: null })
          engine.define(spec)
          tell('added', spec, 'The forward was brought back.')
          watch.touch(spec.id)
        }
        cloud.written(shared)
        return watch.views(wantedIds)
      }),
    'forwards.setSecret': ({ id, value, keep }) =>
      inTurn(async () => {
        const { spec } = catalog.forward(id)
        if (spec.proxyUsername === null) {
          throw new WarrenError('spec.invalid', `The clients of ${spec.name} need no login.`, {
            fix: 'Give it a name to log in with first.',
            field: 'id',
          })
        }
        services.secrets.set(secretOwner(id), 'password', { value, keep })
        if (!engine.snapshot(id).wanted) return null
        // Its clients are let in by what was known at the start.
        await engine.stop(id)
        engine.start(id)
        return null
      }),
  }
}

/** Under which name the secrets of a forward are kept beside those of servers. */
export function secretOwner(forwardId: string): string {
  return `forward:${forwardId}`
}

/** Stops forwards and takes them out of memory; their rows are the caller's matter. */
export async function forgetForwards(services: Services, ids: readonly string[]): Promise<void> {
  await services.timed.set(ids, null)
  const forget = async (id: string): Promise<void> => {
    while (!(await services.engine.remove(id))) {
      // It was defined again before it had stopped: brought back, but for an ad hoc one, whose server may have been edited.
      if (!services.catalog.isAdHoc(id)) return
    }
    if (services.catalog.isAdHoc(id)) {
      services.logs.forget(id)
      services.secrets.forget(secretOwner(id))
    }
    // At once, not when the slowest of them has stopped: the catalog may name nothing that the engine has forgotten.
    services.catalog.dropForward(id)
  }
  await Promise.all(ids.map(forget))
  services.watch.removed(ids.filter((id) => !services.catalog.hasForward(id)))
}

/** What a line of the ssh config says of a forward; the rest is the person's. */
const fromConfig = [
  ...(['type', 'localHost', 'localPort', 'remoteHost', 'remotePort', 'bindAddress', 'bindPort'] as const),
  ...(['portCount', 'serverId', 'configLine'] as const),
] as const satisfies readonly (keyof ForwardSpec)[]

function refuseConfigEnds({ sshConfig }: Services, spec: ForwardSpec, changes: Partial<ForwardSpec>): void {
  if (!isForwardRow(spec.id)) {
    if (changes.configLine === undefined || changes.configLine === null) return
    throw new WarrenError('spec.invalid', 'configLine is for forwards of the ssh config.', { field: 'configLine' })
  }
  const field = fromConfig.find((key) => key in changes && changes[key] !== spec[key])
  if (field !== undefined) throw readOnly(`The ${field} of ${spec.name}`, sshConfig.listing.originOf(spec.id))
}

function requireServer({ catalog }: Services, serverId: string): void {
  if (catalog.servers().some(({ id }) => id === serverId)) return
  throw new WarrenError('spec.not-found', `There is no server ${serverId}.`, {
    fix: 'Add the server first.',
    field: 'serverId',
  })
}

/** The removed server that a restored forward needs; `null` when its server is there. */
async function serverOf({ catalog, store, secrets }: Services, spec: ForwardSpec): Promise<ServerSpec | null> {
  if (catalog.servers().some(({ id }) => id === spec.serverId)) return null
  const server = await store.deletedServer(spec.serverId)
  if (server === null) {
    throw new WarrenError('spec.not-found', `The server of ${spec.name} is gone for good.`, { field: 'serverId' })
  }
  return withoutProxyPassword({ ...server, name: catalog.freeName('server', server.name) }, secrets)
}

export function unique(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)]
}
