import { formatBytes, formatRate } from '@shared/format'
import { lazy, Suspense, useCallback, useState, useSyncExternalStore, type ReactNode } from 'react'
import { Segmented } from '../components/segmented'
import { onRate, rateHistory } from '../stores/rates'
import { Section } from './section'
import type { ListedView } from '../stores/views'
import styles from './traffic.module.css'

const Plot = lazy(() => import('./plot').then((module) => ({ default: module.Plot })))

const spans = [
  { value: '60', label: '60 s' },
  { value: '600', label: '10 min' },
] as const
type Span = (typeof spans)[number]['value']

/** What flows now, as a curve and in figures. */
export function Traffic({ view: { snapshot } }: { view: ListedView }): ReactNode {
  const [span, setSpan] = useState<Span>('60')
  const figures = useFigures(snapshot)
  return (
    <Section
      title="Traffic"
      aside={<Segmented label="Time shown" value={span} options={spans} onChange={setSpan} className={styles.spans} />}
    >
      <div className={styles.plot}>
        <Suspense>
          <Plot id={snapshot.id} seconds={Number(span)} />
        </Suspense>
      </div>
      <dl className={styles.figures}>
        <div>
          <dt data-line="down">down</dt>
          <dd>{figures.down}</dd>
          <dd className={styles.total}>{figures.totalDown}</dd>
        </div>
        <div>
          <dt data-line="up">up</dt>
          <dd>{figures.up}</dd>
          <dd className={styles.total}>{figures.totalUp}</dd>
        </div>
      </dl>
    </Section>
  )
}

interface Figures {
  readonly up: string
  readonly down: string
  readonly totalUp: string
  readonly totalDown: string
}

function useFigures(snapshot: ListedView['snapshot']): Figures {
  const { id, bytesUp, bytesDown } = snapshot
  const text = useSyncExternalStore(
    useCallback((listener: () => void) => onRate(id, listener), [id]),
    useCallback(() => {
      const history = rateHistory(id)
      const now = (values?: Float32Array): string => formatRate((history && values?.[history.head]) ?? 0)
      const sample = history?.sample
      // Counters only grow, except when the daemon starts anew; the newer of both is the greater.
      const total = (bytes: number): string => `${formatBytes(bytes)} in all`
      return [
        now(history?.up),
        now(history?.down),
        total(Math.max(bytesUp, sample?.bytesUp ?? 0)),
        total(Math.max(bytesDown, sample?.bytesDown ?? 0)),
      ].join('\n')
    }, [id, bytesUp, bytesDown]),
  )
  const [up = '', down = '', totalUp = '', totalDown = ''] = text.split('\n')
  return { up, down, totalUp, totalDown }
}
