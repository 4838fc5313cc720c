import type { ReactNode } from 'react'
import { setFilter, summaryFilters, useList, type SummaryFilter } from '../stores/list'
import { useRows } from './current-rows'
import { useListing } from './listing'
import styles from './summary-line.module.css'

const words: Record<SummaryFilter, string> = {
  all: 'All',
  running: 'Running',
  trying: 'Trying',
  'needs-you': 'Needs you',
  failed: 'Failed',
  stopped: 'Stopped',
}

/** "All 12 · Running 3 · Needs you 1 · Failed 1": how all is, and a press narrows the list to it. */
export function SummaryLine(): ReactNode {
  const { list } = useListing()
  const { counts } = useRows()
  const filter = useList(list, (state) => state.filter)
  const shown = summaryFilters.filter((each) => each === 'all' || counts[each] > 0 || each === filter)
  return (
    <div className={styles.line} role="group" aria-label="Show">
      {shown.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === filter}
          className={styles.filter}
          data-filter={each}
          onClick={() => {
            setFilter(list, each === filter ? 'all' : each)
          }}
        >
          {words[each]} <span>{counts[each]}</span>
        </button>
      ))}
    </div>
  )
}
