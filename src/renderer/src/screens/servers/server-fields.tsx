import { useState, type ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { CheckRow } from '../../components/check-row'
import { TextField } from '../../components/field'
import { X } from '../../components/icons'
import { Select } from '../../components/select'
import { valueOf } from '../../stores/call'
import { useLink } from '../../stores/link'
import { labels, spreadDestination, type AgentChoice, type ServerField, type ServerForm } from './server-form'
import styles from './server-pane.module.css'
import type { ServerFormState } from './use-server-form'

type TextKey = {
  [K in ServerField & keyof ServerForm]: ServerForm[K] extends string ? K : never
}[ServerField & keyof ServerForm]

export interface ServerTextProps {
  state: ServerFormState
  field: Exclude<TextKey, 'agent'>
  hint?: string
  placeholder?: string
  mono?: boolean
  className?: string | undefined
  onLeave?: () => void
}

/** A text field of the form, with its label and its error. */
export function ServerText({ state, field, onLeave, ...rest }: ServerTextProps): ReactNode {
  return (
    <TextField
      {...rest}
      label={labels[field]}
      value={state.form[field]}
      error={state.errors[field] ?? null}
      onChange={(value) => {
        state.change({ [field]: value })
      }}
      onBlur={() => {
        state.leave(field)
        onLeave?.()
      }}
    />
  )
}

/** Where the server is and what it is called. */
export function WhereFields({ state }: { state: ServerFormState }): ReactNode {
  const localUser = useLink((link) => link.hello?.username ?? '')
  return (
    <>
      <div className={styles.pair}>
        <ServerText
          state={state}
          field="host"
          mono
          placeholder="bastion.example"
          onLeave={() => {
            const spread = spreadDestination(state.form)
            if (spread !== null) state.change(spread)
          }}
        />
        <ServerText state={state} field="port" mono />
      </div>
      <ServerText
        state={state}
        field="username"
        mono
        placeholder={localUser}
        hint={localUser === '' ? 'Empty: your name on this machine' : `Empty: ${localUser}, your name on this machine`}
      />
      <ServerText state={state} field="name" />
    </>
  )
}

const agents: readonly { value: AgentChoice; label: string }[] = [
  { value: 'default', label: 'The agent of this desktop' },
  { value: 'none', label: 'No agent' },
  { value: 'path', label: 'Another agent' },
]

/** How Warren proves who you are. */
export function LoginFields({ state }: { state: ServerFormState }): ReactNode {
  const { form, errors } = state
  const [path, setPath] = useState('')
  const add = (file: string): void => {
    const text = file.trim()
    if (text !== '' && !form.identityFiles.includes(text))
      state.change({ identityFiles: [...form.identityFiles, text] })
    setPath('')
  }
  const pick = async (): Promise<void> => {
    const file = await valueOf(window.api.app['app.pickKeyFile'](undefined))
    if (file !== null) add(file)
  }
  return (
    <fieldset className={styles.group}>
      <legend>Login</legend>
      {form.identityFiles.length > 0 && (
        <ul className={styles.files}>
          {form.identityFiles.map((file) => (
            <li key={file} className={styles.file}>
              <span className="mono selectable">{file}</span>
              <IconButton
                size="s"
                label={`Take ${file} away`}
                onClick={() => {
                  state.change({ identityFiles: form.identityFiles.filter((other) => other !== file) })
                }}
              >
                <X size={14} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.adder}>
        <TextField
          label="Key file"
          mono
          value={path}
          placeholder="~/.ssh/id_ed25519"
          hint={form.identityFiles.length === 0 ? 'None listed: the keys that ssh uses by default' : undefined}
          error={errors.identityFiles ?? null}
          onChange={setPath}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || path.trim() === '') return
            event.preventDefault()
            add(path)
          }}
          onBlur={() => {
            add(path)
          }}
        />
        <Button
          onClick={() => {
            void pick()
          }}
        >
          Choose…
        </Button>
      </div>
      <CheckRow
        label="Only these keys"
        hint="Offers no other key, even when the agent holds more"
        checked={form.identitiesOnly}
        onChange={(identitiesOnly) => {
          state.change({ identitiesOnly })
        }}
      />
      <Select
        label="Agent"
        value={form.agent}
        options={agents}
        onChange={(agent) => {
          state.change({ agent })
        }}
      />
      {form.agent === 'path' && (
        <TextField
          label={labels.agent}
          mono
          value={form.agentPath}
          error={errors.agent ?? null}
          onChange={(agentPath) => {
            state.change({ agentPath })
          }}
          onBlur={() => {
            state.leave('agent')
          }}
        />
      )}
    </fieldset>
  )
}
