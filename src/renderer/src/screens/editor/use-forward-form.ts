/** The state behind the form: what is typed, what is wrong with it, and the way to the daemon. */
import type { Endpoint } from '@shared/endpoints'
import { toFault, type Fault } from '@shared/errors'
import type { Limits } from '@shared/limits'
import type { ForwardDraft, ForwardPatch, ForwardSpec, ServerSpec } from '@shared/specs'
import { useEffect, useRef, useState } from 'react'
import { settle } from '../../stores/call'
import { startForwards } from '../../stores/forward-actions'
import { forwardsStore, getForward, mergeForwards, useForwards } from '../../stores/forwards'
import { useLink } from '../../stores/link'
import { useServers } from '../../stores/servers'
import { chooseAll, selections } from '../../stores/selection'
import { editForward, newForward, showDetail, type EditorStart } from '../../stores/ui'
import { offerUndo } from '../../stores/undo'
import { limitFieldOf, limitsOrNull, sameLimits, type LimitErrors } from '../../traffic/limits-form'
import { draftSlot } from './drafts'
import { changeForm, emptyForm, formOf, isFormExposed, listenOf, readForm, sameForm, type ForwardForm } from './form'
import { isProxy } from './form-more'
import { fieldOf, type FormErrors, type FormField } from './form-fields'
import { destinationError, emptyNewServer, NEW_SERVER, saveNewServer, type NewServer } from './new-server'
import { pasteCommand } from './paste'
import { usePortCheck, type PortTrouble } from './port-check'
import { freeName } from './suggest'

const drafts = draftSlot<{
  readonly id: string | null
  readonly form: ForwardForm
  readonly newServer: NewServer | null
}>()

export interface ForwardFormState {
  readonly form: ForwardForm
  readonly original: ForwardSpec | null
  readonly servers: readonly ServerSpec[]
  readonly newServer: NewServer | null
  /** What to show now: a field is wrong once it was left or a save was tried. */
  readonly errors: FormErrors
  readonly limitErrors: LimitErrors
  /** True once a save was tried. */
  readonly tried: boolean
  readonly newServerError: string | null
  readonly portTrouble: PortTrouble | null
  /** Set where a name is taken. */
  readonly otherName: string | null
  readonly exposed: boolean
  readonly exposureConfirmed: boolean
  readonly exposureAsked: boolean
  readonly fault: Fault | null
  readonly notes: readonly string[]
  readonly busy: boolean
  readonly change: (change: Partial<ForwardForm>) => void
  readonly changeLimits: (limits: Limits, valid: boolean) => void
  readonly changeServer: (serverId: string) => void
  readonly setNewServer: (server: NewServer) => void
  readonly leave: (field: FormField) => void
  readonly confirmExposure: (confirmed: boolean) => void
  readonly paste: (command: string) => string | null
  /** Saves; resolves to whether it did. */
  readonly save: (andStart: boolean) => Promise<boolean>
}

