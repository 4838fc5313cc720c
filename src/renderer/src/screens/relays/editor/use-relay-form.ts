/** The state behind the form: what is typed, what is wrong with it, and the way to the daemon. */
import { isExposed } from '@shared/endpoints'
import { toFault, type Fault } from '@shared/errors'
import type { ParsedRelayDraft, RelayPatch, RelaySpec } from '@shared/relays'
import { useEffect, useRef, useState } from 'react'
import { settle } from '../../../stores/call'
import { startRelays } from '../../../stores/relay-actions'
import { getRelay, mergeRelays, relaysStore, useRelays } from '../../../stores/relays'
import { chooseAll, selections } from '../../../stores/selection'
import { editRelay, newRelay, showRelay, type RelayStart } from '../../../stores/ui'
import { offerUndo } from '../../../stores/undo'
import { limitFieldOf, sameLimits, type LimitErrors } from '../../../traffic/limits-form'
import { draftSlot } from '../../editor/drafts'
import { usePortCheck, type PortTrouble } from '../../editor/port-check'
import { freeName } from '../../editor/suggest'
import {
  changeRelay,
  emptyRelay,
  readRelay,
  relayFieldOf,
  relayFormOf,
  relayListen,
  type RelayErrors,
  type RelayForm,
} from './relay-form'

export interface RelayFormState {
  readonly form: RelayForm
  readonly original: RelaySpec | null
  /** What to show now: a field is wrong once it was left or a save was tried. */
  readonly errors: RelayErrors
  readonly limitErrors: LimitErrors
  /** True once a save was tried. */
  readonly tried: boolean
  readonly portTrouble: PortTrouble | null
  /** Set where a name is taken. */
  readonly otherName: string | null
  readonly exposed: boolean
  readonly exposureConfirmed: boolean
  readonly exposureAsked: boolean
  readonly fault: Fault | null
  readonly busy: boolean
  readonly change: (change: Partial<RelayForm>) => void
  readonly changeLimits: (limits: RelayForm['limits'], valid: boolean) => void
  readonly leave: (field: string) => void
  readonly confirmExposure: (confirmed: boolean) => void
  /** Saves; resolves to whether it did. */
  readonly save: (andStart: boolean) => Promise<boolean>
}

const drafts = draftSlot<{ readonly id: string | null; readonly form: RelayForm }>()

export function useRelayForm(relayId: string | null, start: RelayStart): RelayFormState {
  const original = useRelays((state) => (relayId === null ? null : (state.byId.get(relayId)?.spec ?? null)))
  const [begin] = useState(() => beginning(relayId, start))
  const [form, setForm] = useState(begin.form)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [tried, setTried] = useState(false)
  const [limitsValid, setLimitsValid] = useState(true)
  const [refused, setRefused] = useState<{ readonly form: RelayForm; readonly fault: Fault } | null>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const [busy, setBusy] = useState(false)
  const [confirmedAt, setConfirmedAt] = useState(begin.exposedAt)
  const listen = relayListen(form)
  const holdsItself = (host: string, port: number): boolean => {
    // A relay that runs holds its own port.
    const held = original?.protocol === form.protocol ? getRelay(original.id)?.snapshot.listen : undefined
    return held !== undefined && 'port' in held && held.host === host && held.port === port
  }
  const portTrouble = usePortCheck(listen, holdsItself, form.protocol)
  const saved = useKept(relayId, { form, clean: begin.clean })

  const reading = readRelay(form)
  const taken = takenNames(relayId)
  const isTaken = taken.has(form.name.trim().toLowerCase())
  const refusal = refused?.form === form ? refused.fault : null
  const refusedField = relayFieldOf(refusal?.field ?? '')
  const refusedLimit = limitFieldOf(refusal?.field ?? null)
  const found: RelayErrors = {
    ...(reading.ok ? {} : reading.errors),
    ...(refusal === null || refusedField === null ? {} : { [refusedField]: refusal.message }),
    ...(isTaken ? { name: `The name ${form.name.trim()} is taken.` } : {}),
  }
  const exposed = isExposed(listen)
  const exposureConfirmed = confirmedAt === listen.host

  return {
    form,
    original,
    errors: Object.fromEntries(
      Object.entries(found).filter(([field]) => tried || left.has(field) || (field === 'name' && isTaken)),
    ),
    limitErrors: refusal === null || refusedLimit === null ? {} : { [refusedLimit]: refusal.message },
    tried,
    portTrouble,
    otherName: isTaken ? freeName(form.name.trim(), taken) : null,
    exposed,
    exposureConfirmed,
    exposureAsked: tried && exposed && !exposureConfirmed,
    fault,
    busy,
    change: (change) => {
      setFault(null)
      setForm((before) => changeRelay(before, change, taken))
    },
    changeLimits: (limits, valid) => {
      setLimitsValid(valid)
      setForm((before) => ({ ...before, limits }))
    },
    leave: (field) => {
      setLeft((before) => (before.has(field) ? before : new Set([...before, field])))
    },
    confirmExposure: (confirmed) => {
      setConfirmedAt(confirmed ? listen.host : null)
    },
    save: async (andStart) => {
      setTried(true)
      setFault(null)
      if (!reading.ok || isTaken || !limitsValid || (exposed && !exposureConfirmed)) return false
      if (andStart && portTrouble !== null) return false
      setBusy(true)
      try {
        const result = await settle(
          relayId === null
            ? window.api.daemon['relays.add'](reading.draft)
            : window.api.daemon['relays.update']({ id: relayId, patch: changedPart(reading.draft, begin.clean) }),
        )
        if (!result.ok) {
          const { field } = result.fault
          if (field !== null && (relayFieldOf(field) !== null || limitFieldOf(field) !== null)) {
            setRefused({ form, fault: result.fault })
          } else setFault(result.fault)
          return false
        }
        saved.current = true
        const { id } = result.value.spec
        mergeRelays([result.value])
        chooseAll(selections.relays, [id])
        showRelay(id)
        if (andStart) await startRelays([id])
        return true
      } catch (error) {
        setFault(toFault(error))
        return false
      } finally {
        setBusy(false)
      }
    },
  }
}

