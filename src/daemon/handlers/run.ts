/** Forwards: starting, stopping, waiting, ad hoc ones, preflight. */
import { randomUUID } from 'node:crypto'
import { WarrenError } from '@shared/errors'
import { forwardSpecSchema, type ForwardSpec, type ServerSpec } from '@shared/specs'
import { withoutProxyPassword } from '../proxy-passwords'
import type { CallContext, Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { checked } from '../checked'
import { untilAborted } from './_until-aborted'
import { forgetForwards, unique } from './forwards'

const SECOND_MS = 1000

type Part = Pick<
  Handlers,
  'forwards.start' | 'forwards.stop' | 'forwards.retry' | 'forwards.wait' | 'forwards.runAdHoc' | 'forwards.check'
>

export function runHandlers(services: Services): Part {
  const { catalog, engine, needs, inTurn } = services
  // In turn: what was asked for last is what holds.
  return {
    'forwards.start': ({ ids, hostKeyPolicy, forSeconds }) =>
      inTurn(async () => {
        const all = known(services, ids)
        for (const id of all) engine.start(id, { hostKeyPolicy })
        await services.timed.set(all, forSeconds === undefined ? null : services.now() + forSeconds * SECOND_MS)
        await rememberStart(services, all)
        return viewsLeft(services, all)
      }),
    'forwards.stop': async ({ ids }) => {
      const all = known(services, ids)
      await stopForwards(services, all)
      return viewsLeft(services, all)
    },
    'forwards.retry': ({ ids }) =>
      inTurn(async () => {
        const all = known(services, ids)
        const stopped = all.filter((id) => !engine.snapshot(id).wanted)
        for (const id of all) {
          if (stopped.includes(id)) engine.start(id)
          else engine.retry(id)
        }
        await rememberWanted(services, stopped, true)
        return viewsLeft(services, all)
      }),
    'forwards.wait': async ({ ids, timeoutMs }, { signal }) => {
      const all = known(services, ids)
      await untilAborted(engine.settled(all, timeoutMs), signal)
      return viewsLeft(services, all)
    },
    'forwards.runAdHoc': (params, context) => runAdHoc(services, params, context),
    'forwards.check': async ({ id, hostKeyPolicy }, { signal }) => {
      catalog.forward(id)
      const before = new Set(needs.list().map((need) => need.id))
      const steps = await engine.check(id, { hostKeyPolicy, signal })
      // A preflight that ended leaves no question open.
      const left = needs.list().filter((need) => !before.has(need.id) && need.forwardIds.includes(id))
      const isStarting = engine.snapshot(id).wanted
      if (!isStarting) for (const need of left) needs.answer(need.id, { kind: 'cancel' })
      return steps
    },
  }
}

/**
 * Resolves when every listener is closed. The wish is saved first: a crash in between must not bring back what somebody stopped.
 *
 * The wish takes its turn; a silent server that holds up the end of a forward holds up nobody else.
 */
export async function stopForwards(services: Services, ids: readonly string[]): Promise<void> {
  const { catalog, engine, timed, inTurn } = services
  const { stopped } = await inTurn(async () => {
    const left = ids.filter((id) => catalog.hasForward(id))
    await timed.set(left, null)
    await rememberWanted(services, left, false)
    // An ad hoc one may have ended with its client meanwhile.
    const still = left.filter((id) => catalog.hasForward(id))
    return { stopped: Promise.all(still.map((id) => engine.stop(id))) }
  })
  await stopped
}

/** Somebody may have removed one meanwhile. */
function viewsLeft({ catalog, watch }: Services, ids: readonly string[]): ReturnType<Services['watch']['views']> {
  return watch.views(ids.filter((id) => catalog.hasForward(id)))
}

/** Each id once; throws `spec.not-found` before anything is touched. */
function known({ catalog }: Services, ids: readonly string[]): readonly string[] {
  const all = unique(ids)
  for (const id of all) catalog.forward(id)
  return all
}

async function rememberStart(services: Services, ids: readonly string[]): Promise<void> {
  const at = new Date(services.now()).toISOString()
  await rememberWanted(services, ids, true)
  const saved = ids.filter((id) => !services.catalog.isAdHoc(id))
  for (const id of saved) {
    if (services.catalog.hasForward(id)) {
      services.catalog.putForward({ ...services.catalog.forward(id), lastUsed: at })
    }
  }
  if (saved.length > 0) await services.warnings.tolerate(() => services.store.setLastUsed(saved, at))
  for (const id of saved) services.watch.touch(id)
}

/** Saves the wish. A store that cannot be written is a warning: it must not keep anybody from starting or stopping. */
async function rememberWanted(services: Services, ids: readonly string[], wanted: boolean): Promise<void> {
  const { catalog, store, warnings } = services
  const saved = ids.filter((id) => !catalog.isAdHoc(id) && catalog.hasForward(id))
  const changed = saved.filter((id) => catalog.forward(id).wanted !== wanted)
  if (changed.length === 0) return
  for (const id of changed) catalog.putForward({ ...catalog.forward(id), wanted })
  await warnings.tolerate(() => store.setWanted(changed, wanted))
}

async function runAdHoc(
  services: Services,
  params: Parameters<Handlers['forwards.runAdHoc']>[0],
  { peer }: CallContext,
): Promise<{ readonly ids: readonly string[] }> {
  const { catalog, engine, watch } = services
  const at = new Date(services.now()).toISOString()
  const stamps = { createdAt: at, updatedAt: at }
  const made = (draft: (typeof params)['server']): ServerSpec =>
    withoutProxyPassword({ ...draft, id: randomUUID(), ...stamps }, services.secrets)
  const hops = params.jumps.map(made)
  const jump = [...params.server.jump, ...hops.map(({ id }) => id)]
  const server = made({ ...params.server, jump })
  catalog.route(server.id, { ...server, jump: params.server.jump })
  const specs = params.forwards.map((draft): ForwardSpec => {
    const name = catalog.freeName('forward', draft.name)
    return checked(forwardSpecSchema, {
      ...draft,
      name,
      autoStart: false,
      serverId: server.id,
      id: randomUUID(),
      ...stamps,
    })
  })
  const names = specs.map(({ name }) => name.toLowerCase())
  if (new Set(names).size < names.length) {
    throw new WarrenError('spec.name-taken', 'Two of the forwards have the same name.', { field: 'forwards' })
  }
  for (const one of [...hops, server]) catalog.putServer(one, { adHoc: true })
  const ids = specs.map(({ id }) => id)
  for (const spec of specs) {
    catalog.putForward({ spec, wanted: true, lastUsed: null }, { adHoc: true })
    engine.define(spec)
  }
  peer.onClose(() => {
    const left = ids.filter((id) => catalog.hasForward(id))
    void services.warnings.tolerate(async () => {
      await forgetForwards(services, left)
      for (const { id } of [server, ...hops]) {
        catalog.dropServer(id)
        services.secrets.forget(id)
      }
    })
  })
  for (const id of ids) {
    engine.start(id, { hostKeyPolicy: params.hostKeyPolicy })
    watch.touch(id)
  }
  return Promise.resolve({ ids })
}
