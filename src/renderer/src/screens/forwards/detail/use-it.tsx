import { proxyLines } from '@shared/proxy-lines'
import { carries } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import type { ReactNode } from 'react'
import { IconButton } from '../../../components/button'
import { Copy } from '../../../components/icons'
import { copyText } from '../../../stores/view-actions'
import { Section } from '../../../detail/section'
import styles from './use-it.module.css'

/** What to type so that other programs go through a proxy port of this machine. */
export function UseIt({ view: { spec, snapshot } }: { view: ForwardView }): ReactNode {
  if (snapshot.type !== 'dynamic' || !carries(snapshot.state)) return null
  const lines = proxyLines({ listen: snapshot.listen, username: spec.proxyUsername, servePac: spec.servePac })
  if (lines.length === 0) return null
  return (
    <Section title="Use it from">
      <ul className={styles.lines}>
        {lines.map((line) => (
          <li key={line.id} className={styles.line}>
            <span className={styles.title}>{line.title}</span>
            <code className={`${styles.text} mono selectable`} data-tip={line.text}>
              {line.text}
            </code>
            <IconButton
              label={`Copy the line for ${line.title}`}
              onClick={() => {
                void copyText(line.text, 'Line copied')
              }}
            >
              <Copy size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      {spec.proxyUsername !== null && <p className={styles.note}>Replace PASSWORD with the one you chose.</p>}
    </Section>
  )
}
