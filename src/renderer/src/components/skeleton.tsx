import type { ReactNode } from 'react'
import styles from './skeleton.module.css'

/** Rows that stand for what is still loading. They show after 150 ms, so that a quick answer does not flicker. */
export function Skeleton({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }): ReactNode {
  return (
    <div className={styles.skeleton} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles.row}>
          <span className={styles.dot} />
          <span className={styles.bar} />
        </div>
      ))}
    </div>
  )
}
