import type { Fault } from '@shared/errors'
import type { Limits } from '@shared/limits'
import type { RelayView } from '@shared/relay-snapshots'
import { useCallback, type ReactNode } from 'react'
import { Section } from '../../../detail/section'
import { updateRelay } from '../../../stores/relay-actions'
import { Drops } from '../../../traffic/drops'
import { LimitsInPlace } from '../../../traffic/limits-in-place'

/** What its connections may use, changed in place, and what that kept out so far. */
export function RelayLimits({ view: { spec, snapshot } }: { view: RelayView }): ReactNode {
  const { id } = spec
  const save = useCallback(
    async (limits: Limits): Promise<Fault | null> => {
      const result = await updateRelay(id, { limits })
      return result.ok ? null : result.fault
    },
    [id],
  )
  return (
    <Section title="Limits">
      <LimitsInPlace value={spec.limits} onSave={save} protocol={spec.protocol} />
      <Drops drops={snapshot.drops} />
    </Section>
  )
}
