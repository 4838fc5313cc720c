import type { AllowCommandNeed } from '@shared/needs'
import { useRef, type ReactNode } from 'react'
import { Button } from '../components/button'
import { Dialog } from '../components/dialog'
import { NeedFoot, useAnswer, type NeedDialogProps } from './need-dialog'
import styles from './need-dialog.module.css'

const why = {
  'match-exec': 'Its outcome decides whether a block of your ssh config applies.',
  'proxy-command': 'Its input and output are the connection to the server.',
} as const satisfies Record<AllowCommandNeed['purpose'], string>

/** A line of the ssh config wants to run a command for the first time. The safe answer has the focus. */
export function CommandDialog(props: NeedDialogProps<AllowCommandNeed>): ReactNode {
  const { need } = props
  const deny = useRef<HTMLButtonElement>(null)
  const { busy, fault, send } = useAnswer(props)
  const decide = (decision: 'allow' | 'deny') => () => {
    send({ kind: 'allow-command', decision })
  }
  return (
    <Dialog
      open
      wide
      dismissible={false}
      onClose={props.onLater}
      initialFocus={deny}
      title={`May this command run for ${need.server}?`}
      description={`Your ssh config asks for it. ${why[need.purpose]}`}
      actions={
        <>
          <Button kind="quiet" className={styles.later} onClick={props.onLater}>
            Later
          </Button>
          <Button ref={deny} disabled={busy} onClick={decide('deny')}>
            Do not run it
          </Button>
          <Button kind="primary" disabled={busy} onClick={decide('allow')}>
            Allow and connect
          </Button>
        </>
      }
    >
      <pre className={`selectable ${styles.command}`} tabIndex={0} aria-label="Command">
        {need.command}
      </pre>
      <dl className={styles.facts}>
        <dt>Written in</dt>
        <dd className="mono selectable">{`${need.file}:${need.line}`}</dd>
        <dt>Server</dt>
        <dd className="mono selectable">{need.login}</dd>
      </dl>
      <p className={styles.note}>
        It runs with your rights, now and whenever this line asks for it. Warren asks again when the line changes.
      </p>
      <NeedFoot need={need} more={props.more} fault={fault} />
    </Dialog>
  )
}
