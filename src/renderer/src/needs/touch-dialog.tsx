import type { TouchKeyNeed } from '@shared/needs'
import type { ReactNode } from 'react'
import { Button } from '../components/button'
import { Dialog } from '../components/dialog'
import { NeedFoot, useAnswer, type NeedDialogProps } from './need-dialog'
import styles from './need-dialog.module.css'

/** Nothing to type: it goes away by itself when the key has signed. */
export function TouchDialog(props: NeedDialogProps<TouchKeyNeed>): ReactNode {
  const { need } = props
  const { busy, fault, send } = useAnswer(props)
  const isTouch = need.reason === 'touch'
  return (
    <Dialog
      open
      dismissible={false}
      onClose={props.onLater}
      title={isTouch ? 'Touch your key now' : 'Confirm in the window of your SSH agent'}
      description={
        <>
          <span className="mono">{need.key}</span> logs in as <span className="mono">{need.login}</span>.{' '}
          {isTouch ? 'The security key blinks until you touch it.' : 'The agent may ask in a window of its own.'}
        </>
      }
      actions={
        <>
          <Button kind="quiet" className={styles.later} onClick={props.onLater}>
            Hide
          </Button>
          <Button
            busy={busy}
            onClick={() => {
              send({ kind: 'cancel' })
            }}
          >
            Cancel
          </Button>
        </>
      }
    >
      <NeedFoot need={need} more={props.more} fault={fault} />
    </Dialog>
  )
}
