/** What the tested parts of main take from Electron, without Electron. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'

const userData = mkdtempSync(join(tmpdir(), 'warren-main-'))
type Handler = (event: unknown, ...args: unknown[]) => unknown
export const handlers = new Map<string, Handler>()

export const app = {
  isPackaged: false,
  getPath: () => userData,
  getAppPath: () => '/app',
  getVersion: () => '0.0.0',
  on: vi.fn(),
}
export const ipcMain = {
  handle: (channel: string, handler: Handler) => void handlers.set(channel, handler),
  on: vi.fn(),
  removeAllListeners: vi.fn(),
}
export const protocol = { handle: vi.fn(), registerSchemesAsPrivileged: vi.fn() }
export const shell = { openExternal: vi.fn(() => Promise.resolve()), openPath: vi.fn() }
export const safeStorage = {
  isEncryptionAvailable: vi.fn(() => true),
  getSelectedStorageBackend: vi.fn(() => 'gnome_libsecret'),
  setUsePlainTextEncryption: vi.fn(),
  encryptString: (text: string) => Buffer.from(`sealed:${text}`),
  decryptString: (sealed: Buffer) => {
    const text = sealed.toString()
    if (!text.startsWith('sealed:')) throw new Error('Error while decrypting the ciphertext')
    return text.slice('sealed:'.length)
  },
}
export const powerMonitor = { on: vi.fn() }
export const dialog = { showSaveDialog: vi.fn() }
export const clipboard = {}
export const nativeTheme = {}
// electron-store takes Electron as one object.
export default { app, ipcMain, shell }
