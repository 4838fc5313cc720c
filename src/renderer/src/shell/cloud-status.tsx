import type { CloudView } from '@shared/cloud-views'
import { syncWords } from '@shared/cloud-words'
import { useCallback, type ReactNode } from 'react'
import { StateGlyph } from '../components/state-glyph'
import { syncGlyph } from '../components/sync-glyph'
import { useClock } from '../stores/clock'
import { useCloud } from '../stores/cloud'
import { showCloud } from '../stores/ui'
import styles from './sidebar.module.css'

/** How sync stands, with the queue; leads to what must be decided, or to the account. Who has no account sees nothing. */
export function CloudStatus(): ReactNode {
  const view = useCloud((state) => state.view)
  return view === null || view.account === null ? null : <Status view={view} />
}

// --- internal ---

function Status({ view }: { view: CloudView }): ReactNode {
  const words = useClock(useCallback((now: number) => syncWords(view, now), [view]))
  const glyph = syncGlyph(view.state)
  // A conflict is never hidden behind a server that is away.
  const more = [
    view.state !== 'conflict' && view.conflicts > 0 && `${view.conflicts} to decide`,
    view.state !== 'waiting' && view.waiting > 0 && `${view.waiting} waiting`,
  ].filter((part) => part !== false)
  return (
    <button
      type="button"
      className={styles.cloud}
      data-tone={glyph === 'needs-you' ? 'needs' : glyph === 'waiting' ? 'waiting' : undefined}
      data-testid="cloud-status"
      onClick={() => {
        showCloud(view.conflicts > 0 ? { kind: 'inbox', conflictId: null } : { kind: 'account' })
      }}
    >
      <StateGlyph state={glyph} labelled={false} />
      <span>
        <span className="sr-only">Sync: </span>
        {words}
      </span>
      {more.length > 0 && <span className={styles.queue}>{more.join(' · ')}</span>}
    </button>
  )
}
