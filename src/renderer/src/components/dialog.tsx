import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode, RefObject } from 'react'
import styles from './dialog.module.css'

export interface DialogProps {
  open: boolean
  /** Esc, a press outside and the parent's own buttons end here. */
  onClose: () => void
  title: string
  /** One sentence under the title. */
  description?: ReactNode
  children?: ReactNode
  /** Buttons, the safe one first; the last one is the primary action. */
  actions: ReactNode
  /** What has the focus at first; the first control otherwise. */
  initialFocus?: RefObject<HTMLElement | null> | undefined
  /** False where a press outside would lose an answer. */
  dismissible?: boolean | undefined
  /** `alertdialog` where bytes or data would go. */
  role?: 'dialog' | 'alertdialog' | undefined
  wide?: boolean | undefined
}

/** A question in front of everything else. */
export function Dialog(props: DialogProps): ReactNode {
  return (
    <Base.Root
      open={props.open}
      disablePointerDismissal={props.dismissible === false}
      onOpenChange={(open) => {
        if (!open) props.onClose()
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup
          role={props.role ?? 'dialog'}
          className={styles.popup}
          data-wide={props.wide === true || undefined}
          {...(props.initialFocus === undefined ? {} : { initialFocus: props.initialFocus })}
        >
          <Base.Title className={styles.title}>{props.title}</Base.Title>
          {props.description !== undefined && (
            <Base.Description className={styles.description}>{props.description}</Base.Description>
          )}
          {props.children !== undefined && <div className={styles.body}>{props.children}</div>}
          <div className={styles.actions}>{props.actions}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
