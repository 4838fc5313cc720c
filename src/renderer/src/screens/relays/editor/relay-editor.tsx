import { plural } from '@shared/format'
import type { RelayProtocol } from '@shared/relays'
import { useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { X } from '../../../components/icons'
import { Segmented } from '../../../components/segmented'
import { useRelay } from '../../../stores/relays'
import type { RelayStart } from '../../../stores/ui'
import { liveConnections } from '../../../stores/view-actions'
import { Exposure } from '../../editor/exposure'
import frame from '../../../styles/form-pane.module.css'
import styles from '../../editor/forward-editor.module.css'
import { changesListener, relayFormOf } from './relay-form'
import { RelayDetails } from './relay-details'
import { RelayEnds } from './relay-ends'
import { useRelayForm, type RelayFormState } from './use-relay-form'

export interface RelayEditorProps {
  /** `null`: a new relay. */
  relayId: string | null
  start: RelayStart
  onClose: () => void
}

const protocols = [
  { value: 'tcp', label: 'Connections', hint: 'TCP' },
  { value: 'udp', label: 'Datagrams', hint: 'UDP' },
] as const satisfies readonly { value: RelayProtocol; label: string; hint: string }[]

const meanings = {
  tcp: 'Pass connections to a port of this machine on to another machine.',
  udp: 'Pass datagrams to a port of this machine on to another machine, and the answers back.',
} as const satisfies Record<RelayProtocol, string>

/** The form of a relay: the protocol, a picture of both ends with their fields, the rest below. */
export function RelayEditor({ relayId, start, onClose }: RelayEditorProps): ReactNode {
  const state = useRelayForm(relayId, start)
  const { form, original } = state
  const element = useRef<HTMLFormElement>(null)
  const wanted = useRelay(relayId ?? '')?.snapshot.wanted === true
  useEffect(() => {
    element.current?.querySelector<HTMLElement>('[role="radio"][aria-checked="true"]')?.focus()
  }, [])
  const submit = async (andStart: boolean): Promise<void> => {
    if (await state.save(andStart)) return
    // What is wrong is on screen with the next frame.
    requestAnimationFrame(() => {
      element.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-unconfirmed]')?.focus()
    })
  }
  return (
    <form
      ref={element}
      className={styles.editor}
      aria-labelledby="editor-title"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit(!wanted)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        onClose()
      }}
    >
      <header className={frame.header}>
        <h1 id="editor-title" data-tip={original?.name} data-tip-when="cut">
          {original === null ? 'New relay' : `Edit ${original.name}`}
        </h1>
        <IconButton label="Close" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <div className={frame.body}>
        <div className={styles.choice}>
          <Segmented
            label="What it passes on"
            value={form.protocol}
            options={protocols}
            onChange={(protocol) => {
              state.change({ protocol })
            }}
          />
          <p className={styles.meaning}>{meanings[form.protocol]}</p>
        </div>
        <RelayEnds state={state} />
        <Exposed state={state} />
        <RelayDetails state={state} />
        {state.fault !== null && <FaultView fault={state.fault} />}
      </div>
      <footer className={frame.footer}>
        {wanted && original !== null && <Consequence state={state} id={original.id} />}
        <Button
          kind={wanted ? 'primary' : 'plain'}
          busy={state.busy}
          type={wanted ? 'submit' : 'button'}
          onClick={
            wanted
              ? undefined
              : () => {
                  void submit(false)
                }
          }
        >
          Save
        </Button>
        {!wanted && (
          <Button kind="primary" type="submit" busy={state.busy}>
            Save and start
          </Button>
        )}
      </footer>
    </form>
  )
}

// --- internal ---

function Exposed({ state }: { state: RelayFormState }): ReactNode {
  return (
    <Exposure state={state} otherwise="Confirm this, or take the address away.">
      {state.form.allow.trim() === ''
        ? 'Other machines on your network can connect, without a password.'
        : 'Of the other machines on your network, those under “May connect” can.'}
    </Exposure>
  )
}

/** What a save does to those who are connected now. */
function Consequence({ state, id }: { state: RelayFormState; id: string }): ReactNode {
  const view = useRelay(id)
  const { form, original } = state
  if (view === undefined || original === null || !changesListener(form, relayFormOf(original))) return null
  const live = liveConnections(view)
  const one = original.protocol === 'udp' ? 'session' : 'connection'
  return (
    <span className={styles.restart}>
      {live === 0 ? 'Saving restarts it.' : `Saving restarts it and ends ${plural(live, one)}.`}
    </span>
  )
}
