import { plural } from '@shared/format'
import type { ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { X } from '../../components/icons'
import { deleteForwards, startForwards, stopForwards } from '../../stores/forward-actions'
import { chooseNone, useSelection } from '../../stores/selection'
import styles from './bulk-bar.module.css'
import { focusBackToList } from './focus'

/** What can be done with several rows at once. */
export function BulkBar(): ReactNode {
  const chosen = useSelection((state) => state.chosen)
  if (chosen.size < 2) return null
  const ids = [...chosen]
  return (
    <div role="toolbar" aria-label="Chosen forwards" className={styles.bar}>
      <span className={styles.count} role="status">
        {plural(chosen.size, 'forward')} chosen
      </span>
      <Button size="s" onClick={() => void startForwards(ids)}>
        Start
      </Button>
      <Button size="s" onClick={() => void stopForwards(ids)}>
        Stop
      </Button>
      <Button size="s" onClick={() => void deleteForwards(ids)}>
        Delete
      </Button>
      <IconButton
        size="s"
        label="Choose none"
        onClick={() => {
          chooseNone()
          requestAnimationFrame(focusBackToList)
        }}
      >
        <X size={14} />
      </IconButton>
    </div>
  )
}
