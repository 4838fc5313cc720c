import type { CloudAccount } from '@shared/cloud-views'
import { useId, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { Dialog } from '../../../components/dialog'
import { FaultView } from '../../../components/fault-view'
import { TextField } from '../../../components/field'
import { showToast } from '../../../components/toasts'
import { useTask } from '../../../stores/use-task'
import cloud from '../cloud-screen.module.css'

const SHORTEST = 6

/** Changes the password of the account. Every other machine must sign in again then. */
export function PasswordDialog({ account, onClose }: { account: CloudAccount; onClose: () => void }): ReactNode {
  const form = useId()
  const [before, setBefore] = useState('')
  const [after, setAfter] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const { busy, fault, run } = useTask()
  const short = after.length < SHORTEST
  const other = again !== after
  const submit = async (): Promise<void> => {
    setTried(true)
    if (before === '' || short || other) return
    const done = await run(() => window.api.daemon['cloud.changePassword']({ oldPassword: before, newPassword: after }))
    if (done === null) return
    showToast({ text: 'The password is changed. Your other machines must sign in again.' })
    onClose()
  }
  return (
    <Dialog
      open
      dismissible={false}
      onClose={onClose}
      title="Change the password"
      description={`Of ${account.email}. Your other machines must sign in again; what you change there meanwhile waits.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={busy}>
            Change it
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={cloud.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          value={before}
          error={tried && before === '' ? 'Type the current password.' : null}
          onChange={setBefore}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          value={after}
          error={tried && short ? `Type at least ${SHORTEST} characters.` : null}
          onChange={setAfter}
        />
        <TextField
          label="New password again"
          type="password"
          autoComplete="new-password"
          value={again}
          error={tried && other ? 'It is not the same.' : null}
          onChange={setAgain}
        />
        {fault !== null && <FaultView fault={fault} />}
      </form>
    </Dialog>
  )
}
