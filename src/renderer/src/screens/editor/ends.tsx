import type { ReactNode } from 'react'
import { classes } from '../../components/classes'
import { TextField, type FieldProps } from '../../components/field'
import { Select } from '../../components/select'
import styles from './ends.module.css'
import { needsNoPort } from './form'
import { fieldLabel, type FormField } from './form-fields'
import { lockOf } from './locked'
import { NEW_SERVER } from './new-server'
import { splitHostPort } from './suggest'
import type { ForwardFormState } from './use-forward-form'

/** The fields of the three parties, each under its own in the picture; errors take the whole width. */
export function Ends({ state }: { state: ForwardFormState }): ReactNode {
  const { form } = state
  switch (form.type) {
    case 'local':
      return (
        <div className={styles.ends}>
          <ListenPort state={state} column={styles.first} />
          <ServerField state={state} />
          <TargetFields state={state} column={styles.third} />
        </div>
      )
    case 'remote':
      return (
        <div className={styles.ends}>
          {!form.anything && <TargetFields state={state} column={styles.first} />}
          <ServerField state={state} />
          <ListenPort state={state} column={classes(styles.second, styles.lower)} />
        </div>
      )
    case 'dynamic':
      return (
        <div className={styles.ends}>
          <ListenPort state={state} column={styles.first} />
          <ServerField state={state} />
        </div>
      )
  }
}

// --- internal ---

interface PartProps {
  state: ForwardFormState
  column: string | undefined
}

function ListenPort({ state, column }: PartProps): ReactNode {
  const { form, errors, portTrouble } = state
  const trouble = errors.listenPort === undefined ? portTrouble : null
  const suggestion = trouble?.suggestion ?? null
  const noPort = form.type !== 'dynamic' && needsNoPort(form, 'listen')
  return (
    <Part
      state={state}
      field="listenPort"
      className={column}
      label="Port"
      disabled={noPort}
      value={noPort ? '' : form.listenPort}
      placeholder={form.type === 'dynamic' ? '1080' : ''}
      error={errors.listenPort ?? trouble?.message ?? null}
      fix={
        suggestion === null
          ? null
          : {
              label: `Use ${suggestion}`,
              onPress: () => {
                state.change({ listenPort: String(suggestion) })
              },
            }
      }
    />
  )
}

function TargetFields({ state, column }: PartProps): ReactNode {
  const { form } = state
  const noPort = needsNoPort(form, 'target')
  const split = (): void => {
    const parts = splitHostPort(form.targetHost)
    if (parts !== null) state.change({ targetHost: parts.host, targetPort: parts.port })
  }
  return (
    <>
      <Part
        state={state}
        field="targetHost"
        className={column}
        label="Host"
        value={form.targetHost}
        placeholder={form.type === 'remote' ? '127.0.0.1' : 'db.internal'}
        onLeave={split}
      />
      <Part
        state={state}
        field="targetPort"
        className={classes(column, styles.lower)}
        label="Port"
        disabled={noPort}
        value={noPort ? '' : form.targetPort}
        placeholder={noPort ? '' : form.type === 'remote' ? '3000' : '5432'}
      />
    </>
  )
}

interface PartFieldProps extends PartProps2 {
  state: ForwardFormState
  field: Extract<FormField, 'listenPort' | 'targetHost' | 'targetPort'>
}
interface PartProps2 {
  className: string | undefined
  label: string
  value: string
  placeholder: string
  disabled?: boolean
  error?: string | null
  fix?: FieldProps['fix']
  onLeave?: () => void
}

function Part({ state, field, className, error, onLeave, ...input }: PartFieldProps): ReactNode {
  return (
    <TextField
      {...input}
      mono
      className={classes(styles.part, className)}
      {...lockOf(state, field)}
      aria-label={fieldLabel(state.form.type, field)}
      data-field={field}
      inputMode={field === 'targetHost' ? 'text' : 'numeric'}
      error={error ?? state.errors[field] ?? null}
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

function ServerField({ state }: { state: ForwardFormState }): ReactNode {
  const { form, servers } = state
  return (
    <Select
      label="Server"
      className={classes(styles.part, styles.second)}
      value={form.serverId === '' ? null : form.serverId}
      disabled={state.sharing.isLocked('serverId')}
      describedBy={lockOf(state, 'serverId').describedBy}
      placeholder="Choose"
      error={state.errors.serverId ?? null}
      options={[
        ...servers.map((server) => ({ value: server.id, label: server.name })),
        { value: NEW_SERVER, label: 'New server…' },
      ]}
      onChange={state.changeServer}
    />
  )
}
