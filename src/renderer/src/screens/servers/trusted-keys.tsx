import { groupFingerprint } from '@shared/format'
import type { TrustedKey } from '@shared/rpc'
import { useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from '../../components/button'
import { confirmAction } from '../../components/confirm'
import { Trash2 } from '../../components/icons'
import { showToast } from '../../components/toasts'
import { valueOf, worked } from '../../stores/call'
import { uiStore, useUi } from '../../stores/ui'
import styles from './servers-screen.module.css'
import { useTrustedKeys } from './use-sessions'

/** The host keys a person trusted in Warren; those of known_hosts are ssh's own. */
export function TrustedKeys(): ReactNode {
  const { keys, reload } = useTrustedKeys()
  const wanted = useUi((state) => state.trustedToShow)
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    // Somebody elsewhere asks for a host; the wish is fulfilled once.
    if (wanted === null || keys === null) return
    list.current?.scrollIntoView({ block: 'center' })
    list.current?.querySelector<HTMLElement>(`[data-host="${CSS.escape(wanted)}"] button:last-child`)?.focus()
    uiStore.setState({ trustedToShow: null })
  }, [wanted, keys])
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
  const write = async (key: TrustedKey): Promise<void> => {
    const done = await valueOf(window.api.daemon['trust.write']({ id: key.id }))
    if (done !== null) showToast({ text: done.written ? `Written to ${done.file}.` : `${done.file} has it already.` })
  }
  return (
    <section className={styles.trusted} aria-labelledby="trusted-title">
      <h2 id="trusted-title">Trusted keys</h2>
      {keys.length === 0 ? (
        <p className={styles.note}>
          No key was trusted in Warren yet. Keys in ~/.ssh/known_hosts are trusted as they are.
        </p>
      ) : (
        <ul ref={list} className={styles.keys}>
          {keys.map((key) => (
            <li key={key.id} className={styles.key} data-host={key.host}>
              <span className={styles.keyHost}>
                <span className="mono">{key.host}</span> <span className={styles.note}>{key.keyType}</span>
              </span>
              <span className={`mono selectable ${styles.fingerprint}`}>{groupFingerprint(key.fingerprint)}</span>
              <span className={styles.keyActions}>
                <Button
                  size="s"
                  onClick={() => {
                    void write(key)
                  }}
                >
                  Write to known_hosts
                </Button>
                <IconButton
                  size="s"
                  label={`Forget the key of ${key.host}`}
                  onClick={() => {
                    void remove(key)
                  }}
                >
                  <Trash2 size={14} />
                </IconButton>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
