import { plural } from '@shared/format'
import { useState, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { showToast } from '../../components/toasts'
import { settle, showFault } from '../../stores/call'
import { useCloud } from '../../stores/cloud'
import { mergeForwards } from '../../stores/forwards'
import { setServers, useServers } from '../../stores/servers'
import { newForward, showCloud, showServer } from '../../stores/ui'
import screen from '../../styles/screen.module.css'
import styles from './welcome-screen.module.css'

/** The first thing anybody sees: two ways to a working forward. */
export function WelcomeScreen(): ReactNode {
  const [busy, setBusy] = useState(false)
  const listed = useServers().length
  const isSignedOut = useCloud(({ view }) => (view?.account ?? null) === null)
  const demo = async (): Promise<void> => {
    setBusy(true)
    const { daemon } = window.api
    const started = await settle(daemon['demo.start']({}))
    if (started.ok) {
      // Events bring the same; asking makes the list stand when this returns.
      const [servers, forwards] = await Promise.all([
        settle(daemon['servers.list']({})),
        settle(daemon['forwards.list']({})),
      ])
      if (servers.ok) setServers(servers.value)
      if (forwards.ok) mergeForwards(forwards.value)
      showToast({ text: 'The demo server runs. Turn on a forward to use it.' })
    } else {
      showFault(started.fault)
    }
    setBusy(false)
  }
  return (
    <section className={`${screen.screen} ${styles.welcome}`} aria-labelledby="welcome-title">
      <Illustration />
      <h1 id="welcome-title">Welcome to Warren</h1>
      <p className={styles.sentence}>
        Warren keeps the ports you need behind SSH servers open, and says honestly what each one is doing.
      </p>
      {listed > 0 && (
        <p className={styles.sentence}>
          {plural(listed, 'server')} of your ssh config {listed === 1 ? 'is' : 'are'} ready to be used.
        </p>
      )}
      <div className={styles.actions}>
        {listed > 0 ? (
          <Button
            kind="primary"
            onClick={() => {
              newForward()
            }}
          >
            New forward
          </Button>
        ) : (
          <Button
            kind="primary"
            onClick={() => {
              showServer('new')
            }}
          >
            Add a server
          </Button>
        )}
        <Button
          busy={busy}
          onClick={() => {
            void demo()
          }}
        >
          Try the demo server
        </Button>
      </div>
      <p className={styles.hint}>The demo server runs on this machine only, with three forwards to try.</p>
      {isSignedOut && (
        <p className={styles.hint}>
          Does your team share its forwards?{' '}
          <button
            type="button"
            className={styles.link}
            onClick={() => {
              showCloud({ kind: 'account' })
            }}
          >
            Sign in to its server
          </button>
        </p>
      )}
    </section>
  )
}

/** One line: above ground here, down a burrow, up behind the hill. */
function Illustration(): ReactNode {
  return (
    <svg className={styles.picture} width="320" height="88" viewBox="0 0 320 88" fill="none" aria-hidden="true">
      <g stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round">
        <path d="M84 44C112 4 208 4 236 44" />
        <rect x="286" y="22" width="22" height="18" rx="3" />
        <path d="M292 28h10M292 34h6" />
      </g>
      <path
        d="M4 44h44q12 0 12 12v8q0 12 12 12h176q12 0 12-12v-8q0-12 12-12h44"
        stroke="var(--accent)"
        strokeWidth="3"
        strokeLinecap="round"
      />
      <circle cx="22" cy="34" r="5" fill="var(--accent)" />
    </svg>
  )
}
