/** The state behind the form of a server. */
import { toFault, type Fault } from '@shared/errors'
import type { ServerSpec } from '@shared/specs'
import { useEffect, useRef, useState } from 'react'
import { settle, valueOf } from '../../stores/call'
import { getServer, serversStore, setServers, useServer } from '../../stores/servers'
import { showServer } from '../../stores/ui'
import { offerUndo } from '../../stores/undo'
import {
  changeServerForm,
  emptyServerForm,
  readServerForm,
  serverFieldOf,
  serverFormOf,
  type ServerErrors,
  type ServerField,
  type ServerForm,
} from './server-form'

export interface ServerFormState {
  readonly form: ServerForm
  readonly original: ServerSpec | undefined
  readonly errors: ServerErrors
  readonly fault: Fault | null
  readonly busy: boolean
  readonly change: (change: Partial<ServerForm>) => void
  readonly leave: (field: ServerField) => void
  readonly save: () => Promise<ServerSpec | null>
  readonly remove: () => Promise<boolean>
}

/** A form closed unsaved, until it is offered back or forgotten. */
let kept: { readonly serverId: string | null; readonly form: ServerForm } | null = null

export function useServerForm(serverId: string | null): ServerFormState {
  const original = useServer(serverId)
  const [clean] = useState(() => {
    const server = serverId === null ? undefined : getServer(serverId)
    return server === undefined ? emptyServerForm : serverFormOf(server)
  })
  const [form, setForm] = useState(() => takeKept(serverId) ?? clean)
  const [left, setLeft] = useState<ReadonlySet<ServerField>>(new Set())
  const [tried, setTried] = useState(false)
  const [refused, setRefused] = useState<{ readonly form: ServerForm; readonly errors: ServerErrors } | null>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const [busy, setBusy] = useState(false)
  const latest = useRef(form)
  const done = useRef(false)
  useEffect(() => {
    latest.current = form
  }, [form])
  useEffect(
    () => () => {
      const typed = latest.current
      if (done.current || JSON.stringify(typed) === JSON.stringify(clean)) return
      if (serverId !== null && getServer(serverId) === undefined) return
      const what = serverId === null ? 'The new server was not saved.' : `The changes to ${clean.name} were not saved.`
      offerUndo(what, () => {
        kept = { serverId, form: typed }
        showServer(serverId ?? 'new')
        return Promise.resolve()
      })
    },
    [serverId, clean],
  )
  const reading = readServerForm(form)
  const found: ServerErrors = {
    ...(refused?.form === form ? refused.errors : {}),
    ...(reading.ok ? {} : reading.errors),
  }
  const visible = Object.fromEntries(Object.entries(found).filter(([field]) => tried || left.has(field as ServerField)))

  return {
    form,
    original,
    errors: visible,
    fault,
    busy,
    change: (change) => {
      setFault(null)
      setForm((before) => changeServerForm(before, change))
    },
    leave: (field) => {
      setLeft((before) => (before.has(field) ? before : new Set([...before, field])))
    },
    save: async () => {
      setTried(true)
      setFault(null)
      if (!reading.ok) return null
      setBusy(true)
      try {
        const result = await settle(
          serverId === null
            ? window.api.daemon['servers.add'](reading.draft)
            : window.api.daemon['servers.update']({ id: serverId, patch: reading.draft }),
        )
        if (!result.ok) {
          const field = result.fault.field === null ? null : serverFieldOf(result.fault.field)
          if (field === null) setFault(result.fault)
          else setRefused({ form, errors: { [field]: result.fault.message } })
          return null
        }
        done.current = true
        merge(result.value)
        return result.value
      } catch (error) {
        setFault(toFault(error))
        return null
      } finally {
        setBusy(false)
      }
    },
    remove: async () => {
      if (serverId === null) return true
      const result = await settle(window.api.daemon['servers.remove']({ id: serverId }))
      if (!result.ok) {
        setFault(result.fault)
        return false
      }
      done.current = true
      setServers(serversStore.getState().list.filter((server) => server.id !== serverId))
      offerUndo(`${clean.name} removed.`, async () => {
        const restored = await valueOf(window.api.daemon['servers.restore']({ id: serverId }))
        if (restored !== null) merge(restored)
      })
      return true
    },
  }
}

// --- internal ---

function takeKept(serverId: string | null): ServerForm | null {
  if (kept?.serverId !== serverId) return null
  const { form } = kept
  kept = null
  return form
}

function merge(server: ServerSpec): void {
  setServers([...serversStore.getState().list.filter((other) => other.id !== server.id), server])
}
