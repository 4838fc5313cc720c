import type { ReactNode } from 'react'
import screen from '../../styles/screen.module.css'
import { AboutSection } from './about-section'
import { ApisSection } from './apis-section'
import { AppSection } from './app-section'
import { DaemonSection } from './daemon-section'
import { KeysSection } from './keys-section'
import { SecretsSection } from './secrets-section'
import { SshSection } from './ssh-section'
import styles from './settings-screen.module.css'

/** What can be set, what runs behind the window, and the keys. */
export function SettingsScreen(): ReactNode {
  return (
    <section className={screen.screen} aria-labelledby="settings-title">
      <header className={screen.header}>
        <h1 id="settings-title" className={screen.title}>
          Settings
        </h1>
      </header>
      <div className={screen.body}>
        <div className={styles.sections}>
          <AppSection />
          <SshSection />
          <SecretsSection />
          <ApisSection />
          <DaemonSection />
          <KeysSection />
          <AboutSection />
        </div>
      </div>
    </section>
  )
}
