import { useId, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { Dialog } from '../../../components/dialog'
import { FaultView } from '../../../components/fault-view'
import { TextField } from '../../../components/field'
import { showCloud } from '../../../stores/ui'
import { useTask } from '../../../stores/use-task'
import cloud from '../cloud-screen.module.css'

/** A team of one, until people are invited. */
export function NewTeamDialog({ onClose }: { onClose: () => void }): ReactNode {
  const form = useId()
  const [name, setName] = useState('')
  const [tried, setTried] = useState(false)
  const { busy, fault, run } = useTask()
  const submit = async (): Promise<void> => {
    setTried(true)
    if (name.trim() === '') return
    const made = await run(() => window.api.daemon['cloud.createTeam']({ name: name.trim() }))
    if (made === null) return
    onClose()
    showCloud({ kind: 'team', teamId: made.value.id })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="New team"
      description="You are its owner. Others join with a link that you make for them."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={busy}>
            Make the team
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
          label="Name"
          maxLength={100}
          value={name}
          error={tried && name.trim() === '' ? 'Type a name.' : null}
          onChange={setName}
        />
        {fault !== null && <FaultView fault={fault} />}
      </form>
    </Dialog>
  )
}
