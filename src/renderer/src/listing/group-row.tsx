import { memo, type MouseEvent, type ReactNode } from 'react'
import { Button, IconButton } from '../components/button'
import { ChevronDown, ChevronRight, Ellipsis } from '../components/icons'
import { openMenu } from '../components/menu'
import type { GroupRow as Group } from './build-rows'
import styles from './group-row.module.css'
import { useListing } from './listing'
import { groupEntries } from './menu'

export interface GroupRowProps {
  readonly group: Group
  readonly position: number
  readonly top: number
  readonly reachable: boolean
}

/** "staging (2 of 4)", with what starts and stops all of them. */
export const GroupRow = memo(function GroupRow({ group, position, top, reachable }: GroupRowProps): ReactNode {
  const listing = useListing()
  const { actions } = listing
  const { title, ids, running, folded } = group
  const tabIndex = reachable ? 0 : -1
  const allRun = running === ids.length
  return (
    <div
      role="row"
      aria-rowindex={position}
      aria-level={1}
      aria-expanded={!folded}
      tabIndex={tabIndex}
      data-row-key={group.key}
      className={styles.group}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="gridcell" className={styles.title}>
        {folded ? <ChevronRight size={14} /> : <ChevronDown size={14} />}
        <span className={styles.name}>{title}</span>
        <span className={styles.count}>
          ({running} of {ids.length})<span className="sr-only"> running</span>
        </span>
      </div>
      <div role="gridcell" className={styles.controls}>
        <Button
          kind="quiet"
          size="s"
          tabIndex={tabIndex}
          aria-label={`${allRun ? 'Stop' : 'Start'} all of ${title}`}
          onClick={(event) => {
            event.stopPropagation()
            void (allRun ? actions.stop(ids) : actions.start(ids))
          }}
        >
          {allRun ? 'Stop all' : 'Start all'}
        </Button>
        <IconButton
          size="s"
          label={`More for ${title}`}
          aria-haspopup="menu"
          tabIndex={tabIndex}
          onClick={(event: MouseEvent<HTMLButtonElement>) => {
            event.stopPropagation()
            openMenu({ label: title, anchor: event.currentTarget, entries: groupEntries(listing, title, ids) })
          }}
        >
          <Ellipsis size={16} />
        </IconButton>
      </div>
    </div>
  )
})
