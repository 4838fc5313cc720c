/** `add_forward`: a relay as a panel writes it. */
import { noLimits } from '@shared/limits'
import { relayDraftSchema, relayProtocols, type ParsedRelayDraft, type RelayProtocol } from '@shared/relays'
import { addRelay, removeRelays, rememberRelays } from '../../relay-changes'
import { fail, failSync, storeReason, succeed, type Answer } from './_answers'
import type { Desk } from './_desk'
import { kindOf } from './_failure'
import { limitsOf, type PanelLimits } from './_numbers'
import type { Parameters } from './_parameters'

export async function addForward(desk: Desk, parameters: Parameters): Promise<Answer> {
  const protocol = protocolOf(parameters)
  if (protocol === null) return fail(1)
  const asked = readDraft(parameters, protocol)
  if (asked === null) return fail(2)
  if (desk.isNameTaken(asked.draft.name)) return fail(27)
  if (desk.isPortTaken(asked.draft.listenPort)) return fail(28)
  let id: string
  try {
    id = await save(desk, asked)
  } catch (error) {
    const kind = kindOf(error)
    if (kind === 'name-taken') return fail(27)
    if (kind === 'invalid') return fail(2)
    if (kind === 'store') return fail(3, storeReason(error))
    throw error
  }
  return (await desk.start(id)) ? succeed(null) : failSync()
}

/** `null` for anything but the two that there are. */
export function protocolOf(parameters: Parameters): RelayProtocol | null {
  return relayProtocols.find((protocol) => protocol === parameters.text('forwardtype')) ?? null
}

/** Whether a count or rate of a panel can be one. */
export function isCount(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

// --- internal ---

interface Asked {
  readonly draft: ParsedRelayDraft
  readonly limits: PanelLimits
}

/** `null` when something is missing, or cannot be. */
function readDraft(parameters: Parameters, protocol: RelayProtocol): Asked | null {
  const limits = { maxConnections: parameters.whole('maxconnnum'), rateKb: parameters.whole('ratelimit') }
  const listenPort = parameters.whole('listenport')
  // Port 0, which means any elsewhere, is a missing one here.
  if (listenPort === 0 || limits.maxConnections === 0) return null
  if (!isCount(limits.maxConnections) || !isCount(limits.rateKb)) return null
  const draft = relayDraftSchema.safeParse({
    ...{ name: parameters.text('forwardname'), protocol, listenHost: parameters.text('listenip'), listenPort },
    targets: [{ host: parameters.text('proxyip'), port: parameters.whole('proxyport') }],
    limits: { ...noLimits, ...limitsOf(protocol, limits) },
    // What a panel switched on is on again after a restart of the machine.
    autoStart: true,
  })
  return draft.success ? { draft: draft.data, limits } : null
}

async function save({ services }: Desk, { draft, limits }: Asked): Promise<string> {
  const { id } = await addRelay(services, draft, 'x-port-forward')
  try {
    await services.store.saveXForward({
      relayId: id,
      storedMaxConnections: limits.maxConnections,
      storedRateKb: limits.rateKb,
    })
    await rememberRelays(services, [id], true)
  } catch (error) {
    // A panel that hears of a failure tries again under the same name.
    await services.warnings.tolerate(() => removeRelays(services, [id]))
    throw error
  }
  return id
}
