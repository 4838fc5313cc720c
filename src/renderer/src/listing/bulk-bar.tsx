import { plural } from '@shared/format'
import type { ReactNode } from 'react'
import { Button, IconButton } from '../components/button'
import { X } from '../components/icons'
import { chooseNone, useSelection } from '../stores/selection'
import styles from './bulk-bar.module.css'
import { focusBackToList } from './focus'
import { useListing } from './listing'

/** What can be done with several rows at once. */
export function BulkBar(): ReactNode {
  const { actions, one, selection } = useListing()
  const chosen = useSelection(selection, (state) => state.chosen)
  if (chosen.size < 2) return null
  const ids = [...chosen]
  return (
    <div role="toolbar" aria-label={`Chosen ${one}s`} className={styles.bar}>
      <span className={styles.count} role="status">
        {plural(chosen.size, one)} chosen
      </span>
      <Button size="s" onClick={() => void actions.start(ids)}>
        Start
      </Button>
      <Button size="s" onClick={() => void actions.stop(ids)}>
        Stop
      </Button>
      <Button size="s" onClick={() => void actions.remove(ids)}>
        Delete
      </Button>
      <IconButton
        size="s"
        label="Choose none"
        onClick={() => {
          chooseNone(selection)
          requestAnimationFrame(focusBackToList)
        }}
      >
        <X size={14} />
      </IconButton>
    </div>
  )
}
