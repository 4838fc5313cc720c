import { groupFingerprint } from '@shared/format'
import type { HostKeyNeed } from '@shared/needs'
import { useRef, useState, type ReactNode } from 'react'
import { Button } from '../components/button'
import { CheckRow } from '../components/check-row'
import { Dialog } from '../components/dialog'
import { NeedFoot, useAnswer, type NeedDialogProps } from './need-dialog'
import styles from './need-dialog.module.css'

/** A server shows its key for the first time. The safe answer has the focus. */
export function HostKeyDialog(props: NeedDialogProps<HostKeyNeed>): ReactNode {
  const { need } = props
  const cancel = useRef<HTMLButtonElement>(null)
  const { busy, fault, send } = useAnswer(props)
  const [write, setWrite] = useState(false)
  const decide = (decision: 'trust' | 'once' | 'reject') => () => {
    send({ kind: 'host-key', decision, ...(write && decision === 'trust' ? { knownHosts: true } : {}) })
  }
  return (
    <Dialog
      open
      wide
      dismissible={false}
      onClose={props.onLater}
      initialFocus={cancel}
      title={`Is this ${need.server}?`}
      description="Warren has not met this server. Compare the fingerprint with the one its owner gives you."
      actions={
        <>
          <Button kind="quiet" className={styles.later} onClick={props.onLater}>
            Later
          </Button>
          <Button ref={cancel} disabled={busy} onClick={decide('reject')}>
            Cancel
          </Button>
          <Button disabled={busy} onClick={decide('once')}>
            Just once
          </Button>
          <Button kind="primary" disabled={busy} onClick={decide('trust')}>
            Trust and connect
          </Button>
        </>
      }
    >
      <dl className={styles.facts}>
        <dt>Server</dt>
        <dd className="mono selectable">{need.login}</dd>
        <dt>Key type</dt>
        <dd className="mono selectable">{need.keyType}</dd>
        <dt>Fingerprint</dt>
        <dd className={`mono selectable ${styles.fingerprint}`}>{groupFingerprint(need.fingerprint)}</dd>
        {need.knownAs.length > 0 && (
          <>
            <dt>Known as</dt>
            <dd>You trust the same key for {need.knownAs.join(', ')}.</dd>
          </>
        )}
      </dl>
      <details className={styles.art}>
        <summary>Show as a picture</summary>
        <pre className="selectable">{need.randomart}</pre>
      </details>
      {need.certificate !== null && <p className={styles.fault}>{need.certificate}</p>}
      <p className={styles.note}>
        Trust is kept in Warren, under Servers › Trusted keys, as <span className="mono">{need.recordedAs}</span>.
      </p>
      {need.knownHostsFile !== null && (
        <CheckRow
          label="Also write to known_hosts"
          hint={`Adds a line to ${need.knownHostsFile}, so that ssh trusts it too`}
          checked={write}
          disabled={busy}
          onChange={setWrite}
        />
      )}
      <NeedFoot need={need} more={props.more} fault={fault} />
    </Dialog>
  )
}
