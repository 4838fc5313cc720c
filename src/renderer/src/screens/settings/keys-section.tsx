import type { ReactNode } from 'react'
import { commandKey } from '../../stores/link'
import { Section } from './setting'
import styles from './settings-screen.module.css'

/** Every key and what it does. */
export function KeysSection(): ReactNode {
  const keys: readonly (readonly [readonly string[], string])[] = [
    [['↑', '↓'], 'move in the list'],
    [['Space'], 'start or stop'],
    [['Enter'], 'open the details'],
    [['/'], 'search'],
    [['N'], 'new forward'],
    [['E'], 'edit'],
    [['C'], 'copy the address'],
    [['O'], 'open in the browser'],
    [['K'], 'check each step of a start'],
    [['Del'], 'delete, with undo'],
    [[commandKey('A')], 'choose all'],
    [[commandKey('Z')], 'undo'],
    [[commandKey(',')], 'settings'],
    [['Esc'], 'close what is on top'],
  ]
  return (
    <Section title="Keys">
      <dl className={styles.keys}>
        {keys.map(([names, meaning]) => (
          <div key={meaning} className={styles.keyRow}>
            <dt>
              {names.map((name) => (
                <kbd key={name} className={styles.kbd}>
                  {name}
                </kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}
