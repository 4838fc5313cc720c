import { PERSONAL, type ForwardCloud } from '@shared/cloud-views'
import type { ReactNode } from 'react'
import { stateWord } from '../sharing/words'
import { ArrowUp, CircleAlert, Inbox, User, Users } from './icons'
import styles from './space-badge.module.css'

export interface SpaceBadgeProps {
  cloud: Pick<ForwardCloud, 'namespace' | 'space' | 'state'>
}

/** Whose a shared forward is, and a mark where its sync is not as it should be. */
export function SpaceBadge({ cloud }: SpaceBadgeProps): ReactNode {
  const isPersonal = cloud.namespace === PERSONAL
  const words = [isPersonal ? 'in your account' : `shared with ${cloud.space}`, stateWord(cloud)].join(', ')
  return (
    <span className={styles.badge} data-state={cloud.state} role="img" aria-label={words} data-tip={words}>
      {isPersonal ? <User size={12} aria-hidden="true" /> : <Users size={12} aria-hidden="true" />}
      {!isPersonal && <span className={styles.name}>{cloud.space}</span>}
      {mark(cloud.state)}
    </span>
  )
}

// --- internal ---

function mark(state: ForwardCloud['state']): ReactNode {
  switch (state) {
    case 'synced':
      return null
    case 'waiting':
      return <ArrowUp size={12} aria-hidden="true" />
    case 'conflict':
      return <Inbox size={12} aria-hidden="true" />
    case 'refused':
      return <CircleAlert size={12} aria-hidden="true" />
  }
}
