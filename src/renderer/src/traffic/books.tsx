import type { ReactNode } from 'react'
import { DayBars } from './day-bars'
import { ExportTraffic } from './export-traffic'
import { UsageFigures } from './usage-figures'
import styles from './usage.module.css'
import { useDays, useUsage } from './use-polled'

/** What a forward or relay moved, across restarts: figures, quota and the last 30 days. Put it into a section of a pane. */
export function TrafficBooks({ id }: { id: string }): ReactNode {
  const usage = useUsage(id)
  const days = useDays(id)
  return (
    <div className={styles.usage}>
      {usage !== null && <UsageFigures usage={usage} />}
      {days !== null && <DayBars rows={days} />}
    </div>
  )
}

/** What stands at the right of that section's title. */
export function TrafficBooksAside({ id, name }: { id: string; name: string }): ReactNode {
  return <ExportTraffic id={id} name={name} />
}
