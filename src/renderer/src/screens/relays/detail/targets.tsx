import { formatEndpoint } from '@shared/endpoints'
import { balanceWords } from '@shared/relay-sentence'
import type { RelayView } from '@shared/relay-snapshots'
import type { ReactNode } from 'react'
import { Check, Minus, X } from '../../../components/icons'
import { Section } from '../../../detail/section'
import styles from './targets.module.css'

/** Where connections go, each with whether it answered the last time. */
export function Targets({ view: { spec, snapshot } }: { view: RelayView }): ReactNode {
  const { targets, portCount } = snapshot
  return (
    <Section
      title={targets.length === 1 ? 'Target' : `Targets ${targets.length}`}
      aside={targets.length > 1 ? <span className={styles.balance}>{balanceWords[spec.balance]}</span> : undefined}
    >
      <ol className={styles.targets}>
        {targets.map(({ target, reachable }, index) => (
          <li key={index} className={styles.target}>
            <span className={`${styles.address} selectable`}>{formatEndpoint(target, portCount)}</span>
            <span className={styles.answer} data-reachable={reachable ?? undefined}>
              {reachable === null ? <Minus size={14} /> : reachable ? <Check size={14} /> : <X size={14} />}
              {reachable === null ? 'not tried yet' : reachable ? 'answers' : 'does not answer'}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  )
}
