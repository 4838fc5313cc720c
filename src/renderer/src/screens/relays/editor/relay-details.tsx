import { UDP_IDLE_SECONDS } from '@shared/relays'
import { useState, type ReactNode } from 'react'
import { CheckRow } from '../../../components/check-row'
import { TextArea, TextField } from '../../../components/field'
import { Select } from '../../../components/select'
import { useRelays } from '../../../stores/relays'
import { FoldedLimits } from '../../../traffic/folded-limits'
import styles from '../../editor/forward-editor.module.css'
import { TagInput } from '../../editor/tag-input'
import { relayLabel } from './relay-form'
import type { RelayFormState } from './use-relay-form'

/** What a relay is called, how it is kept, and the rarer choices. */
export function RelayDetails({ state }: { state: RelayFormState }): ReactNode {
  const { form, errors, otherName } = state
  const known = useKnownTags()
  return (
    <>
      <TextField
        label="Name"
        data-field="name"
        value={form.name}
        error={errors.name ?? null}
        fix={
          otherName === null
            ? null
            : {
                label: `Use ${otherName}`,
                onPress: () => {
                  state.change({ name: otherName })
                },
              }
        }
        onChange={(name) => {
          state.change({ name })
        }}
        onBlur={() => {
          state.leave('name')
        }}
      />
      <TagInput
        value={form.tags}
        known={known}
        error={errors.tags ?? null}
        onChange={(tags) => {
          state.change({ tags })
        }}
      />
      <div>
        <CheckRow
          label="Start with Warren"
          checked={form.autoStart}
          onChange={(autoStart) => {
            state.change({ autoStart })
          }}
        />
        <CheckRow
          label="Favourite"
          hint="Always in the tray menu"
          checked={form.favourite}
          onChange={(favourite) => {
            state.change({ favourite })
          }}
        />
      </div>
      <TextArea
        label="Description"
        rows={2}
        value={form.description}
        error={errors.description ?? null}
        onChange={(description) => {
          state.change({ description })
        }}
      />
      <FoldedLimits
        value={form.limits}
        onChange={state.changeLimits}
        errors={state.limitErrors}
        showAll={state.tried}
        protocol={form.protocol}
      />
      <More state={state} />
    </>
  )
}

// --- internal ---

function More({ state }: { state: RelayFormState }): ReactNode {
  const { form } = state
  const isTcp = form.protocol === 'tcp'
  // Once open it stays so: taking a choice back must not fold the part away under one's hand.
  const [open, setOpen] = useState(() => isUsed(state))
  return (
    <details
      className={styles.advanced}
      open={open || hasError(state)}
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>More</summary>
      <div className={styles.fields}>
        <Sources
          state={state}
          field="allow"
          placeholder="everybody"
          hint="Addresses and ranges such as 192.0.2.0/24. Empty: everybody whom the list below does not name."
        />
        <Sources state={state} field="deny" placeholder="nobody" hint="These may not, whatever the list above says." />
        {isTcp && <ProxyProtocol state={state} />}
        <div className={styles.row}>
          {isTcp && <Seconds state={state} field="connectTimeoutSeconds" placeholder="10" />}
          <Seconds state={state} field="idleSeconds" placeholder={isTcp ? 'never' : String(UDP_IDLE_SECONDS)} />
        </div>
      </div>
    </details>
  )
}

const MORE_FIELDS = ['allow', 'deny', 'connectTimeoutSeconds', 'idleSeconds', 'acceptProxy', 'sendProxy'] as const

function hasError({ errors }: RelayFormState): boolean {
  return MORE_FIELDS.some((field) => errors[field] !== undefined)
}

function isUsed({ form }: RelayFormState): boolean {
  const lists = form.allow !== '' || form.deny !== ''
  const proxy = form.protocol === 'tcp' && (form.acceptProxy || form.sendProxy !== 'none')
  return lists || proxy || form.idleSeconds !== '' || form.connectTimeoutSeconds !== '10'
}

interface PartProps<F extends string> {
  state: RelayFormState
  field: F
  placeholder: string
  hint?: string
}

function Sources({ state, field, ...area }: PartProps<'allow' | 'deny'>): ReactNode {
  return (
    <TextArea
      {...area}
      label={relayLabel(field)}
      rows={2}
      mono
      value={state.form[field]}
      error={state.errors[field] ?? null}
      onChange={(value) => {
        state.change({ [field]: value })
      }}
      onBlur={() => {
        state.leave(field)
      }}
    />
  )
}

function Seconds({ state, field, placeholder }: PartProps<'connectTimeoutSeconds' | 'idleSeconds'>): ReactNode {
  return (
    <TextField
      label={relayLabel(field)}
      inputMode="numeric"
      value={state.form[field]}
      placeholder={placeholder}
      error={state.errors[field] ?? null}
      onChange={(value) => {
        state.change({ [field]: value })
      }}
      onBlur={() => {
        state.leave(field)
      }}
    />
  )
}

function ProxyProtocol({ state }: { state: RelayFormState }): ReactNode {
  const { form } = state
  return (
    <>
      <Select
        label="Tell the target who connects"
        value={form.sendProxy}
        options={[
          { value: 'none', label: 'No' },
          { value: 'v1', label: 'PROXY protocol, version 1', hint: 'a line of text' },
          { value: 'v2', label: 'PROXY protocol, version 2', hint: 'binary' },
        ]}
        error={state.errors.sendProxy ?? null}
        onChange={(sendProxy) => {
          state.change({ sendProxy })
        }}
      />
      <CheckRow
        label="Clients begin with a PROXY protocol header"
        hint="From another proxy in front of Warren; its word counts for the lists and limits of sources"
        checked={form.acceptProxy}
        onChange={(acceptProxy) => {
          state.change({ acceptProxy })
        }}
      />
    </>
  )
}

function useKnownTags(): readonly string[] {
  const byId = useRelays((store) => store.byId)
  return [...new Set([...byId.values()].flatMap((view) => view.spec.tags))].sort()
}