export function useForwardForm(forwardId: string | null, start: EditorStart): ForwardFormState {
  const servers = useServers()
  const localUser = useLink((state) => state.hello?.username ?? '')
  const original = useForwards((state) => (forwardId === null ? null : (state.byId.get(forwardId)?.spec ?? null)))
  const [begin] = useState(() => beginning(forwardId, start, servers))
  const [form, setForm] = useState(begin.form)
  const [newServer, setNewServer] = useState<NewServer | null>(begin.newServer)
  const [left, setLeft] = useState<ReadonlySet<FormField>>(new Set())
  const [tried, setTried] = useState(false)
  const [limitsValid, setLimitsValid] = useState(true)
  const [refused, setRefused] = useState<Refused | null>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const [notes, setNotes] = useState<readonly string[]>([])
  const [busy, setBusy] = useState(false)
  const [confirmedAt, setConfirmedAt] = useState(begin.exposedAt)
  const portTrouble = usePortCheck(askable(form), (host, port) => {
    // A forward that runs holds its own port.
    const listen = original === null ? undefined : getForward(original.id)?.snapshot.listen
    return listen !== undefined && 'port' in listen && listen.host === host && listen.port === port
  })

  const latest = useRef({ form, newServer })
  const saved = useRef(false)
  useEffect(() => {
    latest.current = { form, newServer }
  }, [form, newServer])
  useEffect(
    () => () => {
      const typed = !sameForm(latest.current.form, begin.clean) || (latest.current.newServer?.destination ?? '') !== ''
      if (saved.current || !typed) return
      if (forwardId !== null && getForward(forwardId) === undefined) return
      // A password is not kept anywhere in the window.
      const draft = { id: forwardId, ...latest.current, form: { ...latest.current.form, proxyPassword: '' } }
      offerUndo(
        forwardId === null ? 'The new forward was not saved.' : `The changes to ${draft.form.name} were not saved.`,
        () => {
          drafts.keep(draft)
          if (forwardId === null) newForward({ type: draft.form.type })
          else editForward(forwardId)
          return Promise.resolve()
        },
      )
    },
    [forwardId, begin],
  )

  const reading = readForm(form, original)
  const taken = takenNames(forwardId)
  const isTaken = taken.has(form.name.trim().toLowerCase())
  const found: FormErrors = {
    ...(refused?.form === form ? refused.errors : {}),
    ...(reading.ok ? {} : reading.errors),
    ...(isTaken ? { name: `The name ${form.name.trim()} is taken.` } : {}),
  }
  const exposed = isFormExposed(form)
  const exposureConfirmed = confirmedAt !== null && confirmedAt === exposureKey(form)
  const serverWrong = form.serverId === NEW_SERVER && newServer !== null ? destinationError(newServer) : null
  const visible = Object.fromEntries(
    Object.entries(found).filter(([field]) => tried || left.has(field as FormField) || (field === 'name' && isTaken)),
  )

  const change = (next: Partial<ForwardForm>): void => {
    setFault(null)
    setForm((before) => changeForm(before, next, contextOf(next.serverId ?? before.serverId)))
  }
  const contextOf = (serverId: string): { serverName: string | null; takenNames: ReadonlySet<string> } => ({
    serverName:
      serverId === NEW_SERVER
        ? (latest.current.newServer?.name ?? null)
        : (servers.find((server) => server.id === serverId)?.name ?? null),
    takenNames: taken,
  })

  return {
    form,
    original,
    servers,
    newServer: form.serverId === NEW_SERVER ? newServer : null,
    errors: visible,
    limitErrors: refused?.form === form ? refused.limitErrors : {},
    tried,
    newServerError: tried ? serverWrong : null,
    // The port that is assumed while the field is empty is not yet anybody's mistake.
    portTrouble: form.listenPort.trim() === '' && left.size === 0 && !tried ? null : portTrouble,
    otherName: isTaken ? freeName(form.name.trim(), taken) : null,
    exposed,
    exposureConfirmed,
    exposureAsked: tried && exposed && !exposureConfirmed,
    fault,
    notes,
    busy,
    change,
    changeLimits: (limits, valid) => {
      setLimitsValid(valid)
      change({ limits: limitsOrNull(limits) })
    },
    changeServer: (serverId) => {
      setNewServer(serverId === NEW_SERVER ? (newServer ?? emptyNewServer) : null)
      change({ serverId })
    },
    setNewServer: (server) => {
      setNewServer(server)
      latest.current = { ...latest.current, newServer: server }
      change({})
    },
    leave: (field) => {
      setLeft((before) => (before.has(field) ? before : new Set([...before, field])))
    },
    confirmExposure: (confirmed) => {
      setConfirmedAt(confirmed ? exposureKey(form) : null)
    },
    paste: (command) => {
      const pasted = pasteCommand(command, { form, servers, localUser })
      if (!pasted.ok) {
        setNotes([])
        return pasted.error
      }
      setNotes(pasted.notes)
      setNewServer(pasted.newServer)
      latest.current = { form: pasted.form, newServer: pasted.newServer }
      setForm(changeForm(pasted.form, {}, contextOf(pasted.form.serverId)))
      setFault(null)
      return null
    },
    save: async (andStart) => {
      setTried(true)
      setFault(null)
      if (!reading.ok || isTaken || serverWrong !== null || !limitsValid) return false
      if (exposed && !exposureConfirmed) return false
      if (andStart && portTrouble !== null) return false
      setBusy(true)
      try {
        let draft = reading.draft
        if (form.serverId === NEW_SERVER && newServer !== null) {
          const server = await saveNewServer(newServer, localUser)
          if (!server.ok) {
            setFault(server.fault)
            return false
          }
          // A second try must not make the server again.
          setNewServer(null)
          setForm({ ...form, serverId: server.value.id })
          draft = { ...draft, serverId: server.value.id }
        }
        const result = await settle(
          forwardId === null
            ? window.api.daemon['forwards.add'](draft)
            : window.api.daemon['forwards.update']({
                id: forwardId,
                patch: ownPart(draft, { original, limited: !sameLimits(form.limits, begin.clean.limits) }),
              }),
        )
        if (!result.ok) {
          const refusal = refusalOf(form, result.fault)
          if (refusal === null) setFault(result.fault)
          else setRefused(refusal)
          return false
        }
        const trouble = await givePassword(result.value.spec.id, form)
        // The start of a new one asks for the password that could not be given.
        if (trouble !== null && forwardId !== null) {
          setFault(trouble)
          return false
        }
        saved.current = true
        mergeForwards([result.value])
        chooseAll(selections.forwards, [result.value.spec.id])
        showDetail(result.value.spec.id)
        if (andStart) await startForwards([result.value.spec.id])
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

/** The port of the server is the server's to check. */
function askable(form: ForwardForm): Endpoint | null {
  return form.type === 'remote' ? null : listenOf(form)
}

/** The password that clients of a proxy give, to the daemon alone; one kept before in the keyring is of no use any more. */
async function givePassword(id: string, form: ForwardForm): Promise<Fault | null> {
  if (form.proxyPassword === '' || form.proxyUsername.trim() === '' || !isProxy(form)) return null
  const given = await settle(window.api.daemon['forwards.setSecret']({ id, value: form.proxyPassword, keep: 'memory' }))
  if (!given.ok) return given.fault
  const forgotten = await settle(window.api.app['app.forgetSecrets']({ serverId: `forward:${id}` }))
  return forgotten.ok ? null : forgotten.fault
}

interface Refused {
  readonly form: ForwardForm
  readonly errors: FormErrors
  readonly limitErrors: LimitErrors
}

/** A fault at the field it speaks of; `null` where the form has none for it. */
function refusalOf(form: ForwardForm, { field: path, message }: Fault): Refused | null {
  if (path === null) return null
  const field = fieldOf(form.type, path)
  if (field !== null) return { form, errors: { [field]: message }, limitErrors: {} }
  const limit = limitFieldOf(path)
  return limit === null ? null : { form, errors: {}, limitErrors: { [limit]: message } }
}

interface Edited {
  readonly original: ForwardSpec | null
  /** Whether the limits were changed here. */
  readonly limited: boolean
}

/** A line of the ssh config keeps its ends. Limits that nobody touched may have been changed elsewhere meanwhile. */
function ownPart({ limits, ...rest }: ForwardDraft, { original, limited }: Edited): ForwardPatch {
  const draft = limited ? { ...rest, limits } : rest
  if (original === null || original.configLine === null) return draft
  const { type: _t, localHost: _lh, localPort: _lp, remoteHost: _rh, remotePort: _rp, ...open } = draft
  const { bindAddress: _ba, bindPort: _bp, portCount: _c, serverId: _s, configLine: _l, ...own } = open
  return own
}

interface Beginning {
  readonly form: ForwardForm
  /** What counts as untouched. */
  readonly clean: ForwardForm
  readonly newServer: NewServer | null
  /** What was exposed already when it was opened: no need to ask again. */
  readonly exposedAt: string | null
}

function beginning(forwardId: string | null, start: EditorStart, servers: readonly ServerSpec[]): Beginning {
  const clean = cleanForm(forwardId, start, servers)
  const exposedAt = forwardId !== null && isFormExposed(clean) ? exposureKey(clean) : null
  const draft = drafts.take(forwardId)
  if (draft !== null) return { form: draft.form, clean, newServer: draft.newServer, exposedAt }
  // Without any server the form begins with the fields of a new one.
  const newServer = forwardId === null && clean.serverId === NEW_SERVER ? emptyNewServer : null
  return { form: clean, clean, newServer, exposedAt }
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

function takenNames(except: string | null): ReadonlySet<string> {
  const views = [...forwardsStore.getState().byId.values()]
  return new Set(views.filter((view) => view.spec.id !== except).map((view) => view.spec.name.toLowerCase()))
}

/** A confirmation holds for the address it was given for, not for another. */
function exposureKey(form: ForwardForm): string {
  const listen = listenOf(form)
  return `${form.type} ${'path' in listen ? listen.path : listen.host}`
}
