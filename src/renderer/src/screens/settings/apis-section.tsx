import type { ReactNode } from 'react'
import { Skeleton } from '../../components/skeleton'
import { ApiAudit } from './api-audit'
import { ApiBlock } from './api-block'
import { ReportSettings } from './report-settings'
import { Section } from './setting'
import styles from './settings-screen.module.css'
import { useApis } from './use-apis'

/** How other programs drive Warren over HTTP. */
export function ApisSection(): ReactNode {
  const known = useApis()
  return (
    <Section title="Control APIs">
      <p className={styles.hint}>How other programs drive Warren over HTTP. Each is off until you turn it on.</p>
      {known === null ? (
        <Skeleton rows={2} label="Asking the daemon" />
      ) : (
        <>
          {known.apis.map((api) => (
            <ApiBlock key={api.name} api={api}>
              {api.name === 'x-port-forward' && (api.enabled || known.report.url !== null) && (
                <ReportSettings report={known.report} />
              )}
            </ApiBlock>
          ))}
          <ApiAudit />
        </>
      )}
    </Section>
  )
}
