import type { CloudTeam } from '@shared/cloud-views'
import { roleWords } from '@shared/cloud-words'
import { useState, type ReactNode } from 'react'
import { Inbox, Plus, User, Users } from '../../components/icons'
import { useCloud } from '../../stores/cloud'
import { showCloud, type CloudPage } from '../../stores/ui'
import styles from './cloud-screen.module.css'
import { JoinTeamDialog } from './team/join-team-dialog'
import { NewTeamDialog } from './team/new-team-dialog'

/** The account, the inbox and the teams: what the page beside it is about. */
export function CloudNav({ teams, shown }: { teams: readonly CloudTeam[]; shown: CloudPage }): ReactNode {
  const conflicts = useCloud((state) => state.conflicts.length)
  const [dialog, setDialog] = useState<'new' | 'join' | null>(null)
  const close = (): void => {
    setDialog(null)
  }
  return (
    <nav className={styles.nav} aria-label="Cloud">
      <Item page={{ kind: 'account' }} current={shown.kind === 'account'} icon={<User size={16} />} label="Account" />
      <Item
        page={{ kind: 'inbox', conflictId: null }}
        current={shown.kind === 'inbox'}
        icon={<Inbox size={16} />}
        label="To decide"
        note={conflicts === 0 ? undefined : <span className={styles.badge}>{conflicts}</span>}
      />
      <h2 className={styles.teamsTitle}>Teams</h2>
      <ul className={styles.teams}>
        {teams.map((team) => (
          <li key={team.id}>
            <Item
              page={{ kind: 'team', teamId: team.id }}
              current={shown.kind === 'team' && shown.teamId === team.id}
              icon={<Users size={16} />}
              label={team.name}
              below={standing(team)}
            />
          </li>
        ))}
      </ul>
      {teams.length === 0 && <p className={styles.noTeams}>You are in no team yet.</p>}
      <Adder
        label="New team…"
        onPress={() => {
          setDialog('new')
        }}
      />
      <Adder
        label="Join a team…"
        onPress={() => {
          setDialog('join')
        }}
      />
      {dialog === 'new' && <NewTeamDialog onClose={close} />}
      {dialog === 'join' && <JoinTeamDialog onClose={close} />}
    </nav>
  )
}

// --- internal ---

/** What one may do there and, where it is not as it should be, how the key stands. */
function standing({ role, key }: CloudTeam): string {
  const { name } = roleWords[role]
  switch (key) {
    case 'waiting':
      return `${name} · needs key`
    case 'locked':
      return `${name} · locked`
    case 'none':
    case 'ready':
      return name
  }
}

function Item(props: {
  page: CloudPage
  current: boolean
  icon: ReactNode
  label: string
  note?: ReactNode
  /** A second line. */
  below?: string
}): ReactNode {
  return (
    <button
      type="button"
      className={styles.item}
      aria-current={props.current ? 'page' : undefined}
      onClick={() => {
        showCloud(props.page)
      }}
    >
      {props.icon}
      <span className={styles.itemWords}>
        <span className={styles.itemName} data-tip={props.label} data-tip-when="cut">
          {props.label}
        </span>
        {props.below !== undefined && <span className={styles.below}>{props.below}</span>}
      </span>
      {props.note}
    </button>
  )
}

function Adder({ label, onPress }: { label: string; onPress: () => void }): ReactNode {
  return (
    <button type="button" className={`${styles.item} ${styles.adder}`} onClick={onPress}>
      <Plus size={16} />
      <span className={styles.itemName}>{label}</span>
    </button>
  )
}
