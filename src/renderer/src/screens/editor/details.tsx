import type { ReactNode } from 'react'
import { CheckRow } from '../../components/check-row'
import { TextArea, TextField } from '../../components/field'
import { LockOpen } from '../../components/icons'
import { useForwards } from '../../stores/forwards'
import styles from './forward-editor.module.css'
import { isProxy } from './form-more'
import { More } from './more'
import { TagInput } from './tag-input'
import type { ForwardFormState } from './use-forward-form'

/** The one-time question before a forward listens for other machines. */
export function Exposure({ state }: { state: ForwardFormState }): ReactNode {
  if (!state.exposed) return null
  const hasLogin = isProxy(state.form) && state.form.proxyUsername.trim() !== ''
  const who = state.form.type === 'remote' ? 'Machines on the network of the server' : 'Other machines on your network'
  return (
    <div className={styles.exposure} data-asked={state.exposureAsked || undefined}>
      <p>
        <LockOpen size={14} /> Reachable from the network. {who} can connect,{' '}
        {hasLogin ? 'with the name and the password for clients' : 'without a password'}.
      </p>
      <CheckRow
        label="That is what I want"
        checked={state.exposureConfirmed}
        unconfirmed={state.exposureAsked}
        onChange={state.confirmExposure}
      />
      {state.exposureAsked && (
        <p className={styles.error} role="alert">
          Confirm this, or take the address away under More.
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
      <More state={state} />
    </>
  )
}

// --- internal ---

function useKnownTags(): readonly string[] {
  const byId = useForwards((store) => store.byId)
  return [...new Set([...byId.values()].flatMap((view) => view.spec.tags))].sort()
}
