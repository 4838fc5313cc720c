/** What no page may do, whatever it holds: the second fence behind the sandbox and the content policy. */
import { app, session, type WebContents } from 'electron'
import { isAppUrl } from './app-protocol'
import { log } from './log'

/**
 * Before `ready`: every renderer is sandboxed, even one that nobody meant to make.
 *
 * With `--no-sandbox`, which the launcher adds for root alone, it would keep every child from starting.
 */
export function setupSandbox(): void {
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
}

/** After `ready`, before the first window. */
export function setupSecurity(): void {
  app.on('web-contents-created', (_event, contents) => {
    fence(contents)
  })
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => {
    answer(false)
  })
  defaultSession.setPermissionCheckHandler(() => false)
  defaultSession.setDevicePermissionHandler(() => false)
  // Nothing on screen comes from a network or from a file outside the app.
  const elsewhere = { urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'ftp://*/*', 'file://*/*'] }
  defaultSession.webRequest.onBeforeRequest(elsewhere, (_details, answer) => {
    answer({ cancel: true })
  })
  defaultSession.on('will-download', (event) => {
    event.preventDefault()
  })
}

function fence(contents: WebContents): void {
  contents.on('will-navigate', (event) => {
    if (!isAppUrl(event.url)) {
      log('warn', 'A page tried to leave the app')
      event.preventDefault()
    }
  })
  contents.on('will-redirect', (event) => {
    event.preventDefault()
  })
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => {
    event.preventDefault()
  })
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}
