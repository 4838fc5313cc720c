/** Answers what a window asks of main itself. */
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { app, clipboard, dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron'
import { WarrenError } from '@shared/errors'
import type { Keyring } from '@shared/ipc'
import type { Need } from '@shared/needs'
import type { Link } from './daemon-link'
import { exportTraffic } from './export-traffic'
import { openExternal } from './external'
import type { AppHandlers } from './ipc'
import type { SecretKeeper } from './secrets'
import type { SettingsStore } from './settings'

export interface AppRequestsOptions {
  readonly link: Link
  readonly settings: SettingsStore
  readonly secrets: SecretKeeper
  readonly needs: () => readonly Need[]
  readonly keyring: () => Keyring
  readonly window: () => BrowserWindow | null
  readonly demo: boolean
  readonly onUsable: () => void
}

export function appRequests(options: AppRequestsOptions): AppHandlers {
  const { link, settings, secrets } = options
  return {
    'app.hello': () => ({
      version: app.getVersion(),
      electron: process.versions.electron,
      platform: process.platform,
      homeDir: homedir(),
      username: userInfo().username,
      settings: settings.get(),
      keyring: options.keyring(),
      daemon: link.state(),
      demo: options.demo,
    }),
    'app.settings': (patch) => settings.set(patch),
    'app.answerNeed': async ({ id, answer, save }) => {
      const need = options.needs().find((open) => open.id === id) ?? null
      await secrets.pass({ need, id, answer, save })
      return null
    },
    'app.openExternal': async (address) => {
      await openExternal(address)
      return null
    },
    'app.copy': async (text) => {
      await clipboard.writeText(text)
      return null
    },
    'app.pickKeyFile': () =>
      pickFile(options.window(), { title: 'Choose a key or certificate', defaultPath: join(homedir(), '.ssh') }),
    'app.pickCertificateFile': (what) => pickFile(options.window(), { title: certificateTitles[what] }),
    'app.exportTraffic': (choice) => exportTraffic(link, options.window(), choice),
    'app.openDataFolder': async () => {
      const { home } = await link.call('daemon.status', {})
      const trouble = await shell.openPath(home)
      if (trouble !== '') throw new WarrenError('internal', `The folder ${home} cannot be opened: ${trouble}`)
      return null
    },
    'app.savedSecrets': () => secrets.saved(),
    'app.forgetSecrets': ({ serverId }) => {
      secrets.forget(serverId)
      return null
    },
    'app.restartDaemon': async () => {
      await link.replace()
      return null
    },
    'app.usable': () => {
      options.onUsable()
      return null
    },
  }
}

const certificateTitles = {
  certificate: 'Choose the certificate, a PEM file with its chain',
  key: 'Choose the private key of the certificate, a PEM file',
} as const

async function pickFile(
  window: BrowserWindow | null,
  words: Pick<OpenDialogOptions, 'title' | 'defaultPath'>,
): Promise<string | null> {
  const question: OpenDialogOptions = { ...words, properties: ['openFile', 'showHiddenFiles', 'dontAddToRecent'] }
  const { canceled, filePaths } =
    window === null ? await dialog.showOpenDialog(question) : await dialog.showOpenDialog(window, question)
  return canceled ? null : (filePaths[0] ?? null)
}
