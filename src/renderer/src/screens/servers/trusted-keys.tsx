import { groupFingerprint } from '@shared/format'
import type { TrustedKey } from '@shared/rpc'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/button'
import { confirmAction } from '../../components/confirm'
import { Trash2 } from '../../components/icons'
import { worked } from '../../stores/call'
import styles from './servers-screen.module.css'
import { useTrustedKeys } from './use-sessions'

/** The host keys a person trusted in Warren; those of known_hosts are ssh's own. */
export function TrustedKeys(): ReactNode {
  const { keys, reload } = useTrustedKeys()
  if (keys === null) return null
  const remove = async (key: TrustedKey): Promise<void> => {
    const sure = await confirmAction({
      title: `Forget the key of ${key.host}?`,
      body: 'Warren asks again when it next connects. This cannot be undone here.',
      action: 'Forget the key',
      cancel: 'Keep',
    })
    if (sure && (await worked(window.api.daemon['trust.remove']({ id: key.id })))) reload()
  }
  return (
    <section className={styles.trusted} aria-labelledby="trusted-title">
      <h2 id="trusted-title">Trusted keys</h2>
      {keys.length === 0 ? (
        <p className={styles.note}>
          No key was trusted in Warren yet. Keys in ~/.ssh/known_hosts are trusted as they are.
        </p>
      ) : (
        <ul className={styles.keys}>
          {keys.map((key) => (
            <li key={key.id} className={styles.key}>
              <span className={styles.keyHost}>
                <span className="mono">{key.host}</span> <span className={styles.note}>{key.keyType}</span>
              </span>
              <span className={`mono selectable ${styles.fingerprint}`}>{groupFingerprint(key.fingerprint)}</span>
              <IconButton
                size="s"
                label={`Forget the key of ${key.host}`}
                onClick={() => {
                  void remove(key)
                }}
              >
                <Trash2 size={14} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
