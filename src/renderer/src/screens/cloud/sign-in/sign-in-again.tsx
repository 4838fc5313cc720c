import type { CloudAccount, CloudView } from '@shared/cloud-views'
import { plural } from '@shared/format'
import type { ReactNode } from 'react'
import { Button } from '../../../components/button'
import { FaultView } from '../../../components/fault-view'
import cloud from '../cloud-screen.module.css'
import { ClearWarning, KeepField, PasswordField } from './access-fields'
import styles from './sign-in.module.css'
import { useAccess } from './use-access'

/** The server wants the password once more; account and server are known. */
export function SignInAgain({ view, account }: { view: CloudView; account: CloudAccount }): ReactNode {
  const access = useAccess({ url: account.url, email: account.email, keep: view.keeps })
  return (
    <section className={cloud.section} aria-labelledby="again-title">
      <h2 id="again-title">Sign in again</h2>
      {view.fault !== null && <FaultView fault={view.fault} tone="needs" />}
      <p className={cloud.note}>
        Your forwards run on.{' '}
        {view.waiting === 0
          ? 'What you change meanwhile is kept and sent then.'
          : `${plural(view.waiting, 'change')} ${view.waiting === 1 ? 'waits' : 'wait'} here and ${view.waiting === 1 ? 'is' : 'are'} sent then.`}
      </p>
      <form
        className={styles.form}
        aria-label="Sign in again"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void access.submit('login')
        }}
      >
        <p>
          <span className="selectable">{account.email}</span> at <span className="mono selectable">{account.url}</span>
        </p>
        <ClearWarning access={access} way="login" />
        <PasswordField access={access} way="login" />
        {(access.form.keep === null || access.noKeyring) && <KeepField access={access} />}
        {access.fault !== null && <FaultView fault={access.fault} />}
        <div className={styles.buttons}>
          <Button type="submit" kind="primary" busy={access.busy}>
            Sign in
          </Button>
        </div>
      </form>
    </section>
  )
}
