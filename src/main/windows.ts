/** The window: made when somebody wants to see it, hidden when closed. */
import { app, BrowserWindow, nativeTheme, screen, type WebContents } from 'electron'
import type { AppEvents, WindowEvents } from '@shared/ipc'
import { APP_URL } from './app-protocol'
import { sendEvent } from './ipc'
import { log } from './log'
import { preloadFile, resource } from './paths'
import { openStoreFile } from './store-file'
import { MIN_SIZE, placeWindow, rememberPlacement, windowStateSchema, type DisplayFacts } from './window-bounds'

const SAVE_BOUNDS_MS = 500
/** The page's own ground in each theme, so that nothing flashes before the first paint. */
const GROUND = { light: '#f4f4f3', dark: '#17181a' } as const

export interface Windows {
  /** Shows the window, made anew if need be. */
  readonly show: () => void
  /** Shows the window at a screen; a window that is still loading gets told when it asks. */
  readonly navigate: (to: AppEvents['app.navigate']) => void
  readonly send: <E extends keyof WindowEvents>(event: E, payload: WindowEvents[E]) => void
  readonly contents: () => WebContents | null
  readonly current: () => BrowserWindow | null
  readonly isFocused: () => boolean
  readonly isVisible: () => boolean
  readonly onVisibility: (listener: () => void) => void
  /** The page's scripts run and listen. */
  readonly markReady: () => void
}

export interface WindowsOptions {
  /** Called when closing hid the window. */
  readonly onHidden: () => void
  readonly isQuitting: () => boolean
  /** The page is gone or starts over: what it subscribed to no longer counts. */
  readonly onReset: () => void
}

export function setupWindows(options: WindowsOptions): Windows {
  const state = openStoreFile({ folder: app.getPath('userData'), name: 'window', schema: windowStateSchema })
  const visibilityListeners: (() => void)[] = []
  let window: BrowserWindow | null = null
  let isReady = false
  let pending: AppEvents['app.navigate'] | null = null

  const tellVisibility = (): void => {
    for (const listener of visibilityListeners) listener()
  }

  const open = (): BrowserWindow => {
    const made = createWindow(state.get())
    window = made
    rememberBounds(made, (display, placement) => {
      state.set(rememberPlacement(state.get(), display, placement))
    })
    made.on('close', (event) => {
      if (options.isQuitting()) return
      event.preventDefault()
      made.hide()
      options.onHidden()
    })
    made.on('closed', () => {
      window = null
      isReady = false
      options.onReset()
      tellVisibility()
    })
    // Separate lines, because each event has a listener type of its own.
    made.on('show', tellVisibility)
    made.on('hide', tellVisibility)
    made.on('minimize', tellVisibility)
    made.on('restore', tellVisibility)
    made.webContents.on('did-start-loading', () => {
      isReady = false
      options.onReset()
    })
    made.webContents.on('render-process-gone', (_event, { reason }) => {
      log('error', `The window's page ended: ${reason}`)
      if (reason !== 'clean-exit' && !options.isQuitting()) made.webContents.reload()
    })
    made.once('ready-to-show', () => {
      made.show()
    })
    made.loadURL(APP_URL).catch((error: unknown) => {
      log('error', 'The window cannot load its page', error)
    })
    return made
  }

  const show = (): void => {
    if (window === null) {
      open()
      return
    }
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  nativeTheme.on('updated', () => {
    window?.setBackgroundColor(ground())
  })
  app.on('activate', show)
  // Closing only hides, so this comes at quit alone; without a listener Electron would quit by itself.
  app.on('window-all-closed', () => undefined)

  return {
    show,
    navigate: (to) => {
      show()
      if (isReady && window !== null) sendEvent(window.webContents, 'app.navigate', to)
      else pending = to
    },
    send: (event, payload) => {
      if (window !== null) sendEvent(window.webContents, event, payload)
    },
    contents: () => window?.webContents ?? null,
    current: () => window,
    isFocused: () => window?.isFocused() ?? false,
    isVisible: () => window !== null && window.isVisible() && !window.isMinimized(),
    onVisibility: (listener) => {
      visibilityListeners.push(listener)
    },
    markReady: () => {
      isReady = true
      if (pending !== null && window !== null) sendEvent(window.webContents, 'app.navigate', pending)
      pending = null
    },
  }
}

// --- internal ---

function createWindow(state: Parameters<typeof placeWindow>[0]): BrowserWindow {
  const placement = placeWindow(state, displays())
  const made = new BrowserWindow({
    ...placement?.bounds,
    minWidth: MIN_SIZE.width,
    minHeight: MIN_SIZE.height,
    show: false,
    title: 'Warren',
    icon: resource('icon/icon-256.png'),
    backgroundColor: ground(),
    // Alt shows it; on macOS it is at the top of the screen.
    autoHideMenuBar: true,
    webPreferences: {
      preload: preloadFile,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      // Its dictionaries would be fetched from the network.
      spellcheck: false,
      navigateOnDragDrop: false,
    },
  })
  if (placement?.maximized === true) made.maximize()
  return made
}

type Remember = (display: string, placement: NonNullable<ReturnType<typeof placeWindow>>) => void

function rememberBounds(window: BrowserWindow, remember: Remember): void {
  let timer: NodeJS.Timeout | undefined
  const save = (): void => {
    clearTimeout(timer)
    if (window.isDestroyed() || window.isMinimized() || !window.isVisible()) return
    const bounds = window.getNormalBounds()
    remember(String(screen.getDisplayMatching(bounds).id), { bounds, maximized: window.isMaximized() })
  }
  const saveSoon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(save, SAVE_BOUNDS_MS)
  }
  window.on('resize', saveSoon)
  window.on('move', saveSoon)
  window.on('maximize', saveSoon)
  window.on('unmaximize', saveSoon)
  window.on('close', save)
}

function displays(): readonly DisplayFacts[] {
  const primary = screen.getPrimaryDisplay().id
  return screen.getAllDisplays().map(({ id, workArea }) => ({ id: String(id), workArea, primary: id === primary }))
}

function ground(): string {
  return nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light
}
