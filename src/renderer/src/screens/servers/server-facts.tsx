import type { SessionSnapshot } from '@shared/snapshots'
import type { ReactNode } from 'react'
import { Button } from '../../components/button'
import { useForwards } from '../../stores/forwards'
import { chooseAll, selections } from '../../stores/selection'
import { showDetail } from '../../stores/ui'
import styles from './server-pane.module.css'
import { sessionWord } from './server-row'

/** The live connection to a server, if there is one. */
export function SessionFacts({ session }: { session: SessionSnapshot | undefined }): ReactNode {
  if (session === undefined)
    return <p className={styles.note}>Not connected. Warren connects when a forward needs it.</p>
  const { algorithms } = session
  return (
    <dl className={styles.facts}>
      <dt>Session</dt>
      <dd>
        {sessionWord(session)}
        {session.remoteAddress !== null && (
          <>
            {' '}
            to <span className="mono">{session.remoteAddress}</span>
          </>
        )}
      </dd>
      {session.serverVersion !== null && (
        <>
          <dt>Software</dt>
          <dd className="mono selectable">{session.serverVersion}</dd>
        </>
      )}
      {algorithms !== null && (
        <>
          <dt>Cipher</dt>
          <dd className="mono selectable">{algorithms.cipher}</dd>
          <dt>Key exchange</dt>
          <dd>
            <span className="mono selectable">{algorithms.kex}</span>
            <span className={styles.note}>
              {algorithms.postQuantum ? ' withstands quantum computers' : ' does not withstand quantum computers'}
            </span>
          </dd>
          <dt>Host key</dt>
          <dd className="mono selectable">{algorithms.hostKey}</dd>
        </>
      )}
    </dl>
  )
}

/** The forwards that go through it. */
export function UsedBy({ serverId }: { serverId: string }): ReactNode {
  const byId = useForwards((store) => store.byId)
  const using = [...byId.values()].filter((view) => view.spec.serverId === serverId)
  if (using.length === 0) return null
  return (
    <section className={styles.used} aria-labelledby="used-title">
      <h2 id="used-title">Forwards</h2>
      <ul className={styles.forwards}>
        {using.map((view) => (
          <li key={view.spec.id}>
            <Button
              size="s"
              onClick={() => {
                chooseAll(selections.forwards, [view.spec.id])
                showDetail(view.spec.id)
              }}
            >
              {view.spec.name}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
