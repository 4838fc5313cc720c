import { groupFingerprint } from '@shared/format'
import type { HostKeyRotationNeed } from '@shared/needs'
import { useRef, type ReactNode } from 'react'
import { Button } from '../components/button'
import { Dialog } from '../components/dialog'
import { KeyCard } from './changed-key-dialog'
import styles from './host-keys.module.css'
import { NeedFoot, useAnswer, type NeedDialogProps } from './need-dialog'

/** A server announces new keys in a session with the key that is trusted. Nothing waits for the answer. */
export function HostKeyRotationDialog(props: NeedDialogProps<HostKeyRotationNeed>): ReactNode {
  const { need } = props
  const ignore = useRef<HTMLButtonElement>(null)
  const { busy, fault, send } = useAnswer(props)
  const decide = (decision: 'trust' | 'ignore') => () => {
    send({ kind: 'host-key-rotation', decision })
  }
  const several = need.added.length > 1
  return (
    <Dialog
      open
      wide
      dismissible={false}
      onClose={props.onLater}
      initialFocus={ignore}
      title={`${need.server} announces ${several ? 'new keys' : 'a new key'}`}
      description={`The server proved that it holds ${several ? 'them' : 'it'}, over a session with the key you trust. The forwards keep running.`}
      actions={
        <>
          <Button ref={ignore} disabled={busy} onClick={decide('ignore')}>
            Ignore
          </Button>
          <Button kind="primary" disabled={busy} onClick={decide('trust')}>
            {several ? 'Trust the new keys' : 'Trust the new key'}
          </Button>
        </>
      }
    >
      <div className={styles.pair}>
        <KeyCard title="Trusted" summary={need.current} />
        {need.added.map((added) => (
          <KeyCard key={added.fingerprint} title="New" summary={added} />
        ))}
      </div>
      {need.retired.map(({ fingerprint, keyType }) => (
        <p key={fingerprint} className={styles.retired}>
          Its {keyType} key <span className="mono selectable">{groupFingerprint(fingerprint)}</span> is no longer in
          use: with your yes Warren forgets it.
        </p>
      ))}
      <p className={styles.retired}>
        Trust is kept in Warren as <span className="mono">{need.name}</span>; your known_hosts file is not changed.
      </p>
      <NeedFoot need={need} more={props.more} fault={fault} />
    </Dialog>
  )
}
