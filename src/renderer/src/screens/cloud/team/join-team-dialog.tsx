import { useId, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { Dialog } from '../../../components/dialog'
import { FaultView } from '../../../components/fault-view'
import { TextField } from '../../../components/field'
import { showToast } from '../../../components/toasts'
import { showCloud } from '../../../stores/ui'
import { useTask } from '../../../stores/use-task'
import cloud from '../cloud-screen.module.css'

/** Joins a team with the link that its owner made. */
export function JoinTeamDialog({ onClose }: { onClose: () => void }): ReactNode {
  const form = useId()
  const [link, setLink] = useState('')
  const [tried, setTried] = useState(false)
  const { busy, fault, run } = useTask()
  const submit = async (): Promise<void> => {
    setTried(true)
    if (link.trim() === '') return
    const joined = await run(() => window.api.daemon['cloud.joinTeam']({ link: link.trim() }))
    if (joined === null) return
    showToast({
      text: `You are in ${joined.value.name}.`,
      more: 'Its forwards arrive stopped; you start what you need.',
    })
    onClose()
    showCloud({ kind: 'team', teamId: joined.value.id })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Join a team"
      description="The team’s forwards come to this machine. None of them starts by itself."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={busy}>
            Join
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
          label="Invitation link"
          mono
          placeholder="https://cloud.example.net/invite#…"
          hint="An owner of the team makes it. It works once."
          value={link}
          error={tried && link.trim() === '' ? 'Paste the link.' : null}
          onChange={setLink}
        />
        {fault !== null && <FaultView fault={fault} />}
      </form>
    </Dialog>
  )
}
