import { formatEndpoint } from '@shared/endpoints'
import { formatAge, formatAgo, formatBytes } from '@shared/format'
import type { EndedConnection, EndReason } from '@shared/traffic'
import { useCallback, useState, type ReactNode } from 'react'
import { Button } from '../components/button'
import { useClock } from '../stores/clock'
import styles from './ended-connections.module.css'
import { useHistory } from './use-polled'

/** How many are shown at first, and how many more with each press. */
const PAGE = 20
const MOST = 500

/** Why a connection is over, in words. */
export const endWords = {
  closed: 'closed',
  reset: 'reset',
  idle: 'idle for too long',
  ended: 'ended by you',
  stopped: 'stopped with it',
  unreachable: 'target not reached',
  quota: 'quota used up',
  evicted: 'made room for a newer one',
  crash: 'lost when Warren ended',
} as const satisfies Record<EndReason, string>

/** The connections of a forward or relay that are over, newest first. */
export function EndedConnections({ id }: { id: string }): ReactNode {
  return <List key={id} id={id} />
}

// --- internal ---

function List({ id }: { id: string }): ReactNode {
  const [limit, setLimit] = useState(PAGE)
  // One more than is shown tells whether there are more.
  const known = useHistory(id, limit + 1)
  // While more are on their way the list stays as it is.
  const [shown, setShown] = useState<readonly EndedConnection[] | null>(null)
  if (known !== null && known !== shown) setShown(known)
  if (shown === null) return null
  if (shown.length === 0) return <p className={styles.none}>No connection has ended yet.</p>
  return (
    <>
      <table className={styles.table}>
        <thead className="sr-only">
          <tr>
            <th scope="col">From, and why it ended</th>
            <th scope="col">Bytes</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(0, limit).map((each) => (
            <Line key={keyOf(each)} connection={each} />
          ))}
        </tbody>
      </table>
      {shown.length > limit && limit < MOST && (
        <Button
          size="s"
          className={styles.more}
          onClick={() => {
            setLimit(Math.min(MOST, limit * 2))
          }}
        >
          Show older
        </Button>
      )}
    </>
  )
}

function Line({ connection }: { connection: EndedConnection }): ReactNode {
  const { source, target, startedAt, endedAt, bytesUp, bytesDown, reason } = connection
  const ago = useClock(useCallback((now: number) => formatAgo(endedAt, now), [endedAt]))
  const from = source === null ? 'unknown' : formatEndpoint(source)
  const to = target === null ? '' : formatEndpoint(target)
  const lasted = formatAge(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)))
  return (
    <tr>
      <td className={styles.ends} data-tip={to === '' ? from : `${from} → ${to}`}>
        <span className={styles.who}>{from}</span>
        <span className={styles.why} data-reason={reason}>
          {endWords[reason]}
        </span>
      </td>
      <td className={styles.figure} data-tip={`${formatBytes(bytesUp)} up, ${formatBytes(bytesDown)} down`}>
        <span>{formatBytes(bytesUp + bytesDown)}</span>
        <span className={styles.quiet}>in {lasted}</span>
      </td>
      <td className={styles.figure}>
        <time dateTime={endedAt} data-tip={new Date(endedAt).toLocaleString()}>
          {ago}
        </time>
      </td>
    </tr>
  )
}

function keyOf({ source, startedAt, endedAt }: EndedConnection): string {
  return `${source === null ? '' : formatEndpoint(source)} ${startedAt} ${endedAt}`
}
