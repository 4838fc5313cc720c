import { useState, type ReactNode } from 'react'
import { CheckRow } from '../../components/check-row'
import { TextField } from '../../components/field'
import { Select } from '../../components/select'
import { fieldLabel, type FormField } from './form-fields'
import { chosenHealth, healthChoices, isProxy, type HealthChoice } from './form-more'
import type { ForwardForm } from './form'
import { lockOf } from './locked'
import styles from './forward-editor.module.css'
import type { ForwardFormState } from './use-forward-form'

/** The rarer choices, folded away until one of them is made or wrong. */
export function More({ state }: { state: ForwardFormState }): ReactNode {
  const { form, original } = state
  // The ends of a line of the ssh config are changed in the file.
  const fromConfig = original !== null && original.configLine !== null
  // Once open it stays so: taking a choice back must not fold the part away under one's hand.
  const [open, setOpen] = useState(() => isUsed(state))
  return (
    <details
      className={styles.advanced}
      open={open || isUsed(state)}
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>More</summary>
      <div className={styles.fields}>
        {!fromConfig && (
          <Text
            state={state}
            field="listenAddress"
            mono
            placeholder={form.type === 'remote' ? 'localhost' : '127.0.0.1'}
            hint={`Empty: only ${form.type === 'remote' ? 'the server itself' : 'this machine'} can connect. 0.0.0.0 lets the network in. A path makes a Unix socket.`}
          />
        )}
        {!fromConfig && form.type === 'remote' && (
          <CheckRow
            label="Offer everything this machine reaches"
            hint="People on the server use the port as a SOCKS or HTTP proxy"
            checked={form.anything}
            disabled={state.sharing.isLocked('targetHost')}
            onChange={(anything) => {
              state.change({ anything })
            }}
          />
        )}
        {isProxy(form) && <Proxy state={state} />}
        {form.type !== 'remote' && <OnDemand state={state} />}
        {healthChoices(form).length > 1 && <Health state={state} />}
      </div>
    </details>
  )
}

// --- internal ---

const MORE_FIELDS: readonly FormField[] = [
  ...(['listenAddress', 'proxyUsername', 'idleSeconds'] as const),
  ...(['healthEvery', 'healthPath', 'healthStatus', 'healthTarget'] as const),
]

function isUsed({ form, errors }: ForwardFormState): boolean {
  const isAsked = isProxy(form) && (form.proxyUsername !== '' || form.servePac)
  const isChosen = form.listenAddress !== '' || form.anything || form.onDemand || chosenHealth(form) !== 'none'
  return isAsked || isChosen || MORE_FIELDS.some((field) => errors[field] !== undefined)
}

function Proxy({ state }: { state: ForwardFormState }): ReactNode {
  const { form, original } = state
  const hasOne = original !== null && original.proxyUsername !== null
  return (
    <>
      <div className={styles.row}>
        <Text
          state={state}
          field="proxyUsername"
          placeholder="no login"
          autoComplete="off"
          hint="Clients of the proxy must log in with it."
        />
        <TextField
          label="Password for clients"
          type="password"
          autoComplete="new-password"
          disabled={form.proxyUsername.trim() === '' && form.proxyPassword === ''}
          value={form.proxyPassword}
          placeholder={hasOne ? 'unchanged' : ''}
          hint={hasOne ? 'Empty: it stays as it is.' : 'Empty: Warren asks at the start.'}
          onChange={(proxyPassword) => {
            state.change({ proxyPassword })
          }}
        />
      </div>
      <CheckRow
        label="Serve a PAC file"
        hint="Browsers configure themselves from /proxy.pac at the same port"
        checked={form.servePac}
        onChange={(servePac) => {
          state.change({ servePac })
        }}
      />
    </>
  )
}

function OnDemand({ state }: { state: ForwardFormState }): ReactNode {
  const { form } = state
  return (
    <>
      <CheckRow
        label="Dial on demand"
        hint="Listens at once, logs in to the server at the first connection"
        checked={form.onDemand}
        onChange={(onDemand) => {
          state.change({ onDemand })
        }}
      />
      {form.onDemand && (
        <Text
          state={state}
          field="idleSeconds"
          inputMode="numeric"
          hint="Counted from the end of the last connection; the port stays open."
        />
      )}
    </>
  )
}

const healthWords = {
  none: { label: 'None', hint: 'running means that the server lets it forward' },
  tcp: { label: 'Connect', hint: 'a connection to the target stays open' },
  http: { label: 'Ask by HTTP', hint: 'the target answers a request' },
  socks: { label: 'Reach a host', hint: 'through the proxy itself' },
} as const satisfies Record<HealthChoice, { label: string; hint: string }>

function Health({ state }: { state: ForwardFormState }): ReactNode {
  const { form } = state
  const kind = chosenHealth(form)
  return (
    <>
      <div className={styles.row}>
        <Select
          label="Health check"
          value={kind}
          options={healthChoices(form).map((value) => ({ value, ...healthWords[value] }))}
          onChange={(health) => {
            state.change({ health })
          }}
        />
        {kind !== 'none' && <Text state={state} field="healthEvery" inputMode="numeric" />}
      </div>
      {kind === 'http' && (
        <div className={styles.row}>
          <Text state={state} field="healthPath" mono placeholder="/" />
          <Text state={state} field="healthStatus" inputMode="numeric" placeholder="any below 500" />
        </div>
      )}
      {kind === 'socks' && <Text state={state} field="healthTarget" mono placeholder="intranet:80" />}
    </>
  )
}

type TextValue = Extract<keyof ForwardForm & FormField, Exclude<FormField, 'tags'>>

interface TextProps {
  state: ForwardFormState
  field: TextValue
  mono?: boolean
  placeholder?: string
  hint?: string
  inputMode?: 'numeric'
  autoComplete?: string
}

function Text({ state, field, ...input }: TextProps): ReactNode {
  const { form, errors } = state
  return (
    <TextField
      {...input}
      {...lockOf(state, field)}
      label={fieldLabel(form.type, field)}
      value={form[field]}
      error={errors[field] ?? null}
      onChange={(value) => {
        state.change({ [field]: value })
      }}
      onBlur={() => {
        state.leave(field)
      }}
    />
  )
}
