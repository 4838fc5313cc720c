import type { ReactNode } from 'react'
import styles from './facts.module.css'
import { Section } from './section'

/** The rest, for those who look closely: {@link Fact}s. */
export function FactList({ children }: { children: ReactNode }): ReactNode {
  return (
    <Section title="Facts">
      <dl className={styles.facts}>{children}</dl>
    </Section>
  )
}

export function Fact(props: { name: string; mono?: boolean; children: ReactNode }): ReactNode {
  return (
    <>
      <dt>{props.name}</dt>
      <dd className={props.mono === true ? 'mono selectable' : 'selectable'}>{props.children}</dd>
    </>
  )
}
