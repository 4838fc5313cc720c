import type { CloudView } from '@shared/cloud-views'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import { TextField } from '../../../components/field'
import { Segmented } from '../../../components/segmented'
import screen from '../../../styles/screen.module.css'
import { AddressField, AdoptRow, ClearWarning, EmailField, KeepField, LinkField, PasswordField } from './access-fields'
import type { AccessWay } from './access-form'
import styles from './sign-in.module.css'
import { useAccess, type Access } from './use-access'

/** The way into an account: with its password, or with the link of an invitation. */
export function SignIn({ view }: { view: CloudView }): ReactNode {
  const access = useAccess()
  const [door, setDoor] = useState<'account' | 'invitation'>('account')
  const [isNew, setIsNew] = useState(true)
  const refusal = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // It stands below a form that may be longer than the window.
    refusal.current?.scrollIntoView({ block: 'nearest' })
  }, [access.fault])
  const way: AccessWay = door === 'account' ? 'login' : isNew ? 'register' : 'join'
  return (
    <div className={screen.body}>
      <div className={styles.signIn}>
        <p className={styles.lead}>
          Have the same forwards on all your machines, and share them with a team. Passwords and keys stay on this
          machine unless you seal them for others; in a team your local ports and user names stay your own too.
        </p>
        {view.fault !== null && <FaultView fault={view.fault} tone="waiting" />}
        <Segmented
          label="How to sign in"
          value={door}
          options={[
            { value: 'account', label: 'Sign in' },
            { value: 'invitation', label: 'I have an invitation' },
          ]}
          onChange={setDoor}
        />
        <form
          className={styles.form}
          aria-label="Sign in"
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            void access.submit(way)
          }}
        >
          {door === 'account' ? <AddressField access={access} /> : <LinkField access={access} />}
          {door === 'invitation' && <Who isNew={isNew} onChange={setIsNew} />}
          <ClearWarning access={access} way={way} />
          {way === 'register' && <NameField access={access} />}
          <EmailField access={access} />
          <PasswordField access={access} way={way} />
          <KeepField access={access} />
          <AdoptRow access={access} />
          {access.fault !== null && (
            <div ref={refusal} role="alert">
              <FaultView fault={access.fault} />
            </div>
          )}
          <div className={styles.buttons}>
            <Button type="submit" kind="primary" busy={access.busy}>
              {verbs[way]}
            </Button>
          </div>
        </form>
        <p className={styles.hint}>
          No server yet? Anybody can run one: <span className="mono selectable">npm run cloud</span> in Warren’s source
          starts it and prints a link for the first account.
        </p>
      </div>
    </div>
  )
}

// --- internal ---

const verbs: Readonly<Record<AccessWay, string>> = {
  login: 'Sign in',
  join: 'Sign in and join',
  register: 'Make the account',
}

function Who({ isNew, onChange }: { isNew: boolean; onChange: (isNew: boolean) => void }): ReactNode {
  return (
    <Segmented
      label="Your account"
      value={isNew ? 'new' : 'known'}
      options={[
        { value: 'new', label: 'I am new there' },
        { value: 'known', label: 'I have an account there' },
      ]}
      onChange={(value) => {
        onChange(value === 'new')
      }}
    />
  )
}

function NameField({ access: { form, errors, change } }: { access: Access }): ReactNode {
  return (
    <TextField
      label="Your name"
      name="username"
      autoComplete="name"
      hint="Others in your teams see it."
      value={form.username}
      error={errors.username}
      onChange={(username) => {
        change({ username })
      }}
    />
  )
}
