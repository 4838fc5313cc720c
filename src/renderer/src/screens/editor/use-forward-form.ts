/** The state behind the form: what is typed, what is wrong with it, and the way to the daemon. */
import type { Endpoint } from '@shared/endpoints'
import { toFault, type Fault } from '@shared/errors'
import type { Limits } from '@shared/limits'
import type { ForwardSpec, ServerSpec } from '@shared/specs'
import { useEffect, useRef, useState } from 'react'
import { startForwards } from '../../stores/forward-actions'
import { getForward, mergeForwards, useForwards } from '../../stores/forwards'
import { useLink } from '../../stores/link'
import { useServers } from '../../stores/servers'
import { chooseAll, selections } from '../../stores/selection'
import { editForward, newForward, showDetail, type EditorStart } from '../../stores/ui'
import { offerUndo } from '../../stores/undo'
import { limitFieldOf, limitsOrNull, type LimitErrors } from '../../traffic/limits-form'
import { beginning, drafts, exposureKey, followForm, takenNames } from './form-beginning'
import { changeForm, formOf, isFormExposed, listenOf, readForm, sameForm, type ForwardForm } from './form'
import { fieldOf, type FormErrors, type FormField } from './form-fields'
import { destinationError, emptyNewServer, NEW_SERVER, saveNewServer, type NewServer } from './new-server'
import { pasteCommand } from './paste'
import { usePortCheck, type PortTrouble } from './port-check'
import { givePassword, saveForward } from './save-forward'
import { freeName } from './suggest'
import { useSharing, type Sharing } from './use-sharing'

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
  /** What was changed in the form and elsewhere too. */
  readonly contested: readonly FormField[]
  readonly sharing: Sharing
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
  const [met, setMet] = useState({ spec: original, clean: begin.clean })
  const [contested, setContested] = useState<readonly FormField[]>([])
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

  // It changed elsewhere while it is open here.
  if (original !== null && original !== met.spec && !busy) {
    const clean = formOf(original)
    const followed = followForm(form, met.clean, clean)
    setMet({ spec: original, clean })
    setForm(followed.form)
    setContested((before) => [...new Set([...before, ...followed.contested])])
  }

  const { clean } = met
  const latest = useRef({ form, newServer, clean })
  const saved = useRef(false)
  useEffect(() => {
    latest.current = { form, newServer, clean }
  }, [form, newServer, clean])
  useEffect(
    () => () => {
      const typed =
        !sameForm(latest.current.form, latest.current.clean) || (latest.current.newServer?.destination ?? '') !== ''
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

  const sharing = useSharing({ form, original, servers, change })

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
    contested,
    sharing,
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
      latest.current = { ...latest.current, form: pasted.form, newServer: pasted.newServer }
      setForm(changeForm(pasted.form, {}, contextOf(pasted.form.serverId)))
      setFault(null)
      return null
    },
    save: async (andStart) => {
      setTried(true)
      setFault(null)
      if (!reading.ok || isTaken || serverWrong !== null || !limitsValid || sharing.problem !== null) return false
      if (exposed && !exposureConfirmed) return false
      if (andStart && portTrouble !== null) return false
      if (!(await sharing.mayMove())) return false
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
        const result = await saveForward({ form, draft, original, clean, sharing })
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
        await sharing.move(result.value)
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
