/**
 * What can be done to relays, by whoever asks: the window, the command line, or a control API.
 *
 * None of these take their turn: a caller holds `services.inTurn` around its check and its change, so that they are never parted, and
 * so that what was asked for last is what holds.
 */
import { randomUUID } from 'node:crypto'
import { findLoop, ownAddresses } from '@engine'
import { formatEndpoint } from '@shared/endpoints'
import { WarrenError } from '@shared/errors'
import {
  relaySpecSchema,
  type ParsedRelayDraft,
  type RelayOrigin,
  type RelayPatch,
  type RelaySpec,
} from '@shared/relays'
import { checked, nameTaken } from './checked'
import type { Services } from './services'

/** Saves a relay and makes it known; starts nothing. Throws `spec.name-taken` or `relay.loop`. */
export async function addRelay(services: Services, draft: ParsedRelayDraft, origin: RelayOrigin): Promise<RelaySpec> {
  const { catalog, store } = services
  if (catalog.isNameTaken('relay', draft.name)) throw nameTaken('relay', draft.name)
  const at = stamp(services)
  const spec: RelaySpec = { ...draft, id: randomUUID(), origin, createdAt: at, updatedAt: at }
  refuseLoop(services, spec)
  await store.saveRelays([spec])
  makeKnown(services, spec)
  tell(services, 'added', { spec, message: 'The relay was added.' })
  return spec
}

/** Changes fields; what can take effect without dropping a connection does. Throws as {@link addRelay}, or `spec.invalid`. */
export async function updateRelay(services: Services, id: string, patch: RelayPatch): Promise<RelaySpec> {
  const { catalog, engine, store, relays } = services
  const record = catalog.relay(id)
  const changes = Object.entries(patch).filter(([, value]) => value !== undefined)
  const changed = { ...record.spec, ...Object.fromEntries(changes), updatedAt: stamp(services) }
  const spec = checked(relaySpecSchema, changed)
  if (catalog.isNameTaken('relay', spec.name, id)) throw nameTaken('relay', spec.name)
  refuseLoop(services, spec)
  await store.saveRelays([spec])
  catalog.putRelay({ ...record, spec })
  engine.relays.define(spec)
  const { wanted, state } = engine.relays.snapshot(id)
  if (wanted && (state === 'failed' || state === 'waiting')) engine.relays.retry(id)
  tell(services, 'changed', { spec, message: 'The relay was changed.' })
  relays.touch(id)
  return spec
}

/** Stops and removes; they can be restored for a day, also before they have stopped: then they stay. Throws `spec.not-found` before anything is touched. */
export async function removeRelays(services: Services, ids: readonly string[]): Promise<void> {
  const { catalog, engine, store, relays } = services
  const specs = known(services, ids).map((id) => catalog.relay(id).spec)
  if (specs.length === 0) return
  await store.deleteRelays(
    specs.map(({ id }) => id),
    stamp(services),
  )
  const forget = async ({ id }: RelaySpec): Promise<void> => {
    // It may have been brought back before it had stopped.
    if (!(await engine.relays.remove(id))) return
    // At once, not when the slowest of them has stopped: the catalog may name nothing that the engine has forgotten.
    catalog.dropRelay(id)
  }
  await Promise.all(specs.map(forget))
  relays.removed(specs.map(({ id }) => id).filter((id) => !catalog.hasRelay(id)))
  for (const spec of specs) tell(services, 'removed', { spec, message: 'The relay was removed.' })
}

/** Brings removed ones back, stopped, under a free name. Throws `spec.not-found`. */
export async function restoreRelays(services: Services, ids: readonly string[]): Promise<void> {
  const { catalog, store } = services
  const back: RelaySpec[] = []
  for (const spec of await store.deletedRelays([...new Set(ids)])) {
    const taken = new Set(back.map(({ name }) => name.toLowerCase()))
    let name = catalog.freeName('relay', spec.name)
    while (taken.has(name.toLowerCase())) name = catalog.freeName('relay', `${name} again`)
    back.push({ ...spec, name })
  }
  for (const id of ids) {
    if (!catalog.hasRelay(id) && !back.some((spec) => spec.id === id)) {
      throw new WarrenError('spec.not-found', 'That relay is gone for good.', { field: 'ids' })
    }
  }
  await store.saveRelays(back)
  // A panel that deleted one took its books along; from now on it is billed again.
  await store.mendXForwards()
  for (const spec of back) {
    makeKnown(services, spec)
    tell(services, 'added', { spec, message: 'The relay was brought back.' })
  }
}

