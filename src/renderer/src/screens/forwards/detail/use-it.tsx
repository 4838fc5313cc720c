import { proxyLines } from '@shared/proxy-lines'
import { carries } from '@shared/sentence'
import type { ForwardView } from '@shared/snapshots'
import type { ReactNode } from 'react'
import { IconButton } from '../../../components/button'
import { Copy } from '../../../components/icons'
import { copyText } from '../../../stores/forward-actions'
import { Section } from './section'
import styles from './use-it.module.css'

/** What to type so that other programs go through a proxy port of this machine. */
export function UseIt({ view: { spec, snapshot } }: { view: ForwardView }): ReactNode {
  if (snapshot.type !== 'dynamic' || !carries(snapshot.state)) return null
  const lines = proxyLines({ listen: snapshot.listen, username: spec.proxyUsername, servePac: spec.servePac })
  if (lines.length === 0) return null
  return (
    <Section title="Use it from">
      <dl className={styles.lines}>
        {lines.map((line) => (
          <div key={line.id} className={styles.line}>
            <dt>{line.title}</dt>
            <dd className="mono selectable" data-tip={line.text}>
              {line.text}
            </dd>
            <IconButton
              label={`Copy the line for ${line.title}`}
              onClick={() => {
                void copyText(line.text, 'Line copied')
              }}
            >
              <Copy size={14} />
            </IconButton>
          </div>
        ))}
      </dl>
      {spec.proxyUsername !== null && <p className={styles.note}>Replace PASSWORD by the one you gave.</p>}
    </Section>
  )
}
