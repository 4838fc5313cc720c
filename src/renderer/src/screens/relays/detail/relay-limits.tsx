import type { Fault } from '@shared/errors'
import { plural } from '@shared/format'
import type { Limits } from '@shared/limits'
import type { LimitDrops, RelayView } from '@shared/relay-snapshots'
import { useCallback, type ReactNode } from 'react'
import { Section } from '../../../detail/section'
import { updateRelay } from '../../../stores/relay-actions'
import { LimitsInPlace } from '../../../traffic/limits-in-place'
import styles from './relay-limits.module.css'

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

// --- internal ---

function Drops({ drops }: { drops: LimitDrops }): ReactNode {
  const lines = [
    { count: drops.connections, words: plural(drops.connections, 'connection') + ' turned away by the limits' },
    { count: drops.denied, words: `${drops.denied.toLocaleString()} turned away by the lists of sources` },
    { count: drops.evicted, words: plural(drops.evicted, 'session') + ' made room for newer ones' },
    { count: drops.datagrams, words: plural(drops.datagrams, 'datagram') + ' beyond the rate dropped' },
  ].filter(({ count }) => count > 0)
  if (lines.length === 0) return null
  return (
    <div className={styles.drops}>
      <p>Since Warren started:</p>
      <ul>
        {lines.map(({ words }) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </div>
  )
}
