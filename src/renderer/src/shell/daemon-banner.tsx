import { plural } from '@shared/format'
import type { DaemonLink } from '@shared/ipc'
import { useState, type ReactNode } from 'react'
import { Button } from '../components/button'
import { worked } from '../stores/call'
import { useLink } from '../stores/link'
import styles from './daemon-banner.module.css'

/** Says when the window shows what was, not what is, and offers the way back. */
export function DaemonBanner(): ReactNode {
  const daemon = useLink((state) => state.daemon)
  const [busy, setBusy] = useState(false)
  const words = wordsFor(daemon)
  if (words === null) return null
  const restart = async (): Promise<void> => {
    setBusy(true)
    await worked(window.api.app['app.restartDaemon'](undefined))
    setBusy(false)
  }
  return (
    <div role="alert" className={styles.banner}>
      <p className={styles.words}>
        <strong>{words.title}</strong> {words.more}
      </p>
      <Button size="s" busy={busy} onClick={() => void restart()}>
        Restart it
      </Button>
    </div>
  )
}

function wordsFor(daemon: DaemonLink): { readonly title: string; readonly more: string } | null {
  switch (daemon.state) {
    case 'connecting':
    case 'connected':
      return null
    case 'lost':
      return {
        title: 'Warren’s background process does not answer.',
        more: `${daemon.fault.message} What you see is what was last known.`,
      }
    case 'other-version':
      return {
        title: `The background process is version ${daemon.theirs}, this window is ${daemon.ours}.`,
        more:
          daemon.running === 0
            ? 'Restart it to go on; nothing is running.'
            : `Restarting it closes ${plural(daemon.running, 'forward')} for a moment.`,
      }
  }
}
