import { useState, type ReactNode } from 'react'
import styles from '../screens/editor/forward-editor.module.css'
import { LimitsEditor, type LimitsEditorProps } from './limits-editor'
import { limitsInWords } from './limits-form'

/** The limits as a part of a form, folded away until one is set or wrong; folded, it says what they are. */
export function FoldedLimits(props: LimitsEditorProps): ReactNode {
  const { value, errors, protocol } = props
  const words = value === null ? '' : limitsInWords(value, protocol === 'udp' ? 'sessions' : 'connections')
  const isWrong = Object.keys(errors ?? {}).length > 0
  const [open, setOpen] = useState(words !== '')
  return (
    <details
      className={styles.advanced}
      open={open || isWrong}
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>{open || words === '' ? 'Limits' : `Limits: ${words}`}</summary>
      <div className={styles.fields}>
        <LimitsEditor {...props} />
      </div>
    </details>
  )
}
