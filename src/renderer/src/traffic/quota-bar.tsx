import { formatBytes } from '@shared/format'
import type { Usage } from '@shared/traffic'
import type { ReactNode } from 'react'
import styles from './usage.module.css'

/** From here on the bar says that it gets tight. */
const NEARLY = 0.9

/** How much of a quota is used, what is left, and until when. */
export function QuotaBar({ quota }: { quota: NonNullable<Usage['quota']> }): ReactNode {
  const { used, bytes, endsAt } = quota
  const share = Math.min(1, used / bytes)
  const left = Math.max(0, bytes - used)
  const until = new Date(endsAt).toLocaleDateString(undefined, { day: 'numeric', month: 'long' })
  const words = left === 0 ? `used up until ${until}` : `${formatBytes(left)} left until ${until}`
  return (
    <div className={styles.quota} data-tight={left === 0 ? 'over' : share >= NEARLY ? 'nearly' : undefined}>
      <div className={styles.quotaWords}>
        <span>
          {formatBytes(used)} of {formatBytes(bytes)}
        </span>
        <span className={styles.left} data-tip={new Date(endsAt).toLocaleString()}>
          {words}
        </span>
      </div>
      <div
        className={styles.bar}
        role="meter"
        aria-label="Quota used"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
        aria-valuetext={`${formatBytes(used)} of ${formatBytes(bytes)}, ${words}`}
      >
        <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
          <rect width={share * 100} height={1} />
        </svg>
      </div>
    </div>
  )
}
