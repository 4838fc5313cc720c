/** Servers: what the person wrote about them, and their secrets. */
import { randomUUID } from 'node:crypto'
import { WarrenError } from '@shared/errors'
import { serverSpecSchema, type ServerSpec } from '@shared/specs'
import { withoutProxyPassword } from '../proxy-passwords'
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { isListed, readOnly } from '../ssh-config'
import { checked, nameTaken } from '../checked'

type Part = Pick<
  Handlers,
  | 'servers.list'
  | 'servers.add'
  | 'servers.update'
  | 'servers.remove'
  | 'servers.restore'
  | 'servers.copy'
  | 'servers.setSecret'
>

export function serverHandlers(services: Services): Part {
  const { store, catalog, activity, hub, sshConfig, inTurn, now } = services
  const publish = (): void => hub.publish('servers.changed', { servers: catalog.servers() })
  const tell = (kind: 'added' | 'changed' | 'removed', spec: ServerSpec, message: string): void => {
    activity.add({ kind, serverId: spec.id, subject: spec.name, message })
  }
  return {
    'servers.list': () => catalog.servers(),
    'servers.add': (draft) =>
      inTurn(async () => {
        if (catalog.isNameTaken('server', draft.name)) throw nameTaken('server', draft.name)
        const at = new Date(now()).toISOString()
        const written: ServerSpec = { ...draft, id: randomUUID(), createdAt: at, updatedAt: at }
        const spec = withoutProxyPassword(written, services.secrets)
        checkJumps(services, spec)
        await store.saveServer(spec)
        catalog.putServer(spec)
        tell('added', spec, `The server ${spec.host} was added.`)
        publish()
        return spec
      }),
    'servers.update': async ({ id, patch }) => {
      await services.cloud.ready()
      return inTurn(async () => {
        const old = catalog.server(id)
        if (!catalog.servers().includes(old)) throw notSaved()
        if (isListed(old)) throw readOnly(old.name, sshConfig.listing.originOf(id))
        const at = new Date(now()).toISOString()
        // Another host is another matter than the one whose config was meant.
        const moved = patch.host !== undefined && patch.host !== old.host ? { configHost: null } : {}
        const written = checked(serverSpecSchema, { ...old, ...moved, ...defined(patch), updatedAt: at })
        const next = withoutProxyPassword(written, services.secrets)
        if (catalog.isNameTaken('server', next.name, id)) throw nameTaken('server', next.name)
        checkJumps(services, next)
        const shared = services.cloud.edits.savingServer(old, next)
        await store.saveServer(next, shared)
        catalog.putServer(next)
        services.cloud.written(shared)
        tell('changed', next, 'The server was changed.')
        publish()
        refreshDependents(services, id)
        return next
      })
    },
    'servers.remove': ({ id }) =>
      inTurn(async () => {
        const spec = catalog.server(id)
        // One that the config names no more may go, once nothing needs it.
        const origin = sshConfig.listing.originOf(id)
        if (isListed(spec) && origin !== null) throw readOnly(spec.name, origin)
        refuseInUse(services, spec)
        await store.deleteServer(id, new Date(now()).toISOString())
        catalog.dropServer(id)
        services.demo.serverRemoved(id)
        tell('removed', spec, 'The server was removed.')
        publish()
        return null
      }),
    'servers.restore': ({ id }) =>
      inTurn(async () => {
        const existing = catalog.servers().find((spec) => spec.id === id)
        if (existing !== undefined) return existing
        const deleted = await store.deletedServer(id)
        if (deleted === null) throw new WarrenError('spec.not-found', 'That server is gone for good.', { field: 'id' })
        const named = { ...deleted, name: catalog.freeName('server', deleted.name) }
        const spec = withoutProxyPassword(named, services.secrets)
        await store.saveServer(spec)
        catalog.putServer(spec)
        tell('added', spec, 'The server was brought back.')
        publish()
        return spec
      }),
    'servers.copy': ({ id }) =>
      inTurn(async () => {
        const from = catalog.server(id)
        const at = new Date(now()).toISOString()
        const name = catalog.freeName('server', `${from.name.slice(0, 90)} copy`)
        const spec: ServerSpec = { ...from, id: randomUUID(), configHost: null, name, createdAt: at, updatedAt: at }
        await keepCommandAsked(services, from)
        await store.saveServer(spec)
        catalog.putServer(spec)
        tell('added', spec, `The server was copied from ${from.name}.`)
        publish()
        return spec
      }),
    'servers.setSecret': ({ id, kind, value, keep }) => {
      catalog.server(id)
      services.secrets.set(id, kind, { value, keep })
      return null
    },
  }
}

/** A jump chain must name servers that exist and must not lead back. */
function checkJumps({ catalog }: Services, spec: ServerSpec): void {
  const saved = new Set(catalog.servers().map(({ id }) => id))
  spec.jump.forEach((id, index) => {
    if (saved.has(id) || id === spec.id) return
    throw new WarrenError('spec.not-found', `The jump chain names a server ${id} that does not exist.`, {
      field: `jump.${index}`,
    })
  })
  catalog.route(spec.id, spec)
  // An edit may also close a loop of another server that jumps through this one.
  for (const other of catalog.servers()) {
    // One that has no way already (the ssh config may say such a thing) is not to blame on this edit.
    if (other.jump.length > 0 && hasWay(catalog, other.id)) catalog.route(other.id, spec)
  }
}

function hasWay(catalog: Services['catalog'], id: string): boolean {
  try {
    catalog.route(id)
    return true
  } catch {
    return false
  }
}

/** The command of a config does not become the person's own by a copy. */
async function keepCommandAsked({ sshConfig }: Services, from: ServerSpec): Promise<void> {
  if (!isListed(from) || from.proxyCommand === null) return
  const line = await sshConfig.commandOf(from)
  if (line?.proxyCommand === from.proxyCommand) return sshConfig.take([line])
  throw new WarrenError('config.invalid', `The ProxyCommand of ${from.name} is being changed in the ssh config.`, {
    fix: 'Try it again in a moment.',
    field: 'id',
  })
}

function refuseInUse({ catalog }: Services, spec: ServerSpec): void {
  const forwards = catalog.forwards().filter((record) => record.spec.serverId === spec.id)
  const jumpers = catalog.servers().filter((server) => server.jump.includes(spec.id))
  const users = [...forwards.map((record) => record.spec.name), ...jumpers.map((server) => server.name)]
  if (users.length === 0) return
  const named = users.slice(0, 3).join(', ')
  const more = users.length > 3 ? ` and ${users.length - 3} more` : ''
  throw new WarrenError('spec.in-use', `${spec.name} is used by ${named}${more}.`, {
    fix: 'Remove them first, or give them another server.',
    field: 'id',
  })
}

/** Names in snapshots follow at once; a forward that had given up tries again with what was changed. */
export function refreshDependents({ catalog, engine, watch }: Services, serverId: string): void {
  for (const { spec } of catalog.dependents(serverId)) {
    engine.define(spec)
    const { wanted, state } = engine.snapshot(spec.id)
    if (wanted && (state === 'failed' || state === 'waiting')) engine.retry(spec.id)
    watch.touch(spec.id)
  }
}

function defined<T extends object>(patch: T): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>
}

function notSaved(): WarrenError {
  return new WarrenError('spec.not-found', 'That server was made for one command and cannot be edited.', {
    field: 'id',
  })
}
