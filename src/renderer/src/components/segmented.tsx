import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import styles from './segmented.module.css'

export interface SegmentedProps<T extends string> {
  label: string
  value: T
  options: readonly { readonly value: T; readonly label: ReactNode; readonly hint?: string | undefined }[]
  onChange: (value: T) => void
  className?: string | undefined
}

/** One of few, all in sight: a radio group with arrow keys. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
  className,
}: SegmentedProps<T>): ReactNode {
  const group = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent): void => {
    const step = stepOf(event.key)
    if (step === 0) return
    event.preventDefault()
    const index = options.findIndex((option) => option.value === value)
    const next = options[(index + step + options.length) % options.length]
    if (next === undefined) return
    onChange(next.value)
    group.current?.querySelectorAll<HTMLElement>('[role="radio"]')[options.indexOf(next)]?.focus()
  }
  return (
    <div
      ref={group}
      role="radiogroup"
      aria-label={label}
      className={className === undefined ? styles.group : `${styles.group} ${className}`}
      onKeyDown={move}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          className={styles.segment}
          onClick={() => {
            onChange(option.value)
          }}
        >
          {option.label}
          {option.hint !== undefined && <span className={styles.hint}>{option.hint}</span>}
        </button>
      ))}
    </div>
  )
}

function stepOf(key: string): number {
  if (key === 'ArrowRight' || key === 'ArrowDown') return 1
  if (key === 'ArrowLeft' || key === 'ArrowUp') return -1
  return 0
}
