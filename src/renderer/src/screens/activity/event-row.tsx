import type { ActivityEvent } from '@shared/snapshots'
import { useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { useForwards } from '../../stores/forwards'
import { useRelays } from '../../stores/relays'
import { useServer } from '../../stores/servers'
import { chooseAll, selections } from '../../stores/selection'
import { showDetail, showRelay, showServer } from '../../stores/ui'
import styles from './activity-screen.module.css'
import type { Removed } from './use-removed'

/** Shape first, colour second, a word for those who see neither. */
const marks = {
  started: { glyph: '●', word: 'started', tone: 'good' },
  recovered: { glyph: '●', word: 'recovered', tone: 'good' },
  stopped: { glyph: '○', word: 'stopped', tone: 'plain' },
  interrupted: { glyph: '◔', word: 'interrupted', tone: 'waiting' },
  failed: { glyph: '✕', word: 'failed', tone: 'failed' },
  'needs-you': { glyph: '◆', word: 'needs you', tone: 'needs' },
  added: { glyph: '+', word: 'added', tone: 'plain' },
  changed: { glyph: '~', word: 'changed', tone: 'plain' },
  removed: { glyph: '−', word: 'removed', tone: 'plain' },
  trusted: { glyph: '✓', word: 'trusted', tone: 'good' },
  daemon: { glyph: '·', word: 'daemon', tone: 'plain' },
} as const satisfies Record<ActivityEvent['kind'], { glyph: string; word: string; tone: string }>

/** One thing that happened, with the way to what it happened to. */
export function EventRow({ event, removed }: { event: ActivityEvent; removed: Removed }): ReactNode {
  const { glyph, word, tone } = marks[event.kind]
  return (
    <li className={styles.event}>
      <time className={styles.time} dateTime={event.at} data-tip={new Date(event.at).toLocaleString()}>
        {new Date(event.at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })}
      </time>
      <span className={styles.mark} data-tone={tone}>
        <span aria-hidden="true">{glyph}</span>
        <span className="sr-only">{word}</span>
      </span>
      <Subject event={event} />
      <span className={`${styles.message} selectable`}>
        {event.message} {event.kind === 'removed' && <WayBack event={event} removed={removed} />}
      </span>
    </li>
  )
}

// --- internal ---

function WayBack({ event: { forwardId, subject }, removed }: { event: ActivityEvent; removed: Removed }): ReactNode {
  const isHere = useForwards((state) => forwardId !== null && state.byId.has(forwardId))
  const [busy, setBusy] = useState(false)
  if (forwardId === null || isHere || !removed.ids.has(forwardId)) return null
  const go = async (): Promise<void> => {
    setBusy(true)
    await removed.bringBack(forwardId)
    setBusy(false)
  }
  return (
    <Button size="s" busy={busy} className={styles.back} aria-label={`Bring back ${subject}`} onClick={() => void go()}>
      Bring back
    </Button>
  )
}

function Subject({ event }: { event: ActivityEvent }): ReactNode {
  const forwardId = useForwards((state) =>
    event.forwardId !== null && state.byId.has(event.forwardId) ? event.forwardId : null,
  )
  const relayId = useRelays((state) =>
    event.forwardId !== null && state.byId.has(event.forwardId) ? event.forwardId : null,
  )
  const server = useServer(forwardId === null && event.forwardId === null ? event.serverId : null)
  const open =
    forwardId !== null
      ? () => {
          chooseAll(selections.forwards, [forwardId])
          showDetail(forwardId)
        }
      : relayId !== null
        ? () => {
            chooseAll(selections.relays, [relayId])
            showRelay(relayId)
          }
        : server !== undefined
          ? () => {
              showServer(server.id)
            }
          : null
  const tip = { 'data-tip': event.subject, 'data-tip-when': 'cut' }
  if (open === null) {
    return (
      <span className={styles.subject} {...tip}>
        {event.subject}
      </span>
    )
  }
  return (
    <button type="button" className={`${styles.subject} ${styles.link}`} onClick={open} {...tip}>
      {event.subject}
    </button>
  )
}
