import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import { plural } from '@shared/format'
import { routeLine } from '@shared/sentence'
import type { ReactNode } from 'react'
import styles from './route.module.css'

const SHORTEST_HOST = 4

export interface RouteProps {
  /** A target of `null` is one that clients say themselves. */
  snapshot: { readonly listen: Endpoint; readonly target: Endpoint | null; readonly portCount: number }
  /** How many other targets there are. */
  more?: number
}

/** `127.0.0.1:5432 → db:5432 +2`. Where it is too narrow the hosts give way, never a port. */
export function Route({ snapshot, more = 0 }: RouteProps): ReactNode {
  const others = more > 0 ? ` and ${plural(more, 'other target')}` : ''
  return (
    <span className={styles.route} data-tip={`${routeLine(snapshot)}${others}`}>
      <End end={snapshot.listen} count={snapshot.portCount} />
      <span className={styles.arrow}>→</span>
      {snapshot.target === null ? (
        <span className={styles.anywhere}>anywhere</span>
      ) : (
        <End end={snapshot.target} count={snapshot.portCount} far />
      )}
      {more > 0 && (
        <span className={styles.more}>
          <span aria-hidden="true">+{more}</span>
          <span className="sr-only">{others}</span>
        </span>
      )}
    </span>
  )
}

function End({ end, count, far = false }: { end: Endpoint; count: number; far?: boolean }): ReactNode {
  const side = far ? styles.far : styles.near
  if ('path' in end) return <span className={`${styles.host} ${side}`}>{end.path}</span>
  const whole = formatEndpoint(end, count)
  const colon = whole.lastIndexOf(':')
  // Less of a host than this would read as another one: there would be no room for its ellipsis.
  const shortest = Math.min(colon, SHORTEST_HOST) + whole.length - colon
  return (
    <span className={`${styles.end} ${side}`} style={far ? { minWidth: `${shortest}ch` } : undefined}>
      <span className={styles.host}>{whole.slice(0, colon)}</span>
      <span className={styles.port}>{whole.slice(colon)}</span>
    </span>
  )
}
