/** What a form begins with, and how it follows a forward that changes while it is open. */
import type { ServerSpec } from '@shared/specs'
import { forwardsStore, getForward } from '../../stores/forwards'
import type { EditorStart } from '../../stores/ui'
import { draftSlot } from './drafts'
import { emptyForm, formOf, isFormExposed, listenOf, type ForwardForm } from './form'
import type { FormField } from './form-fields'
import { emptyNewServer, NEW_SERVER, type NewServer } from './new-server'
import { freeName } from './suggest'

export const drafts = draftSlot<{
  readonly id: string | null
  readonly form: ForwardForm
  /** What it was typed over. */
  readonly clean: ForwardForm
  readonly newServer: NewServer | null
}>()

export interface Beginning {
  readonly form: ForwardForm
  /** What counts as untouched. */
  readonly clean: ForwardForm
  readonly newServer: NewServer | null
  /** What was exposed already when it was opened: no need to ask again. */
  readonly exposedAt: string | null
}

export function beginning(forwardId: string | null, start: EditorStart, servers: readonly ServerSpec[]): Beginning {
  const clean = cleanForm(forwardId, start, servers)
  const exposedAt = forwardId !== null && isFormExposed(clean) ? exposureKey(clean) : null
  const draft = drafts.take(forwardId)
  if (draft !== null) {
    const { form } = followForm(draft.form, draft.clean, clean)
    return { form, clean, newServer: draft.newServer, exposedAt }
  }
  // Without any server the form begins with the fields of a new one.
  const newServer = forwardId === null && clean.serverId === NEW_SERVER ? emptyNewServer : null
  return { form: clean, clean, newServer, exposedAt }
}

export function takenNames(except: string | null): ReadonlySet<string> {
  const views = [...forwardsStore.getState().byId.values()]
  return new Set(views.filter((view) => view.spec.id !== except).map((view) => view.spec.name.toLowerCase()))
}

/** A confirmation holds for the address it was given for, not for another. */
export function exposureKey(form: ForwardForm): string {
  const listen = listenOf(form)
  return `${form.type} ${'path' in listen ? listen.path : listen.host}`
}

export interface Followed {
  readonly form: ForwardForm
  /** What was changed both in the form and elsewhere: the form keeps what was typed. */
  readonly contested: readonly FormField[]
}

/** The form after the forward changed elsewhere: what nobody touched in it takes the new value, so that a save does not undo it. */
export function followForm(form: ForwardForm, before: ForwardForm, now: ForwardForm): Followed {
  const next: Record<string, unknown> = { ...form }
  const contested: FormField[] = []
  for (const key of Object.keys(now) as (keyof ForwardForm)[]) {
    if (same(before[key], now[key]) || same(form[key], now[key])) continue
    if (same(form[key], before[key])) next[key] = now[key]
    else if (shown.has(key)) contested.push(key as FormField)
  }
  return { form: next as unknown as ForwardForm, contested }
}

// --- internal ---

const shown: ReadonlySet<string> = new Set<FormField>([
  ...(['name', 'serverId', 'listenAddress', 'listenPort', 'targetHost', 'targetPort'] as const),
  ...(['tags', 'description'] as const),
])

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function cleanForm(forwardId: string | null, start: EditorStart, servers: readonly ServerSpec[]): ForwardForm {
  const saved = forwardId === null ? undefined : getForward(forwardId)?.spec
  if (saved !== undefined) return formOf(saved)
  const copied = start.copyOf === undefined ? undefined : getForward(start.copyOf)?.spec
  if (copied !== undefined) {
    return { ...formOf(copied), name: freeName(copied.name, takenNames(null)), favourite: false }
  }
  const [first] = servers
  const serverId = servers.length === 0 ? NEW_SERVER : servers.length === 1 && first !== undefined ? first.id : ''
  return { ...emptyForm, type: start.type ?? 'local', serverId }
}
