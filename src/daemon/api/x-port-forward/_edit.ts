/** `edit_forward`: what is not given stays as it is. */
import { relayPatchSchema, type RelayPatch, type RelaySpec } from '@shared/relays'
import type { XForward } from '../../store/index'
import { updateRelay } from '../../relay-changes'
import { isCount, protocolOf } from './_add'
import { fail, failSync, storeReason, succeed, type Answer } from './_answers'
import type { Desk } from './_desk'
import { kindOf } from './_failure'
import { limitsOf, shownLimits } from './_numbers'
import type { Parameters } from './_parameters'

export async function editForward(desk: Desk, parameters: Parameters): Promise<Answer> {
  const name = parameters.text('forwardname')
  if (name.trim() === '' || !isPossible(parameters)) return fail(4)
  const record = desk.find(name)
  if (record === null) return fail(5)
  const { spec } = record
  const listenPort = parameters.whole('listenport')
  // Unlike the original, a forward may be sent its own port again.
  if (listenPort !== 0 && listenPort !== spec.listenPort && desk.isPortTaken(listenPort, spec.id)) return fail(29)
  if (parameters.text('forwardtype') !== '' && protocolOf(parameters) === null) return fail(6)
  const wasRunning = desk.isRunning(spec.id)
  let changed: RelaySpec
  try {
    changed = await save(desk, spec, parameters)
  } catch (error) {
    const kind = kindOf(error)
    if (kind === 'invalid') return fail(4)
    if (kind === 'store') return fail(7, storeReason(error))
    throw error
  }
  return (await follow(desk, { before: spec, changed, wasRunning })) ? succeed(null) : failSync()
}

// --- internal ---

/** Whether every value that is given can be one; asked before anything is looked up. */
function isPossible(parameters: Parameters): boolean {
  if (!isCount(parameters.whole('maxconnnum')) || !isCount(parameters.whole('ratelimit'))) return false
  const { target, listen } = ends(parameters, { host: 'any', port: 1 })
  return relayPatchSchema.safeParse({ targets: [target], ...listen }).success
}

/** The ends as they shall be; those of the listener only where they are given. */
function ends(
  parameters: Parameters,
  now: RelaySpec['targets'][number],
): { target: RelaySpec['targets'][number]; listen: Pick<RelayPatch, 'listenHost' | 'listenPort'> } {
  const host = parameters.text('listenip')
  const port = parameters.whole('listenport')
  return {
    target: { host: parameters.text('proxyip') || now.host, port: parameters.whole('proxyport') || now.port },
    listen: { ...(host === '' ? {} : { listenHost: host }), ...(port === 0 ? {} : { listenPort: port }) },
  }
}

async function save({ services }: Desk, spec: RelaySpec, parameters: Parameters): Promise<RelaySpec> {
  const { store } = services
  const [now] = spec.targets
  if (now === undefined) throw new Error(`${spec.name} has no target`)
  const { target, listen } = ends(parameters, now)
  const protocol = protocolOf(parameters) ?? spec.protocol
  const limits = limitsAfter(spec, await store.xForward(spec.id), { parameters, protocol })
  const changed = await updateRelay(services, spec.id, {
    ...{ protocol, ...listen, targets: [target], limits },
    ...(protocol === 'udp' ? { acceptProxy: false, sendProxy: null } : {}),
  })
  const count = parameters.whole('maxconnnum')
  await store.saveXForward({
    relayId: spec.id,
    storedMaxConnections: count === 0 ? undefined : count,
    storedRateKb: parameters.hasNumber('ratelimit') ? parameters.whole('ratelimit') : undefined,
  })
  return changed
}

/** 0 connections keep the number, a rate of 0 takes the bound away; other limits are a person's and stay. */
function limitsAfter(
  { protocol: before, limits }: RelaySpec,
  books: XForward | null,
  { parameters, protocol }: { readonly parameters: Parameters; readonly protocol: RelaySpec['protocol'] },
): RelaySpec['limits'] {
  const stored = { maxConnections: books?.storedMaxConnections ?? 0, rateKb: books?.storedRateKb ?? 0 }
  const shown = shownLimits(before, limits, stored)
  const count = parameters.whole('maxconnnum')
  const hasRate = parameters.hasNumber('ratelimit')
  const after = limitsOf(protocol, {
    maxConnections: count === 0 ? shown.maxConnections : count,
    rateKb: hasRate ? parameters.whole('ratelimit') : shown.rateKb,
  })
  return {
    ...limits,
    ...(count === 0 && protocol === before ? {} : { maxConnections: after.maxConnections }),
    ...(hasRate ? { perConnection: after.perConnection } : {}),
  }
}

/** Other ends end the connections, as in the original; other limits hold for those that are. */
async function follow(
  desk: Desk,
  { before, changed, wasRunning }: { before: RelaySpec; changed: RelaySpec; wasRunning: boolean },
): Promise<boolean> {
  const { id } = changed
  if (!desk.services.catalog.relay(id).wanted) return true
  if (wasRunning && endsOf(before) === endsOf(changed)) {
    await desk.flush(id)
    return true
  }
  return wasRunning ? desk.restart(id) : desk.start(id)
}

function endsOf({ protocol, listenHost, listenPort, targets }: RelaySpec): string {
  return JSON.stringify([protocol, listenHost, listenPort, targets])
}
