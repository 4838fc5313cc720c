import { useId, type ReactNode } from 'react'
import styles from './section.module.css'

/** One part of the pane: a quiet title with a rule, an aside at its right, and the part itself. */
export function Section(props: { title: string; aside?: ReactNode; children: ReactNode }): ReactNode {
  const id = useId()
  return (
    <section aria-labelledby={id} className={styles.section}>
      <div className={styles.head}>
        <h2 id={id} className={styles.title}>
          {props.title}
        </h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  )
}
