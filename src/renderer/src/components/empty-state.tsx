import type { ReactNode } from 'react'
import styles from './empty-state.module.css'

export interface EmptyStateProps {
  /** A drawing of one line; see the `EmptyState` of each screen. */
  picture?: ReactNode
  /** One sentence. */
  children: ReactNode
  /** At most two buttons. */
  actions?: ReactNode
}

/** What a view says when there is nothing to show. */
export function EmptyState({ picture, children, actions }: EmptyStateProps): ReactNode {
  return (
    <div className={styles.empty}>
      {picture}
      <p className={styles.text}>{children}</p>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}

/** Arches along a line: a burrow with nobody in it. */
export function EmptyPicture(): ReactNode {
  return (
    <svg className={styles.picture} width="200" height="48" viewBox="0 0 200 48" fill="none" aria-hidden="true">
      <path
        d="M2 44h46V26a16 16 0 0 1 32 0v18h40V26a16 16 0 0 1 32 0v18h46"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