// --- internal ---

/** Without limits that nobody touched: they may have been changed elsewhere meanwhile. */
function changedPart({ limits, ...draft }: ParsedRelayDraft, clean: RelayForm): RelayPatch {
  return sameLimits(limits, clean.limits) ? draft : { ...draft, limits }
}

/** Offers to bring back what was typed when the form goes without having been saved. */
function useKept(
  relayId: string | null,
  { form, clean }: { readonly form: RelayForm; readonly clean: RelayForm },
): { current: boolean } {
  const latest = useRef(form)
  const saved = useRef(false)
  useEffect(() => {
    latest.current = form
  }, [form])
  useEffect(
    () => () => {
      const draft = { id: relayId, form: latest.current }
      if (saved.current || JSON.stringify(draft.form) === JSON.stringify(clean)) return
      if (relayId !== null && getRelay(relayId) === undefined) return
      offerUndo(
        relayId === null ? 'The new relay was not saved.' : `The changes to ${draft.form.name} were not saved.`,
        () => {
          drafts.keep(draft)
          if (relayId === null) newRelay({ protocol: draft.form.protocol })
          else editRelay(relayId)
          return Promise.resolve()
        },
      )
    },
    [relayId, clean],
  )
  return saved
}

interface Beginning {
  readonly form: RelayForm
  /** What counts as untouched. */
  readonly clean: RelayForm
  /** What was exposed already when it was opened: no need to ask again. */
  readonly exposedAt: string | null
}

function beginning(relayId: string | null, start: RelayStart): Beginning {
  const clean = cleanForm(relayId, start)
  const { host } = relayListen(clean)
  const exposedAt = relayId !== null && isExposed({ host, port: 0 }) ? host : null
  return { form: drafts.take(relayId)?.form ?? clean, clean, exposedAt }
}

function cleanForm(relayId: string | null, start: RelayStart): RelayForm {
  const saved = relayId === null ? undefined : getRelay(relayId)?.spec
  if (saved !== undefined) return relayFormOf(saved)
  const copied = start.copyOf === undefined ? undefined : getRelay(start.copyOf)?.spec
  if (copied === undefined) return emptyRelay(start.protocol ?? 'tcp')
  return { ...relayFormOf(copied), name: freeName(copied.name, takenNames(null)), favourite: false }
}

function takenNames(except: string | null): ReadonlySet<string> {
  const views = [...relaysStore.getState().byId.values()]
  return new Set(views.filter((view) => view.spec.id !== except).map((view) => view.spec.name.toLowerCase()))
}
