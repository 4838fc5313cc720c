import type { CloudMember, CloudTeam } from '@shared/cloud-views'
import { plural } from '@shared/format'
import { useCallback, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { confirmAction } from '../../../components/confirm'
import { FaultView } from '../../../components/fault-view'
import { Skeleton } from '../../../components/skeleton'
import { showToast } from '../../../components/toasts'
import { worked } from '../../../stores/call'
import cloud from '../cloud-screen.module.css'
import { GrantKeyDialog } from './grant-key-dialog'
import { MemberRow } from './member-row'
import styles from './team-page.module.css'
import { useAsked } from './use-asked'

/** Who is in the team, what they may do, and who opens its secrets. */
export function Members({ team, sealed }: { team: CloudTeam; sealed: boolean }): ReactNode {
  const { value, fault, reload } = useAsked(
    useCallback(() => window.api.daemon['cloud.members']({ teamId: team.id }), [team.id]),
  )
  const [granting, setGranting] = useState<CloudMember | null>(null)
  const change = async (call: Promise<boolean>, said: string): Promise<void> => {
    if (!(await call)) return
    showToast({ text: said })
    reload()
  }
  const remove = async (member: CloudMember): Promise<void> => {
    const sure = await confirmAction({
      title: `Remove ${member.username} from ${team.name}?`,
      body: removalWords(member, { team, sealed }),
      action: 'Remove',
    })
    if (!sure) return
    const call = worked(window.api.daemon['cloud.removeMember']({ teamId: team.id, userId: member.userId }))
    await change(call, `${member.username} is no longer in ${team.name}.`)
    // The row that had the focus is gone.
    document.getElementById('members-title')?.focus()
  }
  return (
    <section className={cloud.section} aria-labelledby="members-title">
      <h2 id="members-title" tabIndex={-1}>
        Members{value === null ? '' : ` ${value.length}`}
      </h2>
      {fault !== null && (
        <FaultView fault={fault} tone="waiting">
          <Button size="s" onClick={reload}>
            Try again
          </Button>
        </FaultView>
      )}
      {value === null ? (
        fault === null && <Skeleton rows={3} label="Asking for the members" />
      ) : (
        <>
          {sealed && <KeySummary members={value} gives={team.key === 'ready'} />}
          <div className={styles.scroll} role="region" aria-label="List of members" tabIndex={0}>
            <table className={styles.members}>
              <thead>
                <tr>
                  <th scope="col">Who</th>
                  <th scope="col">Role</th>
                  {sealed && <th scope="col">Key</th>}
                  <th scope="col">
                    <span className="sr-only">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {value.map((member) => (
                  <MemberRow
                    key={member.userId}
                    member={member}
                    team={team}
                    sealed={sealed}
                    onRole={(role) => {
                      const call = worked(
                        window.api.daemon['cloud.setRole']({ teamId: team.id, userId: member.userId, role }),
                      )
                      void change(call, `${member.username} is now ${role === 'owner' ? 'an' : 'a'} ${role}.`)
                    }}
                    onRemove={() => void remove(member)}
                    onGrant={() => {
                      setGranting(member)
                    }}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {granting !== null && (
        <GrantKeyDialog
          team={team}
          member={granting}
          onClose={() => {
            setGranting(null)
          }}
          onGranted={() => {
            setGranting(null)
            showToast({ text: `${granting.username} opens the secrets of ${team.name} now.` })
            reload()
          }}
        />
      )}
    </section>
  )
}

// --- internal ---

function KeySummary({ members, gives }: { members: readonly CloudMember[]; gives: boolean }): ReactNode {
  const waiting = members.filter(({ key }) => key === 'waits').length
  const changed = members.filter(({ keyChanged }) => keyChanged).length
  if (waiting === 0 && changed === 0) return null
  return (
    <p className={cloud.note}>
      {waiting > 0 && `${plural(waiting, 'member')} ${waiting === 1 ? 'waits' : 'wait'} for the key of the team.`}
      {waiting > 0 && gives && ' Give it only after you compared the fingerprint with them.'}
      {changed > 0 && (
        <span className={styles.warning}>
          {plural(changed, 'member')} {changed === 1 ? 'shows' : 'show'} another key than before.
        </span>
      )}
    </p>
  )
}

/** What a removal does to the forwards and to the key, and what it cannot undo. */
function removalWords(
  { username, key }: CloudMember,
  { team, sealed }: { readonly team: CloudTeam; readonly sealed: boolean },
): string {
  const access = `${username} no longer sees the team’s forwards; they go from ${username}’s machines when those next ask.`
  if (!sealed || key === 'keyless' || key === 'no-team-key') return access
  const rekey =
    team.key === 'ready'
      ? 'The team gets a new key that they do not know, and its secrets are sealed anew with it.'
      : 'The next member who holds the key makes a new one that they do not know.'
  if (key !== 'has') return `${access} ${rekey}`
  return `${access} ${rekey} What ${username} could open so far may have been noted: change those passwords on their servers too.`
}
