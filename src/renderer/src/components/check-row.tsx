import { useId, type ReactNode } from 'react'
import styles from './check-row.module.css'

export interface CheckRowProps {
  label: string
  hint?: string | undefined
  checked: boolean
  disabled?: boolean | undefined
  /** Marks a confirmation that is still missing. */
  unconfirmed?: boolean | undefined
  onChange: (checked: boolean) => void
}

/** A check box with its words beside it, for what is saved with a form. */
export function CheckRow({ label, hint, checked, disabled, unconfirmed, onChange }: CheckRowProps): ReactNode {
  const id = useId()
  return (
    <div className={styles.row}>
      <input
        id={id}
        type="checkbox"
        className={styles.box}
        checked={checked}
        disabled={disabled}
        data-unconfirmed={unconfirmed === true || undefined}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => {
          onChange(event.target.checked)
        }}
      />
      <span className={styles.words}>
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && (
          <span id={`${id}-hint`} className={styles.hint}>
            {hint}
          </span>
        )}
      </span>
    </div>
  )
}
