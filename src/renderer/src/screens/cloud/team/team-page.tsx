import type { CloudTeam, CloudView, TeamRole } from '@shared/cloud-views'
import { teamKeyWords } from '@shared/cloud-words'
import { plural } from '@shared/format'
import type { ReactNode } from 'react'
import { Button } from '../../../components/button'
import { StateGlyph } from '../../../components/state-glyph'
import { useForwards } from '../../../stores/forwards'
import { showCloud } from '../../../stores/ui'
import cloud from '../cloud-screen.module.css'
import { Invitations } from './invitations'
import { LeaveTeam } from './leave-team'
import { Members } from './members'
import { TeamAudit } from './team-audit'
import styles from './team-page.module.css'

/** One team: what this account may do there, its people, the links into it, and who changed what. */
export function TeamPage({ team, view }: { team: CloudTeam; view: CloudView }): ReactNode {
  const isOwner = team.role === 'owner'
  return (
    <div className={cloud.page}>
      <div className={cloud.sections}>
        <Head team={team} view={view} />
        <Members team={team} sealed={view.key !== 'unsupported'} />
        {isOwner && <Invitations teamId={team.id} />}
        {isOwner && <TeamAudit teamId={team.id} />}
        <LeaveTeam team={team} />
      </div>
    </div>
  )
}

// --- internal ---

const glyphs = { none: 'stopped', ready: 'running', waiting: 'waiting', locked: 'needs-you' } as const

const mayWords: Readonly<Record<TeamRole, string>> = {
  owner: 'You are an owner: you decide about the team.',
  developer: 'You are a developer: you change its forwards.',
  user: 'You are a user: you run its forwards.',
}

function Head({ team, view }: { team: CloudTeam; view: CloudView }): ReactNode {
  const forwards = useForwards((state) => countOf(state.byId.values(), team.id))
  return (
    <section className={cloud.section} aria-labelledby="team-title">
      <h2 id="team-title" className={styles.title}>
        {team.name}
      </h2>
      <p className={cloud.note}>
        {mayWords[team.role]}{' '}
        {forwards === 0 ? 'It shares no forward with this machine yet.' : `It shares ${plural(forwards, 'forward')}.`}
      </p>
      {view.key !== 'unsupported' && (
        <p className={cloud.note}>
          <span className={styles.glyph}>
            <StateGlyph state={glyphs[team.key]} labelled={false} />
          </span>
          {teamKeyWords[team.key]}
        </p>
      )}
      {view.key === 'locked' && (
        <div className={cloud.buttons}>
          <Button
            onClick={() => {
              showCloud({ kind: 'account' })
            }}
          >
            Unlock your key…
          </Button>
        </div>
      )}
    </section>
  )
}

function countOf(views: Iterable<{ readonly cloud: { readonly namespace: string } | null }>, teamId: string): number {
  let count = 0
  for (const { cloud: shared } of views) if (shared?.namespace === teamId) count++
  return count
}
