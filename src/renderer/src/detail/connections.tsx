import { formatEndpoint } from '@shared/endpoints'
import { ageOf, formatAge, formatBytes } from '@shared/format'
import type { ConnectionSnapshot } from '@shared/snapshots'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { Button } from '../components/button'
import { settle, valueOf } from '../stores/call'
import { useClock } from '../stores/clock'
import styles from './connections.module.css'
import { Section } from './section'

/** More than this no person reads; the rest is counted. */
const MOST_SHOWN = 100

export interface ConnectionsProps {
  /** Of the forward or relay. */
  forwardId: string
  live: number
  title?: string
  /** Of UDP it is a session. */
  one?: 'connection' | 'session'
}

/** Who is connected now, with a way to end each. */
export function Connections(props: ConnectionsProps): ReactNode {
  const { forwardId, live, title = 'Connections', one = 'connection' } = props
  const connections = useConnections(forwardId, live)
  const shown = connections.slice(0, MOST_SHOWN)
  return (
    <Section title={`${title} ${connections.length}`}>
      {shown.length === 0 ? (
        <p className={styles.none}>Nobody is connected.</p>
      ) : (
        <table className={styles.table}>
          <thead className="sr-only">
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Bytes</th>
              <th scope="col">Age</th>
              <th scope="col">End</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((connection) => (
              <Line key={connection.id} connection={connection} one={one} />
            ))}
          </tbody>
        </table>
      )}
      {connections.length > MOST_SHOWN && <p className={styles.none}>and {connections.length - MOST_SHOWN} more</p>}
    </Section>
  )
}

function Line({ connection, one }: { connection: ConnectionSnapshot; one: string }): ReactNode {
  const { id, process, source, target, since, bytesUp, bytesDown } = connection
  const age = useClock(useCallback((now: number) => formatAge(ageOf(since, now)), [since]))
  const from = source === null ? 'unknown' : formatEndpoint(source)
  const who =
    process === null ? from : `${process.name} ${'port' in (source ?? {}) ? from.slice(from.lastIndexOf(':') + 1) : ''}`
  const to = target === null ? '' : formatEndpoint(target)
  return (
    <tr>
      <td className={styles.who} data-tip={process === null ? from : `${from}, pid ${process.pid}`}>
        {who}
      </td>
      <td className={styles.who} data-tip={to}>
        {to}
      </td>
      <td className={styles.figure} data-tip={`${formatBytes(bytesUp)} up, ${formatBytes(bytesDown)} down`}>
        {formatBytes(bytesUp + bytesDown)}
      </td>
      <td className={styles.figure}>{age}</td>
      <td className={styles.end}>
        <Button
          size="s"
          kind="quiet"
          aria-label={`End the ${one} from ${who}`}
          onClick={() => void valueOf(window.api.daemon['connections.end']({ id }))}
        >
          End
        </Button>
      </td>
    </tr>
  )
}

/** Asked once, told after. A change of their number outside the samples asks again. */
function useConnections(forwardId: string, live: number): readonly ConnectionSnapshot[] {
  const [connections, setConnections] = useState<readonly ConnectionSnapshot[]>([])
  useEffect(() => {
    let here = true
    void settle(window.api.daemon['connections.list']({ forwardId })).then((result) => {
      if (here && result.ok) setConnections(result.value)
    })
    const stop = window.api.on('connections.sampled', (sampled) => {
      if (sampled.forwardId !== null && sampled.forwardId !== forwardId) return
      setConnections(sampled.connections.filter((each) => each.forwardId === forwardId))
    })
    return () => {
      here = false
      stop()
    }
  }, [forwardId, live])
  return connections
}
