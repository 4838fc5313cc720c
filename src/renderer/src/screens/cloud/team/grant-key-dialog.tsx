import type { CloudMember, CloudTeam } from '@shared/cloud-views'
import { useRef, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { CheckRow } from '../../../components/check-row'
import { Dialog } from '../../../components/dialog'
import { FaultView } from '../../../components/fault-view'
import { useTask } from '../../../stores/use-task'
import styles from './team-page.module.css'

export interface GrantKeyDialogProps {
  team: CloudTeam
  member: CloudMember
  onClose: () => void
  onGranted: () => void
}

/** The server could name a key of its own as a member's; only people can tell, so the fingerprint is compared first. */
export function GrantKeyDialog({ team, member, onClose, onGranted }: GrantKeyDialogProps): ReactNode {
  const cancel = useRef<HTMLButtonElement>(null)
  const [compared, setCompared] = useState(false)
  const { busy, fault, run } = useTask()
  const { username, fingerprint, keyChanged, userId } = member
  if (fingerprint === null) return null
  const grant = async (): Promise<void> => {
    if ((await run(() => window.api.daemon['cloud.grantKey']({ teamId: team.id, userId, fingerprint }))) !== null)
      onGranted()
  }
  return (
    <Dialog
      open
      dismissible={false}
      initialFocus={cancel}
      role={keyChanged ? 'alertdialog' : 'dialog'}
      onClose={onClose}
      title={`Give ${username} the key of ${team.name}?`}
      description={`${username} can then open every secret that the team shares, also those of before.`}
      actions={
        <>
          <Button ref={cancel} onClick={onClose}>
            Cancel
          </Button>
          <Button
            kind={keyChanged ? 'danger' : 'primary'}
            busy={busy}
            disabled={!compared}
            onClick={() => void grant()}
          >
            Give the key
          </Button>
        </>
      }
    >
      {keyChanged && (
        <p className={styles.changed} role="alert">
          <strong>This is another key than this machine saw before.</strong> {username} lost the recovery code and made
          a new one, or somebody shows their own key in its place. Ask {username} before you go on.
        </p>
      )}
      <p className={`${styles.bigFingerprint} selectable`} aria-label={`Fingerprint of the key of ${username}`}>
        {fingerprint}
      </p>
      <p className={styles.how}>
        Ask {username} by voice or in person. On their machine it stands at their own name in Cloud › {team.name} ›
        Members.
      </p>
      <CheckRow
        label={`${username} reads the same to me`}
        checked={compared}
        onChange={(next) => {
          setCompared(next)
        }}
      />
      {fault !== null && <FaultView fault={fault} />}
    </Dialog>
  )
}
