import { errorCodes, type Fault, type Remedy } from '@shared/errors'
import { useId, type ReactNode } from 'react'
import { Button } from './button'
import { classes } from './classes'
import styles from './fault-view.module.css'

export interface FaultViewProps {
  fault: Fault
  /** Does what the fault's remedy says; without it there is no button for it. */
  onRemedy?: ((remedy: Remedy) => void) | undefined
  /** More ways out, as buttons. */
  children?: ReactNode
  /** Amber while Warren still tries, red when it gave up. */
  tone?: 'waiting' | 'failed' | 'needs' | undefined
  /** On the remedy's button, where more is known than the fault says: the name of the server of `edit-server`. */
  remedyWord?: string | undefined
}

/** What failed, why, what to do; details folded. */
export function FaultView({ fault, onRemedy, children, tone = 'failed', remedyWord }: FaultViewProps): ReactNode {
  const title = useId()
  const { remedy } = fault
  return (
    <section className={classes(styles.fault, styles[tone])} aria-labelledby={title}>
      <p id={title} className={styles.title}>
        {errorCodes[fault.code].title}
      </p>
      <p className="selectable">{fault.message}</p>
      {fault.fix !== null && <p className="selectable">{fault.fix}</p>}
      {(children !== undefined || (remedy !== null && onRemedy !== undefined)) && (
        <div className={styles.actions}>
          {remedy !== null && onRemedy !== undefined && (
            <Button
              size="s"
              onClick={() => {
                onRemedy(remedy)
              }}
            >
              {remedyWord ?? remedyLabel(remedy)}
            </Button>
          )}
          {children}
        </div>
      )}
      <details className={styles.details}>
        <summary>Details</summary>
        <pre className="selectable">
          {fault.code}
          {fault.field !== null && `\n${fault.field}`}
          {fault.detail !== null && `\n${fault.detail}`}
        </pre>
      </details>
    </section>
  )
}

/** The words on a remedy's button. */
export function remedyLabel(remedy: Remedy): string {
  switch (remedy.action) {
    case 'use-port':
      return `Use ${remedy.port}`
    case 'edit-server':
      return 'Edit the server'
    case 'edit-forward':
      return 'Edit the forward'
    case 'compare-host-keys':
      return 'Compare the keys…'
    case 'retry':
      return 'Retry now'
  }
}