export interface RunOptions {
  /** A store that cannot be written is a warning and keeps nobody from starting or stopping; otherwise it is thrown before anything runs. */
  readonly tolerate?: boolean
}

/** Starts them; returns at once. The wish is saved first. */
export async function startRelays(services: Services, ids: readonly string[], options: RunOptions = {}): Promise<void> {
  const { catalog, engine, store, relays } = services
  const all = known(services, ids)
  const at = stamp(services)
  await save(services, options, async () => {
    await rememberRelays(services, all, true)
    if (all.length > 0) await store.setRelaysLastUsed(all, at)
  })
  for (const id of all) {
    if (!catalog.hasRelay(id)) continue
    catalog.putRelay({ ...catalog.relay(id), wanted: true, lastUsed: at })
    engine.relays.start(id)
    relays.touch(id)
  }
}

/** Resolves when every listener is closed. The wish is saved first: a crash in between must not bring back what somebody stopped. */
export async function stopRelays(services: Services, ids: readonly string[], options: RunOptions = {}): Promise<void> {
  const { catalog, engine } = services
  const all = known(services, ids)
  await save(services, options, () => rememberRelays(services, all, false))
  const left = all.filter((id) => catalog.hasRelay(id))
  for (const id of left) catalog.putRelay({ ...catalog.relay(id), wanted: false })
  await Promise.all(left.map((id) => engine.relays.stop(id)))
}

/** Ends waits early, starts failed and stopped ones. */
export async function retryRelays(services: Services, ids: readonly string[]): Promise<void> {
  const { catalog, engine } = services
  const all = known(services, ids)
  const stopped = all.filter((id) => !engine.relays.snapshot(id).wanted)
  await save(services, { tolerate: true }, () => rememberRelays(services, stopped, true))
  for (const id of all.filter((one) => catalog.hasRelay(one))) {
    catalog.putRelay({ ...catalog.relay(id), wanted: true })
    if (stopped.includes(id)) engine.relays.start(id)
    else engine.relays.retry(id)
  }
}

/** Saves the wish of those that it changes, and nothing else. */
export async function rememberRelays(
  { catalog, store }: Services,
  ids: readonly string[],
  wanted: boolean,
): Promise<void> {
  const changed = ids.filter((id) => catalog.relay(id).wanted !== wanted)
  if (changed.length === 0) return
  await store.setRelaysWanted(changed, wanted)
  for (const id of changed) if (catalog.hasRelay(id)) catalog.putRelay({ ...catalog.relay(id), wanted })
}

async function save({ warnings }: Services, options: RunOptions, work: () => Promise<void>): Promise<void> {
  if (options.tolerate === true) await warnings.tolerate(work)
  else await work()
}

/** Each id once; throws `spec.not-found` before anything is touched. */
export function known({ catalog }: Services, ids: readonly string[]): readonly string[] {
  const all = [...new Set(ids)]
  for (const id of all) catalog.relay(id)
  return all
}

// --- internal ---

interface Told {
  readonly spec: RelaySpec
  readonly message: string
}

/** Throws `relay.loop` naming the first target whose connections would come back. */
function refuseLoop({ catalog }: Services, spec: RelaySpec): void {
  const relays = catalog.relays().map((record) => record.spec)
  const own = ownAddresses()
  if (findLoop(spec, { relays, own }) === null) return
  for (const [at, target] of spec.targets.entries()) {
    const way = findLoop({ ...spec, targets: [target] }, { relays, own })
    if (way === null) continue
    const over = way.slice(1).map((id) => catalog.relay(id).spec.name)
    const by = over.length === 0 ? '' : ` over ${over.join(', ')}`
    throw new WarrenError(
      'relay.loop',
      `The target ${formatEndpoint(target)} leads back to ${spec.name} itself${by}.`,
      {
        fix: 'Give it another target, or have it listen elsewhere.',
        field: `targets.${at}`,
      },
    )
  }
}

function makeKnown({ catalog, engine, relays }: Services, spec: RelaySpec): void {
  catalog.putRelay({ spec, wanted: false, lastUsed: null })
  engine.relays.define(spec)
  relays.touch(spec.id)
}

function tell({ activity }: Services, kind: 'added' | 'changed' | 'removed', event: Told): void {
  activity.add({ kind, forwardId: event.spec.id, subject: event.spec.name, message: event.message })
}

function stamp({ now }: Services): string {
  return new Date(now()).toISOString()
}
