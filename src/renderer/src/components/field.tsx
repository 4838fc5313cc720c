import { useId, type ComponentProps, type ReactNode } from 'react'
import { Button } from './button'
import { classes } from './classes'
import styles from './field.module.css'

/** Ties a control to its label, hint and error. Spread `control` on the control. */
export interface FieldProps {
  label: string
  /** Keeps the label for screen readers only, where the place says it (a search box). */
  labelHidden?: boolean | undefined
  hint?: ReactNode
  /** In words; `null` when all is well. */
  error?: string | null | undefined
  /** Id of words elsewhere that belong to it too. */
  describedBy?: string | undefined
  /** What would cure the error, as a button beside it. */
  fix?: { readonly label: string; readonly onPress: () => void } | null | undefined
  className?: string | undefined
  children: (control: FieldControl) => ReactNode
}
export interface FieldControl {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
}

export function Field(props: FieldProps): ReactNode {
  const { label, labelHidden, hint, error, fix, className, children } = props
  const id = useId()
  const hasError = typeof error === 'string' && error !== ''
  const hasHint = hint !== undefined && hint !== null
  const describedBy = [hasError && `${id}-error`, hasHint && `${id}-hint`, props.describedBy ?? false]
    .filter((part) => part !== false)
    .join(' ')
  return (
    <div className={classes(styles.field, className)}>
      <label htmlFor={id} className={labelHidden === true ? 'sr-only' : styles.label}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': describedBy === '' ? undefined : describedBy,
        'aria-invalid': hasError || undefined,
      })}
      {hasHint && (
        <span id={`${id}-hint`} className={styles.hint}>
          {hint}
        </span>
      )}
      <FieldError id={`${id}-error`} error={hasError ? error : null} fix={fix} />
    </div>
  )
}

/** The words under a field that is wrong, with the cure as a button. Announced when it appears. */
export function FieldError(props: {
  id?: string | undefined
  error: string | null
  fix?: FieldProps['fix']
}): ReactNode {
  return (
    <span id={props.id} aria-live="polite" className={props.error === null ? undefined : styles.error}>
      {props.error}
      {props.error !== null && props.fix !== null && props.fix !== undefined && (
        <Button size="s" onClick={props.fix.onPress}>
          {props.fix.label}
        </Button>
      )}
    </span>
  )
}

export interface TextFieldProps extends Omit<ComponentProps<'input'>, 'onChange' | 'className'> {
  label: string
  labelHidden?: boolean | undefined
  hint?: ReactNode
  error?: string | null | undefined
  fix?: FieldProps['fix']
  describedBy?: string | undefined
  /** Addresses, ports, paths and fingerprints. */
  mono?: boolean | undefined
  className?: string | undefined
  onChange: (value: string) => void
}

/** One line of text. */
export function TextField({
  label,
  labelHidden,
  hint,
  error,
  fix,
  describedBy,
  mono,
  className,
  onChange,
  ...input
}: TextFieldProps): ReactNode {
  return (
    <Field {...{ label, labelHidden, hint, error, fix, describedBy, className }}>
      {(control) => (
        <input
          autoComplete="off"
          spellCheck={false}
          {...input}
          {...control}
          className={classes(styles.input, mono === true && styles.mono)}
          onChange={(event) => {
            onChange(event.target.value)
          }}
        />
      )}
    </Field>
  )
}

export interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'onChange' | 'className'> {
  label: string
  hint?: ReactNode
  error?: string | null | undefined
  describedBy?: string | undefined
  mono?: boolean | undefined
  onChange: (value: string) => void
}

/** Several lines of text. */
export function TextArea({ label, hint, error, describedBy, mono, onChange, ...area }: TextAreaProps): ReactNode {
  return (
    <Field {...{ label, hint, error, describedBy }}>
      {(control) => (
        <textarea
          spellCheck={false}
          rows={3}
          {...area}
          {...control}
          className={classes(styles.input, styles.area, mono === true && styles.mono)}
          onChange={(event) => {
            onChange(event.target.value)
          }}
        />
      )}
    </Field>
  )
}
