import type { ReactNode } from 'react'
import styles from './switch.module.css'

export interface SwitchProps {
  checked: boolean
  onChange: (checked: boolean) => void
  /** Its accessible name; say what it switches (`db`), not what happens. */
  label: string
  disabled?: boolean | undefined
  tabIndex?: number | undefined
  id?: string | undefined
}

/** On or off, at once. A plain `role="switch"` button: a list shows dozens of them while it scrolls. */
export function Switch({ checked, onChange, label, ...rest }: SwitchProps): ReactNode {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      {...rest}
      className={styles.switch}
      onClick={(event) => {
        event.stopPropagation()
        onChange(!checked)
      }}
    >
      <span className={styles.thumb} />
    </button>
  )
}
