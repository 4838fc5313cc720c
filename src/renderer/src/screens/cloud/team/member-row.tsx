import { teamRoles, type CloudMember, type CloudTeam, type TeamRole } from '@shared/cloud-views'
import { roleWords } from '@shared/cloud-words'
import type { ReactNode } from 'react'
import { Button, IconButton } from '../../../components/button'
import { KeyRound, Trash2 } from '../../../components/icons'
import { Select } from '../../../components/select'
import styles from './team-page.module.css'

export interface MemberRowProps {
  member: CloudMember
  team: CloudTeam
  /** Whether the server keeps sealed secrets, and with them keys. */
  sealed: boolean
  onRole: (role: TeamRole) => void
  onRemove: () => void
  onGrant: () => void
}

/** One person of a team. Owners decide; whoever holds the team's key may give it. */
export function MemberRow({ member, team, sealed, onRole, onRemove, onGrant }: MemberRowProps): ReactNode {
  const { username, email, isMe } = member
  const decides = team.role === 'owner' && !isMe
  const gives = sealed && !isMe && team.key === 'ready' && member.key === 'waits'
  return (
    <tr>
      <th scope="row" className={styles.who}>
        <span className={styles.name}>
          {username}
          {isMe && <span className={styles.me}> (you)</span>}
        </span>
        {email !== username && <span className={`${styles.email} selectable`}>{email}</span>}
      </th>
      <td className={styles.roleCell}>
        {decides ? (
          <Select
            label={`Role of ${username}`}
            labelHidden
            value={member.role}
            options={roles}
            onChange={(role) => {
              if (role !== member.role) onRole(role)
            }}
          />
        ) : (
          roleWords[member.role].name
        )}
      </td>
      {sealed && (
        <td className={styles.keyCell}>
          <span data-key={member.keyChanged ? 'changed' : member.key}>
            {member.keyChanged ? 'The key changed' : keys[member.key]}
          </span>
          {member.fingerprint !== null && (
            <span className={`${styles.fingerprint} mono selectable`} aria-label={`Fingerprint of ${username}`}>
              {member.fingerprint}
            </span>
          )}
          {gives && (
            <Button size="s" icon={<KeyRound size={14} />} aria-label={`Give ${username} the key`} onClick={onGrant}>
              Give the key…
            </Button>
          )}
        </td>
      )}
      <td className={styles.actions}>
        {decides && (
          <IconButton size="s" label={`Remove ${username}`} onClick={onRemove}>
            <Trash2 size={14} />
          </IconButton>
        )}
      </td>
    </tr>
  )
}

// --- internal ---

const roles = teamRoles.map((value) => ({ value, label: roleWords[value].name, hint: roleWords[value].may }))

const keys: Readonly<Record<CloudMember['key'], string>> = {
  has: 'Opens the secrets',
  waits: 'Waits for the key',
  keyless: 'Has no key yet',
  'no-team-key': 'No secret shared yet',
  unsupported: '',
}
