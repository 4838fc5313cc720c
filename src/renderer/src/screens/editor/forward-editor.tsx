import { listenEndpoint, type Endpoint } from '@shared/endpoints'
import { plural } from '@shared/format'
import { forwardSentence } from '@shared/sentence'
import type { ForwardDraft, ForwardType, ServerSpec } from '@shared/specs'
import { useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { FaultView } from '../../components/fault-view'
import { X } from '../../components/icons'
import { Segmented } from '../../components/segmented'
import { readOnlyReason } from '../../sharing/words'
import { useForward } from '../../stores/forwards'
import type { EditorStart } from '../../stores/ui'
import { liveConnections } from '../../stores/view-actions'
import { Details } from './details'
import { Ends } from './ends'
import { Exposure } from './exposure'
import { changesWay, formOf, partialSpec } from './form'
import { fieldLabel } from './form-fields'
import { isProxy } from './form-more'
import frame from '../../styles/form-pane.module.css'
import styles from './forward-editor.module.css'
import { Kept } from './kept'
import { LOCK_REASON } from './locked'
import { NewServerFields } from './new-server-fields'
import { PasteBox } from './paste-box'
import { Picture } from './picture'
import { SharedColumns } from './shared-columns'
import { SharedSecrets } from './shared-secrets'
import sharing from './sharing.module.css'
import { useForwardForm, type ForwardFormState } from './use-forward-form'

export interface ForwardEditorProps {
  /** `null`: a new forward. */
  forwardId: string | null
  start: EditorStart
  onClose: () => void
}

const types = [
  { value: 'local', label: 'Reach', hint: 'local, -L' },
  { value: 'remote', label: 'Offer', hint: 'remote, -R' },
  { value: 'dynamic', label: 'Browse', hint: 'dynamic, -D' },
] as const satisfies readonly { value: ForwardType; label: string; hint: string }[]

const meanings = {
  local: 'Reach a service behind a server.',
  remote: 'Offer a service of this machine on a server.',
  dynamic: 'Browse through a server: programs use this machine as a SOCKS or HTTP proxy.',
} as const satisfies Record<ForwardType, string>

/** The form of a forward: three choices, a picture of the parties with their fields, the rest below. */
export function ForwardEditor({ forwardId, start, onClose }: ForwardEditorProps): ReactNode {
  const state = useForwardForm(forwardId, start)
  const { form, original } = state
  const fromConfig = original !== null && original.configLine !== null
  const element = useRef<HTMLFormElement>(null)
  const wanted = useForward(forwardId ?? '')?.snapshot.wanted === true
  useEffect(() => {
    const first = '[role="radio"][aria-checked="true"]'
    const form = element.current
    const start = form?.querySelector<HTMLElement>(first) ?? form?.querySelector<HTMLElement>('input')
    start?.focus()
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
        // The form of a dialog that stands in front is another one.
        if (event.target === event.currentTarget) void submit(!wanted)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        if (!(event.target instanceof Node && event.currentTarget.contains(event.target))) return
        event.preventDefault()
        onClose()
      }}
    >
      <header className={frame.header}>
        <h1 id="editor-title" data-tip={original?.name} data-tip-when="cut">
          {original === null ? 'New forward' : `Edit ${original.name}`}
        </h1>
        <IconButton label="Close" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      <div className={frame.body}>
        {forwardId === null && <PasteBox onCommand={state.paste} notes={state.notes} />}
        {fromConfig && <ConfigNote state={state} />}
        {state.sharing.cloud?.editable === false && (
          <p id={LOCK_REASON} className={sharing.reason}>
            {readOnlyReason(state.sharing.cloud)}
          </p>
        )}
        <Meanwhile state={state} />
        {!fromConfig && state.sharing.isLocked('type') && <p className={styles.meaning}>{meanings[form.type]}</p>}
        {!fromConfig && !state.sharing.isLocked('type') && (
          <div className={styles.choice}>
            <Segmented
              label="What it does"
              value={form.type}
              options={types}
              onChange={(type) => {
                state.change({ type })
              }}
            />
            <p className={styles.meaning}>{meanings[form.type]}</p>
          </div>
        )}
        {!fromConfig && <Parties state={state} />}
        {!fromConfig && <Exposed state={state} />}
        <Kept state={state} />
        <Details state={state} />
        <SharedColumns state={state} />
        <SharedSecrets state={state} />
        {state.fault !== null && <FaultView fault={state.fault} />}
      </div>
      <footer className={frame.footer}>
        {wanted && original !== null && changesWay(form, formOf(original)) && <Restart id={original.id} />}
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

/** What was changed here and elsewhere while the form is open: the form keeps what was typed, and says so. */
function Meanwhile({ state: { contested, form } }: { state: ForwardFormState }): ReactNode {
  if (contested.length === 0) return null
  const fields = contested.map((field) => fieldLabel(form.type, field).toLowerCase())
  return (
    <p className={sharing.warning} role="status">
      Changed elsewhere while you edit: {new Intl.ListFormat('en').format(fields)}. Saving puts yours in place of it.
    </p>
  )
}

function Parties({ state }: { state: ForwardFormState }): ReactNode {
  const { form, servers, newServer } = state
  const ends = endsOf(partialSpec(form))
  const chosen = servers.find((server) => server.id === form.serverId)
  const server = newServer?.name ?? chosen?.name ?? ''
  const portCount = partialSpec(form).portCount ?? 1
  const sentence = forwardSentence({ type: form.type, server, listen: ends.listen, target: ends.target, portCount })
  // A port that nobody has typed yet is no port 0.
  const said = form.targetPort.trim() === '' ? sentence.replace(/:0(?=\s)/, '') : sentence
  const untyped = form.listenPort === '' && form.type !== 'dynamic' && !('path' in ends.listen)
  return (
    <div className={styles.parties}>
      <Picture
        type={form.type}
        server={server}
        hops={newServer === null ? hopNames(chosen, servers) : newServer.jumps.map((hop) => hop.name)}
        listen={ends.listen}
        target={ends.target}
        portCount={portCount}
        exposed={state.exposed}
      />
      <Ends state={state} />
      {newServer !== null && <NewServerFields state={state} server={newServer} />}
      <p className={styles.sentence} aria-live="polite">
        {untyped ? said.replace(/a free port of \S+/, form.type === 'remote' ? 'a port there' : 'a port here') : said}.
      </p>
    </div>
  )
}

function Exposed({ state }: { state: ForwardFormState }): ReactNode {
  const hasLogin = isProxy(state.form) && state.form.proxyUsername.trim() !== ''
  const who = state.form.type === 'remote' ? 'Machines on the network of the server' : 'Other machines on your network'
  return (
    <Exposure state={state} otherwise="Confirm this, or take the address away under More.">
      {who} can connect, {hasLogin ? 'with the name and the password for clients' : 'without a password'}.
    </Exposure>
  )
}

/** The ends of a line of the ssh config are changed in the file. */
function ConfigNote({ state: { original } }: { state: ForwardFormState }): ReactNode {
  return (
    <p className={styles.sentence}>
      Its ends are the line <span className="mono">{original?.configLine?.replace(/^\S+ /, '')}</span> of your ssh
      config. To change them, edit the file or duplicate the forward.
    </p>
  )
}

function Restart({ id }: { id: string }): ReactNode {
  const view = useForward(id)
  const live = view === undefined ? 0 : liveConnections(view)
  return (
    <span className={styles.restart}>
      {live === 0 ? 'Saving restarts it.' : `Saving restarts it and ends ${plural(live, 'connection')}.`}
    </span>
  )
}

function hopNames(server: ServerSpec | undefined, servers: readonly ServerSpec[]): readonly string[] {
  return (server?.jump ?? []).map((id) => servers.find((other) => other.id === id)?.name ?? '?')
}

/** Both ends as far as they are typed: an end with a host and no port yet is not a target. */
function endsOf(draft: ForwardDraft): { readonly listen: Endpoint; readonly target: Endpoint | null } {
  const spec = {
    type: draft.type,
    localHost: draft.localHost ?? null,
    localPort: draft.localPort ?? null,
    remoteHost: draft.remoteHost ?? null,
    remotePort: draft.remotePort ?? null,
    bindAddress: draft.bindAddress ?? null,
    bindPort: draft.bindPort ?? null,
  }
  const [host, port] = draft.type === 'local' ? [spec.remoteHost, spec.remotePort] : [spec.localHost, spec.localPort]
  const target: Endpoint | null =
    draft.type === 'dynamic' || host === null ? null : host.startsWith('/') ? { path: host } : { host, port: port ?? 0 }
  return { listen: listenEndpoint(spec), target }
}
