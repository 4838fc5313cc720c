import type { CloudAccount, CloudView } from '@shared/cloud-views'
import { useState, type ReactNode } from 'react'
import { Button } from '../../../components/button'
import { confirmAction } from '../../../components/confirm'
import { showToast } from '../../../components/toasts'
import { valueOf } from '../../../stores/call'
import { setCloudView } from '../../../stores/cloud'
import cloud from '../cloud-screen.module.css'
import { SignInAgain } from '../sign-in/sign-in-again'
import { KeySection } from './key-section'
import { PasswordDialog } from './password-dialog'
import { signOutWords } from './sign-out-words'
import { SyncSection } from './sync-section'

/** Who is signed in where, how sync stands, and the key that opens secrets. */
export function AccountPage({ view, account }: { view: CloudView; account: CloudAccount }): ReactNode {
  return (
    <div className={cloud.page}>
      <div className={cloud.sections}>
        {view.state === 'login-needed' ? <SignInAgain view={view} account={account} /> : <SyncSection view={view} />}
        <AccountSection view={view} account={account} />
        <KeySection keyState={isKeyKnown(view) ? view.key : null} />
      </div>
    </div>
  )
}

// --- internal ---

/** Whether there is a key is for the server to say; until it did, `none` means nothing. */
function isKeyKnown({ key, state }: CloudView): boolean {
  return key !== 'none' || (state !== 'starting' && state !== 'offline' && state !== 'login-needed')
}

const keeps = {
  keychain: 'in the keychain of this desktop',
  file: 'in a file of yours; programs that you run could read it',
  memory: 'nowhere: sign in again when the daemon starts anew',
} as const satisfies Record<CloudView['keeps'], string>

function AccountSection({ view, account }: { view: CloudView; account: CloudAccount }): ReactNode {
  const [changing, setChanging] = useState(false)
  const [busy, setBusy] = useState(false)
  const signOut = async (): Promise<void> => {
    const words = signOutWords(view)
    if (words !== null && !(await confirmAction({ title: 'Sign out?', body: words, action: 'Sign out' }))) return
    setBusy(true)
    const next = await valueOf(window.api.daemon['cloud.logout']({}))
    setBusy(false)
    if (next === null) return
    setCloudView(next)
    showToast({ text: 'You are signed out. Your forwards stay on this machine.' })
  }
  return (
    <section className={cloud.section} aria-labelledby="account-title">
      <h2 id="account-title">Account</h2>
      <dl className={cloud.facts}>
        <dt>Signed in as</dt>
        <dd className="selectable">
          {account.username === account.email ? account.email : `${account.username}, ${account.email}`}
        </dd>
        <dt>Server</dt>
        <dd>
          <span className="mono selectable">{account.url}</span>
          {view.mode === 'polling' && view.key === 'unsupported' && view.lastSyncAt !== null && (
            <span className={cloud.aside}>
              It knows the basic API only: Warren asks for changes, and no secret is sent there.
            </span>
          )}
        </dd>
        <dt>This machine</dt>
        <dd className="selectable">{view.device.name}</dd>
        <dt>The login is kept</dt>
        <dd>{keeps[view.keeps]}</dd>
      </dl>
      <div className={cloud.buttons}>
        <Button
          onClick={() => {
            setChanging(true)
          }}
        >
          Change the password…
        </Button>
        <Button busy={busy} onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
      {changing && (
        <PasswordDialog
          account={account}
          onClose={() => {
            setChanging(false)
          }}
        />
      )}
    </section>
  )
}
