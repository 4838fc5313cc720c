import type { ForwardView } from '@shared/snapshots'
import { useMemo, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { useForwards } from '../../../stores/forwards'
import { editForward } from '../../../stores/ui'
import cloud from '../cloud-screen.module.css'
import styles from './inbox.module.css'

/** Forwards whose last change the server refused. */
export function useRefused(): readonly ForwardView[] {
  const byId = useForwards((state) => state.byId)
  return useMemo(() => [...byId.values()].filter((view) => view.cloud?.state === 'refused'), [byId])
}

/** They run here as they are; the server keeps what it had until they are edited. */
export function Refused({ forwards }: { forwards: readonly ForwardView[] }): ReactNode {
  return (
    <section className={cloud.section} aria-labelledby="refused-title">
      <h2 id="refused-title">Refused by the server {forwards.length}</h2>
      <p className={cloud.note}>They run here as you left them. The server keeps what it had until you edit them.</p>
      <ul className={styles.refused}>
        {forwards.map(({ spec, cloud: shared }) => (
          <li key={spec.id} className={cloud.section}>
            <h3>
              {spec.name} <span className={styles.space}>{shared?.space}</span>
            </h3>
            {shared?.fault !== null && shared?.fault !== undefined && (
              <FaultView fault={shared.fault}>
                <Button
                  size="s"
                  onClick={() => {
                    editForward(spec.id)
                  }}
                >
                  Edit {spec.name}
                </Button>
              </FaultView>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
