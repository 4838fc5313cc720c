import { formatEndpoint, type Endpoint } from '@shared/endpoints'
import { routeLine } from '@shared/sentence'
import type { ForwardSnapshot } from '@shared/snapshots'
import type { ReactNode } from 'react'
import styles from './route.module.css'

const SHORTEST_HOST = 4

/** `127.0.0.1:5432 → db:5432`. Where it is too narrow the hosts give way, never a port. */
export function Route({ snapshot }: { snapshot: Pick<ForwardSnapshot, 'listen' | 'target' | 'portCount'> }): ReactNode {
  return (
    <span className={styles.route} data-tip={routeLine(snapshot)}>
      <End end={snapshot.listen} count={snapshot.portCount} />
      <span className={styles.arrow}>→</span>
      {snapshot.target === null ? (
        <span className={styles.anywhere}>anywhere</span>
      ) : (
        <End end={snapshot.target} count={snapshot.portCount} far />
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
