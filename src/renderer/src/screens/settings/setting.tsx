import { useId, type ReactNode } from 'react'
import { Switch } from '../../components/switch'
import styles from './settings-screen.module.css'

/** A titled part of the settings. */
export function Section({ title, children }: { title: string; children: ReactNode }): ReactNode {
  const id = useId()
  return (
    <section className={styles.section} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}

/** One line: what it is on the left, what it is set to on the right. */
export function Setting(props: { label: string; hint?: ReactNode; children: ReactNode }): ReactNode {
  return (
    <div className={styles.setting}>
      <div className={styles.words}>
        <span>{props.label}</span>
        {props.hint !== undefined && <span className={styles.hint}>{props.hint}</span>}
      </div>
      <div className={styles.control}>{props.children}</div>
    </div>
  )
}

/** A setting that is on or off, at once. */
export function SwitchSetting(props: {
  label: string
  hint?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
}): ReactNode {
  return (
    <Setting label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })}>
      <Switch label={props.label} checked={props.checked} onChange={props.onChange} />
    </Setting>
  )
}
