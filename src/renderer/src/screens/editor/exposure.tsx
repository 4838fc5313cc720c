import type { ReactNode } from 'react'
import { CheckRow } from '../../components/check-row'
import { LockOpen } from '../../components/icons'
import styles from './forward-editor.module.css'

export interface ExposureProps {
  /** What of the state of a form it is about. */
  state: {
    readonly exposed: boolean
    readonly exposureConfirmed: boolean
    readonly exposureAsked: boolean
    readonly confirmExposure: (confirmed: boolean) => void
  }
  /** Who can do what then. */
  children: ReactNode
  /** How to be without it. */
  otherwise: string
}

/** The one-time question before something listens for other machines. */
export function Exposure({ state, children, otherwise }: ExposureProps): ReactNode {
  if (!state.exposed) return null
  return (
    <div className={styles.exposure} data-asked={state.exposureAsked || undefined}>
      <p>
        <LockOpen size={14} /> Reachable from the network. {children}
      </p>
      <CheckRow
        label="That is what I want"
        checked={state.exposureConfirmed}
        unconfirmed={state.exposureAsked}
        onChange={state.confirmExposure}
      />
      {state.exposureAsked && (
        <p className={styles.error} role="alert">
          {otherwise}
        </p>
      )}
    </div>
  )
}
