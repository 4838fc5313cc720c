import type { HostKeyConflict, HostKeySummary } from '@shared/errors'
import { groupFingerprint } from '@shared/format'
import { useRef, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { Button } from '../components/button'
import { Dialog } from '../components/dialog'
import { tryAgain } from '../stores/forward-actions'
import { closeKeyConflict, keyConflictStore } from '../stores/key-conflict'
import { showTrustedKeys } from '../stores/ui'
import { copyText } from '../stores/view-actions'
import styles from './host-keys.module.css'

/** Both keys of a server that shows another one than before. Nothing here accepts the new key. */
export function ChangedKeyDialog(): ReactNode {
  const shown = useStore(keyConflictStore, (state) => state.shown)
  const close = useRef<HTMLButtonElement>(null)
  if (shown === null) return null
  const { conflict, forwardId } = shown
  const [old] = conflict.recorded
  const isInWarren = conflict.recorded.some(({ file }) => file === null)
  return (
    <Dialog
      open
      wide
      onClose={closeKeyConflict}
      initialFocus={close}
      title={`${conflict.server} shows another key`}
      description="Somebody may be listening in, or the server was reinstalled. Ask its administrator which key is right. Nothing was sent to it, no password either."
      actions={
        <>
          <Button ref={close} onClick={closeKeyConflict}>
            Close
          </Button>
          {isInWarren && (
            <Button
              onClick={() => {
                closeKeyConflict()
                showTrustedKeys(conflict.name)
              }}
            >
              Show trusted keys
            </Button>
          )}
          <Button
            onClick={() => {
              closeKeyConflict()
              void tryAgain(forwardId)
            }}
          >
            Try again
          </Button>
        </>
      }
    >
      <div className={styles.pair}>
        {old !== undefined && <KeyCard title="Recorded" summary={old} />}
        <KeyCard title="Shown now" summary={conflict.shown} />
      </div>
      <Places conflict={conflict} />
    </Dialog>
  )
}

/** A key with its fingerprint in groups and its picture. */
export function KeyCard({ title, summary }: { title: string; summary: HostKeySummary }): ReactNode {
  return (
    <section className={styles.key} aria-label={title}>
      <h3>
        {title} <span className={styles.type}>{summary.keyType}</span>
      </h3>
      <p className={`mono selectable ${styles.fingerprint}`}>{groupFingerprint(summary.fingerprint)}</p>
      <pre className="selectable">{summary.randomart}</pre>
    </section>
  )
}

// --- internal ---

/** Where the old key is, and what takes it out. */
function Places({ conflict }: { conflict: HostKeyConflict }): ReactNode {
  const { recorded, commands, name } = conflict
  return (
    <div className={styles.places}>
      <ul>
        {recorded.map(({ file, line, keyType }, index) => (
          <li key={index}>
            The old {keyType} key is recorded in{' '}
            {file === null ? (
              <>
                Warren, under Servers › Trusted keys, as <span className="mono">{name}</span>.
              </>
            ) : (
              <>
                <span className="mono selectable">
                  {file}:{line}
                </span>
                .
              </>
            )}
          </li>
        ))}
      </ul>
      {commands.length > 0 && <p>If the new key is right, take the old one out with:</p>}
      {commands.map((command) => (
        <p key={command} className={styles.command}>
          <code className="selectable">{command}</code>
          <Button
            size="s"
            onClick={() => {
              void copyText(command, 'Command copied')
            }}
          >
            Copy
          </Button>
        </p>
      ))}
    </div>
  )
}
