import type { ReactNode } from 'react'
import { Mark } from '../../components/mark'
import { useLink } from '../../stores/link'
import { Section } from './setting'
import styles from './settings-screen.module.css'

const parts: readonly (readonly [name: string, licence: string])[] = [
  ['Base UI', 'MIT'],
  ['electron-store', 'MIT'],
  ['Electron', 'MIT'],
  ['Kysely', 'MIT'],
  ['libSQL', 'MIT'],
  ['Lucide', 'ISC'],
  ['React', 'MIT'],
  ['rotating-file-stream', 'MIT'],
  ['socks', 'MIT'],
  ['ssh2', 'MIT'],
  ['TanStack Virtual', 'MIT'],
  ['uPlot', 'MIT'],
  ['vscode-jsonrpc', 'MIT'],
  ['zod', 'MIT'],
  ['zustand', 'MIT'],
]

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
          {parts.map(([name, licence]) => (
            <li key={name}>
              {name} <span className={styles.inline}>{licence}</span>
            </li>
          ))}
        </ul>
      </details>
    </Section>
  )
}
