import type { PassphraseNeed, PasswordNeed } from '@shared/needs'
import { useId, useRef, useState, type ReactNode } from 'react'
import { Button } from '../components/button'
import { CheckRow } from '../components/check-row'
import { Dialog } from '../components/dialog'
import { TextField } from '../components/field'
import { changeSettings, useSetting } from '../stores/settings'
import { useLink } from '../stores/link'
import { savingOf, type Saving } from './keyring'
import { NeedFoot, TypedActions, useAnswer, type NeedDialogProps } from './need-dialog'
import styles from './need-dialog.module.css'

/** Asks for a password of a server or the passphrase of a key file. */
export function SecretDialog(props: NeedDialogProps<PasswordNeed | PassphraseNeed>): ReactNode {
  const { need } = props
  const form = useId()
  const input = useRef<HTMLInputElement>(null)
  const [secret, setSecret] = useState('')
  const [wantsSave, setWantsSave] = useState(false)
  const keyring = useLink((state) => state.keyring)
  const setting = useSetting('secretsWithoutKeyring', 'ask')
  const saving = savingOf(keyring, setting)
  const { busy, fault, send } = useAnswer(props)
  const isPassword = need.kind === 'password'
  const word = isPassword ? 'password' : 'passphrase'
  const undecided = wantsSave && saving.kind === 'ask'
  const submit = (): void => {
    if (undecided) return
    const save = wantsSave && (saving.kind === 'keyring' || saving.kind === 'file')
    send(isPassword ? { kind: 'password', password: secret } : { kind: 'passphrase', passphrase: secret }, save)
  }
  return (
    <Dialog
      open
      dismissible={false}
      onClose={props.onLater}
      initialFocus={input}
      title={titleOf(need)}
      description={
        isPassword && need.forward !== undefined ? (
          <>
            Whoever uses the proxy at <span className="mono">{need.login.slice(need.username.length + 1)}</span> logs in
            as <span className="mono">{need.username}</span> with the password that you choose here.
          </>
        ) : isPassword ? (
          <>
            <span className="mono">{need.login}</span>{' '}
            {need.proxy === undefined ? 'needs a password.' : `needs a password: the proxy leads to ${need.server}.`}
          </>
        ) : (
          <>
            The key <span className="mono">{need.keyFile}</span> is locked.
          </>
        )
      }
      actions={
        <TypedActions
          form={form}
          busy={busy}
          disabled={undecided}
          onLater={props.onLater}
          onCancel={() => {
            send({ kind: 'cancel' })
          }}
        >
          {isPassword ? (need.forward === undefined ? 'Log in' : 'Start') : 'Unlock'}
        </TypedActions>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <TextField
          ref={input}
          label={isPassword ? 'Password' : 'Passphrase'}
          type="password"
          autoComplete="off"
          value={secret}
          error={need.refused && secret === '' ? refusedSentence(need) : null}
          onChange={setSecret}
        />
        <SaveChoice word={word} saving={saving} wanted={wantsSave} onChange={setWantsSave} />
      </form>
      <NeedFoot need={need} more={props.more} fault={fault} />
    </Dialog>
  )
}

// --- internal ---

function titleOf(need: PasswordNeed | PassphraseNeed): string {
  if (need.kind === 'passphrase') return `Passphrase for a key of ${need.server}`
  if (need.forward !== undefined) return `Password for the clients of ${need.forward}`
  return need.proxy === undefined ? `Password for ${need.server}` : `Password for the proxy ${need.proxy}`
}

function refusedSentence(need: PasswordNeed | PassphraseNeed): string {
  if (need.kind === 'password' && need.proxy !== undefined) return 'The proxy refused the password before.'
  return need.kind === 'password' ? `${need.server} refused the password before.` : 'The passphrase before was wrong.'
}

interface SaveChoiceProps {
  word: 'password' | 'passphrase'
  saving: Saving
  wanted: boolean
  onChange: (wanted: boolean) => void
}

/** The truth about where it would be kept, before it is. */
function SaveChoice({ word, saving, wanted, onChange }: SaveChoiceProps): ReactNode {
  const label = `Save the ${word}`
  switch (saving.kind) {
    case 'keyring':
      return <CheckRow label={label} hint={`In ${saving.where}`} checked={wanted} onChange={onChange} />
    case 'file':
      return (
        <CheckRow
          label={label}
          hint="This desktop has no keyring: it goes to a file that your programs can read"
          checked={wanted}
          onChange={onChange}
        />
      )
    case 'unknown':
      return (
        <CheckRow
          label={label}
          hint="The desktop has not said yet where to"
          checked={false}
          disabled
          onChange={onChange}
        />
      )
    case 'never':
      return <p className={styles.note}>This desktop has no keyring, so the {word} is not saved.</p>
    case 'ask':
      return (
        <>
          <CheckRow label={label} checked={wanted} onChange={onChange} />
          {wanted && <AskOnce word={word} onNever={onChange} />}
        </>
      )
  }
}

function AskOnce({ word, onNever }: { word: string; onNever: (wanted: false) => void }): ReactNode {
  return (
    <div className={styles.ask} role="group" aria-label="No keyring">
      <p>
        This desktop has no keyring. Warren can keep the {word} in a file of yours, but programs that you run could read
        it there.
      </p>
      <div className={styles.buttons}>
        <Button
          size="s"
          onClick={() => {
            void changeSettings({ secretsWithoutKeyring: 'allow' })
          }}
        >
          Keep it in a file
        </Button>
        <Button
          size="s"
          onClick={() => {
            onNever(false)
            void changeSettings({ secretsWithoutKeyring: 'never' })
          }}
        >
          Do not save
        </Button>
      </div>
    </div>
  )
}
