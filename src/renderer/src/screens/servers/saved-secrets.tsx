import type { SavedSecret } from '@shared/ipc'
import { useEffect, useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { showToast } from '../../components/toasts'
import { settle, worked } from '../../stores/call'
import styles from './server-pane.module.css'

/** Whether a password or passphrase of this server is kept, and the way to be rid of it. */
export function SavedSecrets({ serverId }: { serverId: string }): ReactNode {
  const [saved, setSaved] = useState<readonly SavedSecret[] | null>(null)
  useEffect(() => {
    let here = true
    void settle(window.api.app['app.savedSecrets'](undefined)).then((result) => {
      if (here && result.ok) setSaved(result.value.filter((each) => each.serverId === serverId))
    })
    return () => {
      here = false
    }
  }, [serverId])
  const forget = async (): Promise<void> => {
    if (!(await worked(window.api.app['app.forgetSecrets']({ serverId })))) return
    setSaved([])
    showToast({ text: 'Nothing is saved for this server any more.' })
  }
  // Until main has said what is kept there is nothing true to show.
  if (saved === null) return null
  if (saved.length === 0) {
    return (
      <p className={styles.note}>
        No password is saved. Warren asks when the server wants one, and saves it only if you say so.
      </p>
    )
  }
  return (
    <div className={styles.secrets}>
      <p className={styles.note}>Saved: {new Intl.ListFormat('en').format(saved.map(sentencePart))}.</p>
      <Button size="s" onClick={() => void forget()}>
        {saved.length === 1 ? 'Forget it' : 'Forget them'}
      </Button>
    </div>
  )
}

// --- internal ---

function sentencePart({ kind, subject }: SavedSecret): string {
  if (kind === 'passphrase') return `the passphrase of ${subject}`
  const proxy = /^proxy (.*)$/.exec(subject)?.[1]
  return proxy === undefined ? `the password of ${subject}` : `the password for the proxy, ${proxy}`
}
