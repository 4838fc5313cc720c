import type { Fault } from '@shared/errors'
import type { Limits } from '@shared/limits'
import type { ForwardView } from '@shared/snapshots'
import { useCallback, type ReactNode } from 'react'
import { Section } from '../../../detail/section'
import { settle } from '../../../stores/call'
import { mergeForwards } from '../../../stores/forwards'
import { Drops } from '../../../traffic/drops'
import { LimitsInPlace } from '../../../traffic/limits-in-place'
import { limitsOrNull } from '../../../traffic/limits-form'

/** What the connections of a forward may use, changed in place, and what that kept out so far. */
export function ForwardLimits({ view: { spec, snapshot } }: { view: ForwardView }): ReactNode {
  const { id } = spec
  const save = useCallback(
    async (limits: Limits): Promise<Fault | null> => {
      const patch = { limits: limitsOrNull(limits) }
      const result = await settle(window.api.daemon['forwards.update']({ id, patch }))
      if (!result.ok) return result.fault
      mergeForwards([result.value])
      return null
    },
    [id],
  )
  return (
    <Section title="Limits">
      <LimitsInPlace value={spec.limits} onSave={save} />
      <Drops drops={snapshot.drops} />
    </Section>
  )
}
