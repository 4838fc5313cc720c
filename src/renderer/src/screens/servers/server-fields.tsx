import type { ReactNode } from 'react'
import { CheckRow } from '../../components/check-row'
import { TextField } from '../../components/field'
import { Select } from '../../components/select'
import { useLink } from '../../stores/link'
import { FileList } from './file-list'
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

/** Servers count every key that is offered, and most end the login after six. */
function onlyHint({ identityFiles }: ServerForm): string {
  return identityFiles.length === 0
    ? 'Offers only the keys that ssh uses by default, even when the agent holds more'
    : 'Offers no other key of the agent, so that a full agent does not use up the attempts that the server allows'
}

/** How Warren proves who you are. */
export function LoginFields({ state }: { state: ServerFormState }): ReactNode {
  const { form, errors } = state
  return (
    <fieldset className={styles.group}>
      <legend>Login</legend>
      <FileList
        label={labels.identityFiles}
        files={form.identityFiles}
        placeholder="~/.ssh/id_ed25519"
        hint="None listed: the keys that ssh uses by default"
        error={errors.identityFiles ?? null}
        onChange={(identityFiles) => {
          state.change({ identityFiles })
        }}
      />
      <FileList
        label={labels.certificateFiles}
        files={form.certificateFiles}
        placeholder="~/.ssh/id_ed25519-cert.pub"
        hint="None listed: those that lie beside the keys, named KEY-cert.pub"
        error={errors.certificateFiles ?? null}
        onChange={(certificateFiles) => {
          state.change({ certificateFiles })
        }}
      />
      <CheckRow
        label="Only these keys"
        hint={onlyHint(form)}
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
          hint="A socket, a pipe, $VARIABLE or pageant"
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
