import type { CloudView } from '@shared/cloud-views'
import type { ReactNode } from 'react'
import { Skeleton } from '../../components/skeleton'
import { useCloud } from '../../stores/cloud'
import { useUi } from '../../stores/ui'
import screen from '../../styles/screen.module.css'
import { AccountPage } from './account/account-page'
import { CloudNav } from './cloud-nav'
import styles from './cloud-screen.module.css'
import { InboxPage } from './inbox/inbox-page'
import { SignIn } from './sign-in/sign-in'
import { TeamPage } from './team/team-page'

/** The account, its teams, and what waits for a decision. */
export function CloudScreen(): ReactNode {
  const view = useCloud((state) => state.view)
  return (
    <section className={screen.screen} aria-labelledby="cloud-title">
      <header className={screen.header}>
        <h1 id="cloud-title" className={screen.title}>
          Cloud
        </h1>
      </header>
      {view === null ? (
        <Skeleton label="Asking the daemon" />
      ) : view.account === null ? (
        <SignIn view={view} />
      ) : (
        <SignedIn view={view} account={view.account} />
      )}
    </section>
  )
}

// --- internal ---

function SignedIn({ view, account }: { view: CloudView; account: NonNullable<CloudView['account']> }): ReactNode {
  const page = useUi((state) => state.cloudPage)
  const team = page.kind === 'team' ? view.teams.find(({ id }) => id === page.teamId) : undefined
  return (
    <div className={styles.split}>
      <CloudNav teams={view.teams} shown={team === undefined && page.kind === 'team' ? { kind: 'account' } : page} />
      {page.kind === 'inbox' ? (
        <InboxPage asked={page.conflictId} />
      ) : team === undefined ? (
        <AccountPage view={view} account={account} />
      ) : (
        <TeamPage key={team.id} team={team} view={view} />
      )}
    </div>
  )
}
