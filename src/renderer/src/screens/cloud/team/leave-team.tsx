import type { CloudTeam } from '@shared/cloud-views'
import { useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { confirmAction } from '../../../components/confirm'
import { showToast } from '../../../components/toasts'
import { worked } from '../../../stores/call'
import { showCloud } from '../../../stores/ui'
import cloud from '../cloud-screen.module.css'

/** The way out of a team, and for owners its end. */
export function LeaveTeam({ team }: { team: CloudTeam }): ReactNode {
  const [busy, setBusy] = useState<'leave' | 'dissolve' | null>(null)
  const go = async (what: 'leave' | 'dissolve'): Promise<void> => {
    if (!(await confirmAction(questions[what](team.name)))) return
    setBusy(what)
    const { daemon } = window.api
    const params = { teamId: team.id }
    const done = await worked(
      what === 'leave' ? daemon['cloud.leaveTeam'](params) : daemon['cloud.dissolveTeam'](params),
    )
    setBusy(null)
    if (!done) return
    showToast({ text: what === 'leave' ? `You left ${team.name}.` : `${team.name} is dissolved.` })
    showCloud({ kind: 'account' })
  }
  return (
    <section className={cloud.section} aria-labelledby="leave-title">
      <h2 id="leave-title">Leave</h2>
      <p className={cloud.note}>
        Its forwards go from this machine. To keep one, first move it to this machine or to your account.
      </p>
      <div className={cloud.buttons}>
        <Button busy={busy === 'leave'} disabled={busy !== null} onClick={() => void go('leave')}>
          Leave the team…
        </Button>
        {team.role === 'owner' && (
          <Button busy={busy === 'dissolve'} disabled={busy !== null} onClick={() => void go('dissolve')}>
            Dissolve the team…
          </Button>
        )}
      </div>
    </section>
  )
}

// --- internal ---

const questions = {
  leave: (name: string) => ({
    title: `Leave ${name}?`,
    body: 'Its forwards stop and go from this machine, with the values that are yours alone. You come back only by a new invitation.',
    action: 'Leave',
    cancel: 'Stay',
  }),
  dissolve: (name: string) => ({
    title: `Dissolve ${name}?`,
    body: 'Its forwards, its secrets and its key go for all members. This cannot be undone.',
    action: 'Dissolve',
    cancel: 'Keep the team',
  }),
} as const
