/**
 * The app: a list of what is set up, in order.
 *
 * The daemon is dialled before anything is drawn; nothing that can wait comes before the window's first paint.
 */
import { join } from 'node:path'
import { BUILD, connectDaemon, replaceDaemon } from '@daemon/client'
import { app, Menu } from 'electron'
import { carries } from '@shared/sentence'
import { registerAppScheme, setupAppProtocol } from './app-protocol'
import { appRequests } from './app-requests'
import { hintAtClose } from './close-hint'
import { createLink, type Link } from './daemon-link'
import { startDemo } from './demo'
import { parseFlags, type Flags } from './flags'
import { setupIpc } from './ipc'
import { createSealer, mayKeep } from './keyring'
import { log, setupLog } from './log'
import { setupLoginItem } from './login-item'
import { setupMenu } from './menu'
import { setupNotifications } from './notifications'
import { notify } from './notify'
import { setupPaths } from './paths'
import { setupPower } from './power'
import { setupQuit, type Quit } from './quit'
import { setupSecondStart } from './second-start'
import { createSecretKeeper } from './secrets'
import { setupSandbox, setupSecurity } from './security'
import { setupSettings } from './settings'
import { markUsable } from './startup'
import { setupTheme } from './theme'
import { setupTray } from './tray'
import { trayActions } from './tray-actions'
import { openVault } from './vault'
import { createWindowFeed } from './window-feed'
import { setupWindows } from './windows'
import { watchWorld } from './world'

const APP_ID = 'dev.warren.app'

app.setName('Warren')
app.setAppUserModelId(APP_ID)
setupPaths(process.env['WARREN_HOME'])
setupSandbox()
registerAppScheme()
// The default menu would be built and thrown away.
Menu.setApplicationMenu(null)

const flags = parseFlags(process.argv)
if (app.requestSingleInstanceLock({ build: BUILD })) {
  setupLog()
  const link = dialDaemon()
  app
    .whenReady()
    .then(() => {
      run(link, flags)
    })
    .catch((error: unknown) => {
      log('error', 'Warren cannot start', error)
      app.exit(1)
    })
} else {
  // The running app shows its window, and says when it is another build than this one.
  process.stdout.write('Warren is open already: its window comes to the front. To start anew, quit it first.\n')
  app.exit(0)
}

function dialDaemon(): Link {
  return createLink({
    connect: () => connectDaemon({ client: 'app', start: true }),
    replace: () => replaceDaemon({ client: 'app', start: true }),
    after: (ms, task) => {
      const timer = setTimeout(task, ms)
      return () => {
        clearTimeout(timer)
      }
    },
    log: (message, cause) => {
      log('warn', message, cause)
    },
  })
}

function run(link: Link, { hidden, demo }: Flags): void {
  const settings = setupSettings()
  setupTheme(settings)
  setupSecurity()
  setupAppProtocol()

  const logError = (error: unknown): void => {
    log('warn', 'The daemon did not answer', error)
  }
  const watch = watchWorld(link, logError)
  const sealer = createSealer((keyring) => {
    windows.send('app.keyring', keyring)
  })
  const secrets = createSecretKeeper({
    vault: openVault(join(app.getPath('userData'), 'secrets.json'), sealer),
    mayKeep: () => mayKeep(sealer.keyring(), settings.get().secretsWithoutKeyring),
    answer: (id, answer) => link.call('needs.answer', { id, answer }),
    log: (message, cause) => {
      log('warn', message, cause)
    },
  })
  // Before anybody else hears of a question, saved secrets are tried.
  link.on('needs.changed', ({ needs }) => {
    secrets.look(needs)
  })
  watch.onChange(({ needs }) => {
    secrets.look(needs)
  })

  let quit: Quit | null = null
  const windows = setupWindows({
    isQuitting: () => quit?.isQuitting() ?? false,
    onHidden: () => {
      hintAtClose(settings)
    },
    onReset: () => {
      feed.reset()
    },
  })
  const feed = createWindowFeed({
    link,
    windows,
    trayRates: () => {
      const { forwards, relays } = watch.get()
      return [...forwards.values(), ...relays.values()].some(({ snapshot }) => carries(snapshot.state))
    },
    isAnswering: secrets.isAnswering,
    onError: logError,
  })
  windows.onVisibility(feed.refresh)
  watch.onChange(feed.refresh)
  quit = setupQuit({ link, world: watch.get, window: windows.current })

  setupIpc({
    trusted: windows.contents,
    daemon: feed.request,
    app: appRequests({
      link,
      settings,
      secrets,
      needs: () => watch.get().needs,
      keyring: sealer.keyring,
      window: windows.current,
      demo,
      onUsable: () => {
        markUsable()
        windows.markReady()
      },
    }),
  })
  link.onState((state) => {
    windows.send('app.daemon', state)
  })
  settings.onChange((now) => {
    windows.send('app.settings', now)
  })

  if (!hidden) windows.show()
  setupMenu({
    command: (command) => {
      windows.show()
      windows.send('app.command', { command })
    },
    navigate: windows.navigate,
  })
  setupTray(
    watch,
    trayActions({ link, world: watch.get, navigate: windows.navigate, showWindow: windows.show, quit: quit.now }),
  )
  setupNotifications({
    link,
    watch,
    isAllowed: () => settings.get().notifications,
    isFocused: windows.isFocused,
    isAnswered: secrets.isAnswering,
    navigate: windows.navigate,
  })
  setupPower(link)
  setupLoginItem(settings)
  setupSecondStart(link, windows.show)
  if (demo) startDemo(link)
  if (settings.setAside !== null) {
    notify({
      title: 'Settings were damaged',
      body: `What could be read is in use; the old file is ${settings.setAside}.`,
    })
  }
}
