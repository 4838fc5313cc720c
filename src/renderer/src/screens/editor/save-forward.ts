/** The ways of a form to the daemon. */
import type { Fault } from '@shared/errors'
import type { Result } from '@shared/result'
import type { ForwardView } from '@shared/snapshots'
import type { ForwardDraft, ForwardPatch, ForwardSpec } from '@shared/specs'
import { settle } from '../../stores/call'
import { getForward } from '../../stores/forwards'
import { sameLimits } from '../../traffic/limits-form'
import { readForm, type ForwardForm } from './form'
import { isProxy } from './form-more'
import type { Sharing } from './use-sharing'

export interface Saving {
  readonly form: ForwardForm
  readonly draft: ForwardDraft
  /** `null`: a new one. */
  readonly original: ForwardSpec | null
  /** The form as it was before anybody typed. */
  readonly clean: ForwardForm
  readonly sharing: Pick<Sharing, 'sendChoices'>
}

/**
 * Adds the forward, or saves what differs from what it is: what others changed meanwhile in fields that nobody touched here is not undone.
 * What is to be this machine's own is so before the new values are saved, or they would be sent to others.
 */
export async function saveForward(saving: Saving): Promise<Result<ForwardView>> {
  const { form, clean, original, sharing } = saving
  if (original === null) return settle(window.api.daemon['forwards.add'](saving.draft))
  const chosen = await sharing.sendChoices()
  if (!chosen.ok) return chosen
  const base = chosen.value?.spec ?? original
  // The shape that the shared values brought along is kept.
  const reading = readForm(form, base)
  const { limits, ...rest } = reading.ok ? reading.draft : saving.draft
  // Limits that nobody touched may have been changed elsewhere meanwhile.
  const draft = sameLimits(form.limits, clean.limits) ? rest : { ...rest, limits }
  const serverId = form.serverId === clean.serverId ? base.serverId : saving.draft.serverId
  const patch = changedPart(base, { ...draft, serverId })
  const view = chosen.value ?? getForward(base.id)
  if (Object.keys(patch).length === 0 && view !== undefined) return { ok: true, value: view }
  return settle(window.api.daemon['forwards.update']({ id: base.id, patch }))
}

/** The password that clients of a proxy give, to the daemon alone; one kept before in the keyring is of no use any more. */
export async function givePassword(id: string, form: ForwardForm): Promise<Fault | null> {
  if (form.proxyPassword === '' || form.proxyUsername.trim() === '' || !isProxy(form)) return null
  const given = await settle(window.api.daemon['forwards.setSecret']({ id, value: form.proxyPassword, keep: 'memory' }))
  if (!given.ok) return given.fault
  const forgotten = await settle(window.api.app['app.forgetSecrets']({ serverId: `forward:${id}` }))
  return forgotten.ok ? null : forgotten.fault
}

// --- internal ---

const ENDS: ReadonlySet<string> = new Set<keyof ForwardDraft>([
  ...(['type', 'localHost', 'localPort', 'remoteHost', 'remotePort'] as const),
  ...(['bindAddress', 'bindPort', 'portCount', 'serverId', 'configLine'] as const),
])

/** A line of the ssh config keeps its ends. */
function changedPart(base: ForwardSpec, draft: ForwardDraft): ForwardPatch {
  const before: Readonly<Record<string, unknown>> = { ...base }
  return Object.fromEntries(
    Object.entries(draft).filter(
      ([key, value]) =>
        JSON.stringify(before[key]) !== JSON.stringify(value) && (base.configLine === null || !ENDS.has(key)),
    ),
  )
}
