import { isListedServer } from '@shared/resolved-config'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { lazy, Suspense, useEffect, type ReactNode } from 'react'
import { useStore } from 'zustand'
import styles from './app.module.css'
import { Overlays } from './components/overlays'
import { Skeleton } from './components/skeleton'
import { ForwardsPane } from './screens/forwards/forwards-pane'
import { ForwardsScreen } from './screens/forwards/forwards-screen'
import { RelaysPane } from './screens/relays/relays-pane'
import { RelaysScreen } from './screens/relays/relays-screen'
import { useCovers } from './shell/covers'
import { DaemonBanner } from './shell/daemon-banner'
import { useKeys } from './shell/keys'
import { Sidebar } from './shell/sidebar'
import { useForwards } from './stores/forwards'
import { keyConflictStore } from './stores/key-conflict'
import { useNeeds } from './stores/needs'
import { useServers } from './stores/servers'
import { useUi } from './stores/ui'

const ServersScreen = lazy(() =>
  import('./screens/servers/servers-screen').then((module) => ({ default: module.ServersScreen })),
)
const CloudScreen = lazy(() =>
  import('./screens/cloud/cloud-screen').then((module) => ({ default: module.CloudScreen })),
)
const ActivityScreen = lazy(() =>
  import('./screens/activity/activity-screen').then((module) => ({ default: module.ActivityScreen })),
)
const SettingsScreen = lazy(() =>
  import('./screens/settings/settings-screen').then((module) => ({ default: module.SettingsScreen })),
)
const WelcomeScreen = lazy(() =>
  import('./screens/welcome/welcome-screen').then((module) => ({ default: module.WelcomeScreen })),
)
const ChangedKeyDialog = lazy(() =>
  import('./needs/changed-key-dialog').then((module) => ({ default: module.ChangedKeyDialog })),
)
const NeedsHost = lazy(() => import('./needs/needs-host').then((module) => ({ default: module.NeedsHost })))

/** The whole window. */
export function App(): ReactNode {
  useKeys()
  const asked = useNeeds((state) => state.list.length > 0)
  const comparing = useStore(keyConflictStore, (state) => state.shown !== null)
  return (
    <CSPProvider disableStyleElements>
      <div className={styles.app}>
        <Sidebar />
        <main className={styles.main}>
          <DaemonBanner />
          <div className={styles.content}>
            <Suspense fallback={<Skeleton />}>
              <CurrentScreen />
            </Suspense>
          </div>
        </main>
      </div>
      {comparing && (
        <Suspense>
          <ChangedKeyDialog />
        </Suspense>
      )}
      {asked && (
        <Suspense>
          <NeedsHost />
        </Suspense>
      )}
      <Overlays />
    </CSPProvider>
  )
}

function CurrentScreen(): ReactNode {
  const screen = useUi((state) => state.screen)
  switch (screen) {
    case 'forwards':
      return <Forwards />
    case 'relays':
      return <Relays />
    case 'servers':
      return <ServersScreen />
    case 'cloud':
      return <CloudScreen />
    case 'activity':
      return <ActivityScreen />
    case 'settings':
      return <SettingsScreen />
  }
}

function Forwards(): ReactNode {
  const ready = useForwards((state) => state.ready)
  const none = useForwards((state) => state.byId.size === 0)
  const noServers = useServers().every(isListedServer)
  const editing = useUi((state) => state.pane !== null)
  const covered = useCovers() && editing
  useEffect(() => {
    if (!ready) return
    // After the frame that shows the list, so that "usable" means on screen.
    const handle = requestAnimationFrame(() => {
      void window.api.app['app.usable'](undefined)
    })
    return () => {
      cancelAnimationFrame(handle)
    }
  }, [ready])
  if (ready && none && noServers && !editing) return <WelcomeScreen />
  return (
    <>
      <div className={styles.list} inert={covered}>
        <ForwardsScreen />
      </div>
      <ForwardsPane />
    </>
  )
}

function Relays(): ReactNode {
  const editing = useUi((state) => state.relayPane !== null)
  const covered = useCovers() && editing
  return (
    <>
      <div className={styles.list} inert={covered}>
        <RelaysScreen />
      </div>
      <RelaysPane />
    </>
  )
}
