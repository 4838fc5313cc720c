import { useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { CheckRow } from '../../../components/check-row'
import { Dialog } from '../../../components/dialog'
import { Copy, Printer } from '../../../components/icons'
import { showToast } from '../../../components/toasts'
import { worked } from '../../../stores/call'
import { useCloud } from '../../../stores/cloud'
import styles from './recovery-code-dialog.module.css'

/** Shown once: nobody has the code afterwards but the person, so it does not close until they say that they keep it. */
export function RecoveryCodeDialog({ code, onClose }: { code: string; onClose: () => void }): ReactNode {
  const account = useCloud(({ view }) => view?.account ?? null)
  const [kept, setKept] = useState(false)
  const [asked, setAsked] = useState(false)
  const copy = async (): Promise<void> => {
    if (await worked(window.api.app['app.copy'](code))) showToast({ text: 'The recovery code is on the clipboard.' })
  }
  const close = (): void => {
    if (kept) onClose()
    else setAsked(true)
  }
  return (
    <Dialog
      open
      dismissible={false}
      onClose={close}
      title="Your recovery code"
      description="Warren shows it this once. It opens your secrets on another machine, and here after you signed out. Without it they are lost; nobody can send it to you."
      actions={
        <>
          <Button icon={<Copy size={14} />} onClick={() => void copy()}>
            Copy
          </Button>
          <Button
            icon={<Printer size={14} />}
            onClick={() => {
              window.print()
            }}
          >
            Print…
          </Button>
          <Button kind="primary" disabled={!kept} onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <p className={`${styles.code} selectable`} tabIndex={0} aria-label="Recovery code">
        {code}
      </p>
      {account !== null && (
        <p className={styles.paper}>
          Warren, recovery code of {account.email} at {account.url}
        </p>
      )}
      <CheckRow
        label="I have kept it where I find it again"
        hint="On paper or in a password manager, not on this machine only"
        checked={kept}
        unconfirmed={asked && !kept}
        onChange={setKept}
      />
      {asked && !kept && <p role="alert">Keep the code first, then say so above.</p>}
    </Dialog>
  )
}
