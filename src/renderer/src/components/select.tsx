import { Select as Base } from '@base-ui/react/select'
import type { ReactNode } from 'react'
import { Field, type FieldProps } from './field'
import { Check, ChevronsUpDown } from './icons'
import popup from './popup.module.css'
import styles from './select.module.css'

export interface SelectOption<T extends string> {
  readonly value: T
  readonly label: string
  readonly hint?: string | undefined
  readonly disabled?: boolean | undefined
}
export interface SelectProps<T extends string> extends Pick<
  FieldProps,
  'label' | 'labelHidden' | 'hint' | 'error' | 'fix' | 'describedBy' | 'className'
> {
  value: T | null
  options: readonly SelectOption<T>[]
  onChange: (value: T) => void
  placeholder?: string | undefined
  disabled?: boolean | undefined
}

/** One of several, with a word for each. */
export function Select<T extends string>(props: SelectProps<T>): ReactNode {
  const { value, options, onChange, placeholder, disabled = false, ...field } = props
  return (
    <Field {...field}>
      {(control) => (
        <Base.Root
          items={options.map((option) => ({ value: option.value, label: option.label }))}
          value={value}
          disabled={disabled}
          modal={false}
          onValueChange={(next: T | null) => {
            if (next !== null) onChange(next)
          }}
        >
          <Base.Trigger {...control} aria-label={props.label} className={styles.trigger}>
            <Base.Value className={styles.value} placeholder={placeholder ?? 'Choose'} />
            <Base.Icon className={styles.icon}>
              <ChevronsUpDown size={14} />
            </Base.Icon>
          </Base.Trigger>
          <Base.Portal>
            <Base.Positioner className={popup.positioner} sideOffset={4} alignItemWithTrigger={false}>
              <Base.Popup className={popup.popup}>
                {options.map((option) => (
                  <Base.Item
                    key={option.value}
                    value={option.value}
                    disabled={option.disabled ?? false}
                    className={popup.item}
                  >
                    <span className={popup.mark}>
                      <Base.ItemIndicator>
                        <Check size={14} />
                      </Base.ItemIndicator>
                    </span>
                    <Base.ItemText className={popup.text}>{option.label}</Base.ItemText>
                    {option.hint !== undefined && <span className={popup.hint}>{option.hint}</span>}
                  </Base.Item>
                ))}
              </Base.Popup>
            </Base.Positioner>
          </Base.Portal>
        </Base.Root>
      )}
    </Field>
  )
}
