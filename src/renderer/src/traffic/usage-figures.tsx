import { formatBytes } from '@shared/format'
import type { ByteCount, Usage } from '@shared/traffic'
import type { ReactNode } from 'react'
import { QuotaBar } from './quota-bar'
import styles from './usage.module.css'

/** Today, this month and ever, and what is left of a quota. */
export function UsageFigures({ usage }: { usage: Usage }): ReactNode {
  return (
    <div className={styles.usage}>
      {usage.quota !== null && <QuotaBar quota={usage.quota} />}
      <table className={styles.table}>
        <thead>
          <tr>
            <td />
            <th scope="col">
              <span className={styles.key} data-line="up" />
              up
            </th>
            <th scope="col">
              <span className={styles.key} data-line="down" />
              down
            </th>
            <th scope="col">in all</th>
          </tr>
        </thead>
        <tbody>
          <Line name="Today" count={usage.today} />
          <Line name="This month" count={usage.month} />
          <Line name="Ever" count={usage.ever} />
        </tbody>
      </table>
    </div>
  )
}

function Line({ name, count }: { name: string; count: ByteCount }): ReactNode {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{formatBytes(count.up)}</td>
      <td>{formatBytes(count.down)}</td>
      <td>{formatBytes(count.up + count.down)}</td>
    </tr>
  )
}
