import type { ApiEnable, ApiView } from '@shared/apis'
import { isExposed } from '@shared/endpoints'
import type { Fault } from '@shared/errors'
import { useId, useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { confirmAction } from '../../components/confirm'
import { FaultView } from '../../components/fault-view'
import { Copy, LockOpen } from '../../components/icons'
import { Switch } from '../../components/switch'
import { showToast } from '../../components/toasts'
import { settle, worked } from '../../stores/call'
import { ApiFields } from './api-fields'
import { apiFieldOf, apiFormOf, changesApi, readApiForm, type ApiErrors, type ApiForm } from './api-form'
import { apiAddress, apiWords, exampleCall } from './api-words'
import styles from './apis.module.css'
import settings from './settings-screen.module.css'

/** One control API: its switch, what is true about it, its settings, and a call to try it with. */
export function ApiBlock({ api, children }: { api: ApiView; children?: ReactNode }): ReactNode {
  const state = useApiBlock(api)
  const title = useId()
  const words = apiWords[api.name]
  return (
    <section className={styles.api} aria-labelledby={title}>
      <div className={settings.setting}>
        <div className={settings.words}>
          <h3 id={title}>{words.title}</h3>
          <span className={settings.hint}>{words.meaning}</span>
        </div>
        <Button
          size="s"
          kind="quiet"
          aria-expanded={state.open}
          aria-label={`Settings of ${words.title}`}
          onClick={state.toggle}
        >
          {state.open ? 'Close' : 'Settings'}
        </Button>
        <Switch label={words.title} checked={api.enabled} disabled={state.busy} onChange={state.turn} />
      </div>
      <StateLine api={api} />
      {api.fault !== null && api.enabled && (
        <FaultView fault={api.fault}>
          <Button size="s" busy={state.busy} onClick={state.retry}>
            Try again
          </Button>
        </FaultView>
      )}
      {state.fault !== null && <FaultView fault={state.fault} />}
      {state.open && (
        <form
          className={styles.form}
          aria-label={`Settings of ${words.title}`}
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            state.save()
          }}
        >
          <ApiFields api={api} form={state.form} errors={state.errors} onChange={state.change} />
          <div className={styles.buttons}>
            <Button
              type="submit"
              kind={api.enabled ? 'plain' : 'primary'}
              busy={state.busy}
              disabled={api.enabled && !changesApi(state.form, api)}
            >
              {api.enabled ? 'Save' : 'Save and turn on'}
            </Button>
          </div>
        </form>
      )}
      {api.state === 'running' && <Example api={api} />}
      {children}
    </section>
  )
}

// --- internal ---

function StateLine({ api }: { api: ApiView }): ReactNode {
  const key = api.name === 'x-port-forward' ? 'a key is set' : 'a token is set'
  const keyWord = api.hasKey ? key : api.name === 'x-port-forward' ? 'no key yet' : 'no token: anyone there may read'
  if (!api.enabled) return <p className={styles.state}>○ off{api.hasKey ? `, ${key}` : ''}</p>
  return (
    <p className={styles.state} data-state={api.state}>
      {api.state === 'running' ? (
        <>
          <span className={styles.word}>● running</span> at <span className="mono selectable">{apiAddress(api)}</span>,{' '}
          {keyWord}
        </>
      ) : api.state === 'failed' ? (
        <span className={styles.word}>✕ failed</span>
      ) : (
        '○ not running yet'
      )}
      {api.exposed && (
        <span className={styles.exposed}>
          <LockOpen size={14} aria-hidden="true" /> reachable from the network
        </span>
      )}
    </p>
  )
}

function Example({ api }: { api: ApiView }): ReactNode {
  const call = exampleCall(api)
  const copy = async (): Promise<void> => {
    if (await worked(window.api.app['app.copy'](call))) showToast({ text: 'The example is on the clipboard.' })
  }
  return (
    <div className={styles.example}>
      <pre className="mono selectable" tabIndex={0} aria-label="An example call">
        {call}
      </pre>
      <Button size="s" icon={<Copy size={14} />} onClick={() => void copy()}>
        Copy
      </Button>
    </div>
  )
}

interface ApiBlockState {
  readonly open: boolean
  readonly busy: boolean
  readonly form: ApiForm
  readonly errors: ApiErrors
  readonly fault: Fault | null
  readonly change: (patch: Partial<ApiForm>) => void
  readonly toggle: () => void
  readonly turn: (on: boolean) => void
  readonly retry: () => void
  readonly save: () => void
}

function useApiBlock(api: ApiView): ApiBlockState {
  const [typed, setTyped] = useState<ApiForm | null>(null)
  const [errors, setErrors] = useState<ApiErrors>({})
  const [fault, setFault] = useState<Fault | null>(null)
  const [busy, setBusy] = useState(false)
  const form = typed ?? apiFormOf(api)

  const close = (): void => {
    setTyped(null)
    setErrors({})
    setFault(null)
  }
  const refused = (why: Fault): void => {
    const field = apiFieldOf(why.field)
    // A field is of use only where it is seen.
    if (field === null) {
      setFault(why)
      return
    }
    setTyped(form)
    setErrors({ [field]: why.message })
  }
  const enable = async (what: ApiEnable): Promise<void> => {
    const listen = what.listen ?? api.listen
    if (isExposed(listen) && !(api.enabled && api.exposed) && !(await agreesToExposure(api, what))) return
    setBusy(true)
    setFault(null)
    const result = await settle(window.api.daemon['apis.enable'](what))
    setBusy(false)
    if (result.ok) close()
    else refused(result.fault)
  }
  const submit = (what: ApiForm): void => {
    const read = readApiForm(what, api)
    setErrors(read.errors)
    setTyped(what)
    if (Object.keys(read.errors).length === 0) void enable(read.enable)
  }
  const disable = async (): Promise<void> => {
    setBusy(true)
    await worked(window.api.daemon['apis.disable']({ name: api.name }))
    setBusy(false)
    close()
  }
  return {
    open: typed !== null,
    busy,
    form,
    errors,
    fault,
    change: (patch) => {
      setTyped({ ...form, ...patch })
      // What was wrong is judged again at the next try.
      setErrors(Object.fromEntries(Object.entries(errors).filter(([field]) => !(field in patch))))
    },
    toggle: () => {
      if (typed === null) setTyped(form)
      else close()
    },
    turn: (on) => {
      if (!on) void disable()
      else if (typed === null && (api.hasKey || api.name === 'metrics')) void enable({ name: api.name })
      else submit(form)
    },
    retry: () => {
      void enable({ name: api.name })
    },
    save: () => {
      submit(form)
    },
  }
}

/** Asked once, when it becomes reachable. */
function agreesToExposure(api: ApiView, { tls, key }: ApiEnable): Promise<boolean> {
  const open = api.name === 'metrics' && (key === null || (key === undefined && !api.hasKey))
  const clear = (tls === undefined ? api.tls : tls) === null
  const what =
    api.name === 'metrics'
      ? 'can read what your forwards and relays do'
      : 'and knows the key can open ports on this machine'
  return confirmAction({
    title: 'Let the network in?',
    body: [
      `Whoever reaches this machine ${what}.`,
      ...(open
        ? ['There is no token.']
        : clear
          ? ['Without HTTPS, others on the way can read what callers prove themselves with.']
          : []),
    ].join(' '),
    action: 'Let the network in',
  })
}
