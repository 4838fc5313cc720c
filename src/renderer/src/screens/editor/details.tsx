import type { ReactNode } from 'react'
import { CheckRow } from '../../components/check-row'
import { TextArea, TextField } from '../../components/field'
import { LockOpen } from '../../components/icons'
import { useForwards } from '../../stores/forwards'
import { fieldLabel } from './form-fields'
import styles from './forward-editor.module.css'
import { TagInput } from './tag-input'
import type { ForwardFormState } from './use-forward-form'

/** The one-time question before a forward listens for other machines. */
export function Exposure({ state }: { state: ForwardFormState }): ReactNode {
  if (!state.exposed) return null
  const who = state.form.type === 'remote' ? 'Machines on the network of the server' : 'Other machines on your network'
  return (
    <div className={styles.exposure} data-asked={state.exposureAsked || undefined}>
      <p>
        <LockOpen size={14} /> Reachable from the network. {who} can connect, without a password.
      </p>
      <CheckRow
        label="That is what I want"
        checked={state.exposureConfirmed}
        unconfirmed={state.exposureAsked}
        onChange={state.confirmExposure}
      />
      {state.exposureAsked && (
        <p className={styles.error} role="alert">
          Confirm this, or take the address away under Advanced.
        </p>
      )}
    </div>
  )
}

/** What a forward is called and how it is kept: everything that is not about its way. */
export function Details({ state }: { state: ForwardFormState }): ReactNode {
  const { form, errors, otherName } = state
  const known = useKnownTags()
  return (
    <>
      <TextField
        label="Name"
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
      <Advanced state={state} />
    </>
  )
}

// --- internal ---

function Advanced({ state }: { state: ForwardFormState }): ReactNode {
  const { form, errors } = state
  return (
    <details
      className={styles.advanced}
      open={form.listenAddress !== '' || errors.listenAddress !== undefined || undefined}
    >
      <summary>Advanced</summary>
      <div className={styles.fields}>
        <TextField
          label={fieldLabel(form.type, 'listenAddress')}
          mono
          value={form.listenAddress}
          placeholder={form.type === 'remote' ? 'localhost' : '127.0.0.1'}
          hint="Empty: only this side itself can connect. 0.0.0.0 lets the network in. A path makes a Unix socket."
          error={errors.listenAddress ?? null}
          onChange={(listenAddress) => {
            state.change({ listenAddress })
          }}
          onBlur={() => {
            state.leave('listenAddress')
          }}
        />
        {form.type === 'remote' && (
          <CheckRow
            label="Offer everything this machine reaches"
            hint="People on the server use the port as a SOCKS proxy"
            checked={form.anything}
            onChange={(anything) => {
              state.change({ anything })
            }}
          />
        )}
      </div>
    </details>
  )
}

function useKnownTags(): readonly string[] {
  const byId = useForwards((store) => store.byId)
  return [...new Set([...byId.values()].flatMap((view) => view.spec.tags))].sort()
}
