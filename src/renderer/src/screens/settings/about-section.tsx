import type { ReactNode } from 'react'
import { Mark } from '../../components/mark'
import { useLink } from '../../stores/link'
import { madeOf } from './made-of'
import { Section } from './setting'
import styles from './settings-screen.module.css'

/** What this is and what it is made of. */
export function AboutSection(): ReactNode {
  const hello = useLink((state) => state.hello)
  return (
    <Section title="About">
      <p className={styles.about}>
        <Mark size={24} />
        <span>
          Warren {hello?.version}
          <span className={styles.hint}>Electron {hello?.electron}. MIT licence, without warranty.</span>
        </span>
      </p>
      <details className={styles.licences}>
        <summary>What Warren is made of</summary>
        <ul>
          {madeOf.map(({ name, licence, packageName }) => (
            <li key={packageName}>
              {name} <span className={styles.inline}>{licence}</span>
            </li>
          ))}
        </ul>
      </details>
    </Section>
  )
}
