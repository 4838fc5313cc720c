import type { ComponentProps, ReactNode } from 'react'
import styles from './button.module.css'
import { classes } from './classes'

export interface ButtonProps extends ComponentProps<'button'> {
  /** One `primary` per view; `danger` where bytes are cut or data goes. */
  kind?: 'primary' | 'plain' | 'quiet' | 'danger' | undefined
  size?: 'm' | 's' | undefined
  icon?: ReactNode
  /** Shows that it works and cannot be pressed twice. */
  busy?: boolean | undefined
}

/** A button with a word on it. */
export function Button({
  kind = 'plain',
  size = 'm',
  icon,
  busy,
  className,
  children,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || busy === true}
      aria-busy={busy}
      className={classes(styles.button, styles[kind], styles[size], className)}
    >
      {icon}
      {children !== undefined && <span className={styles.text}>{children}</span>}
    </button>
  )
}

export interface IconButtonProps extends ComponentProps<'button'> {
  /** What it does; also its tip. */
  label: string
  size?: 'm' | 's' | undefined
}

/** A button with only a picture on it; its label is its name and its tip. */
export function IconButton({ label, size = 'm', className, children, ...rest }: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      aria-label={label}
      data-tip={label}
      {...rest}
      className={classes(styles.button, styles.quiet, styles.square, styles[size], className)}
    >
      {children}
    </button>
  )
}
