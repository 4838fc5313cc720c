import { teamRoles, type CloudInvitation, type TeamRole } from '@shared/cloud-views'
import { clockTime, roleWords } from '@shared/cloud-words'
import { plural } from '@shared/format'
import { useCallback, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { Copy } from '../../../components/icons'
import { Select } from '../../../components/select'
import { showToast } from '../../../components/toasts'
import { worked } from '../../../stores/call'
import { useTask } from '../../../stores/use-task'
import cloud from '../cloud-screen.module.css'
import styles from './team-page.module.css'
import { useAsked } from './use-asked'

const DAYS = ['1', '3', '7', '14', '30', '90'] as const
type Days = (typeof DAYS)[number]

/** Links into the team: each works once, for one role and some days. */
export function Invitations({ teamId }: { teamId: string }): ReactNode {
  const { value, fault, reload } = useAsked(
    useCallback(() => window.api.daemon['cloud.invitations']({ teamId }), [teamId]),
  )
  const [role, setRole] = useState<TeamRole>('developer')
  const [days, setDays] = useState<Days>('7')
  const [made, setMade] = useState<CloudInvitation | null>(null)
  const task = useTask()
  const make = async (): Promise<void> => {
    const done = await task.run(() => window.api.daemon['cloud.invite']({ teamId, role, days: Number(days) }))
    if (done === null) return
    setMade(done.value)
    reload()
  }
  const withdraw = async (invitation: CloudInvitation): Promise<void> => {
    if (!(await worked(window.api.daemon['cloud.withdraw']({ teamId, invitationId: invitation.id })))) return
    showToast({ text: 'The link no longer works.' })
    if (made?.id === invitation.id) setMade(null)
    reload()
    document.getElementById('invitations-title')?.focus()
  }
  return (
    <section className={cloud.section} aria-labelledby="invitations-title">
      <h2 id="invitations-title" tabIndex={-1}>
        Invitations
      </h2>
      <form
        className={styles.invite}
        aria-label="New invitation"
        onSubmit={(event) => {
          event.preventDefault()
          void make()
        }}
      >
        <Select label="As" value={role} options={roles} onChange={setRole} />
        <Select
          label="Works for"
          value={days}
          options={DAYS.map((each) => ({ value: each, label: plural(Number(each), 'day') }))}
          onChange={setDays}
        />
        <Button type="submit" busy={task.busy}>
          Make a link
        </Button>
      </form>
      {task.fault !== null && <FaultView fault={task.fault} />}
      {made !== null && made.link !== null && <MadeLink link={made.link} />}
      {fault !== null && value === null ? (
        // Why is said at the members already.
        <p className={cloud.note}>Which links are open is not known while the server does not answer.</p>
      ) : (
        <Open invitations={value ?? []} onWithdraw={(invitation) => void withdraw(invitation)} />
      )}
    </section>
  )
}

// --- internal ---

const roles = teamRoles.map((value) => ({ value, label: roleWords[value].name, hint: roleWords[value].may }))

function MadeLink({ link }: { link: string }): ReactNode {
  const copy = async (): Promise<void> => {
    if (await worked(window.api.app['app.copy'](link))) showToast({ text: 'The link is on the clipboard.' })
  }
  return (
    <div className={styles.made} role="status">
      <p>Send it to one person. Warren shows it this once; whoever opens it first is in the team.</p>
      <div className={styles.link}>
        <code className="selectable">{link}</code>
        <Button size="s" icon={<Copy size={14} />} onClick={() => void copy()}>
          Copy
        </Button>
      </div>
    </div>
  )
}

function Open(props: {
  invitations: readonly CloudInvitation[]
  onWithdraw: (invitation: CloudInvitation) => void
}): ReactNode {
  if (props.invitations.length === 0) return <p className={cloud.note}>No link is open.</p>
  return (
    <ul className={styles.open} aria-label="Open links">
      {props.invitations.map((invitation) => {
        const words = `${roleWords[invitation.role].name}, until ${clockTime(invitation.expiresAt, Date.now())}`
        return (
          <li key={invitation.id}>
            <span>{words}</span>
            <Button
              size="s"
              aria-label={`Withdraw the link: ${words}`}
              onClick={() => {
                props.onWithdraw(invitation)
              }}
            >
              Withdraw
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
