import type { ReactNode } from 'react'
import { CheckRow } from '../../components/check-row'
import { TextArea, TextField } from '../../components/field'
import { useForwards } from '../../stores/forwards'
import { FoldedLimits } from '../../traffic/folded-limits'
import { lockOf } from './locked'
import { More } from './more'
import { TagInput } from './tag-input'
import type { ForwardFormState } from './use-forward-form'

/** What a forward is called and how it is kept: everything that is not about its way. */
export function Details({ state }: { state: ForwardFormState }): ReactNode {
  const { form, errors, otherName } = state
  const known = useKnownTags()
  return (
    <>
      <TextField
        {...lockOf(state, 'name')}
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
        {...lockOf(state, 'tags')}
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
        {...lockOf(state, 'description')}
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
