import { formatAge, formatBytes } from '@shared/format'
import type { DaemonStatus } from '@shared/rpc'
import { carries, closingLine } from '@shared/sentence'
import type { ForwardState } from '@shared/snapshots'
import { useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { confirmAction } from '../../components/confirm'
import { FaultView } from '../../components/fault-view'
import { Skeleton } from '../../components/skeleton'
import { settle, worked } from '../../stores/call'
import { forwardsStore } from '../../stores/forwards'
import { useLink } from '../../stores/link'
import { relaysStore } from '../../stores/relays'
import { Section, Setting } from './setting'
import styles from './settings-screen.module.css'

const REFRESH_MS = 5000

/** The process that runs the forwards. */
export function DaemonSection(): ReactNode {
  const link = useLink((state) => state.daemon.state)
  const [status, setStatus] = useState<DaemonStatus | null>(null)
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    let current = true
    const ask = (): void => {
      if (document.hidden) return
      void settle(window.api.daemon['daemon.status']({})).then((result) => {
        if (current) setStatus(result.ok ? result.value : null)
      })
    }
    ask()
    const timer = setInterval(ask, REFRESH_MS)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [link])
  const restart = async (): Promise<void> => {
    const closing = closingLine(
      countRunning(forwardsStore.getState().byId.values()),
      countRunning(relaysStore.getState().byId.values()),
    )
    const sure =
      closing === '' ||
      (await confirmAction({
        title: 'Restart the daemon?',
        body: `${closing} with every connection, and start again.`,
        action: 'Restart',
        cancel: 'Keep running',
      }))
    if (!sure) return
    setBusy(true)
    await worked(window.api.app['app.restartDaemon'](undefined))
    setBusy(false)
  }
  return (
    <Section title="Daemon">
      <p className={styles.hint}>The process behind the window. Forwards and relays keep running while it does.</p>
      {status?.warnings.map((fault) => (
        <FaultView key={`${fault.code} ${fault.message}`} fault={fault} tone="waiting" />
      ))}
      {status !== null ? (
        <Facts status={status} />
      ) : link === 'connected' ? (
        <Skeleton rows={2} label="Asking the daemon" />
      ) : (
        <p className={styles.hint}>The daemon does not answer.</p>
      )}
      <Setting label="Data folder" hint={<span className="mono selectable">{status?.home}</span>}>
        <Button
          onClick={() => {
            void worked(window.api.app['app.openDataFolder'](undefined))
          }}
        >
          Open
        </Button>
      </Setting>
      <Setting label="Restart" hint="When something seems stuck">
        <Button
          busy={busy}
          onClick={() => {
            void restart()
          }}
        >
          Restart the daemon
        </Button>
      </Setting>
    </Section>
  )
}

// --- internal ---

function countRunning(views: Iterable<{ readonly snapshot: { readonly state: ForwardState } }>): number {
  return [...views].filter(({ snapshot }) => carries(snapshot.state)).length
}

function Facts({ status }: { status: DaemonStatus }): ReactNode {
  return (
    <dl className={styles.facts}>
      <dt>Version</dt>
      <dd className="selectable">
        {status.version} ({status.build})
      </dd>
      <dt>Process</dt>
      <dd className="selectable">
        {status.pid}, for {formatAge(Date.now() - Date.parse(status.startedAt))}
      </dd>
      <dt>Node</dt>
      <dd className="selectable">{status.node}</dd>
      <dt>Native crypto</dt>
      <dd>{status.nativeCrypto ? 'yes' : 'no: it works, but slower'}</dd>
      <dt>Memory</dt>
      <dd>{formatBytes(status.rssBytes)}</dd>
      <dt>Forwards</dt>
      <dd>
        {status.running} of {status.forwards} running
      </dd>
      <dt>Relays</dt>
      <dd>
        {status.relaysRunning} of {status.relays} running
      </dd>
    </dl>
  )
}
