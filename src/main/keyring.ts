/** The desktop's keyring, as Electron's `safeStorage` reaches it. */
import { safeStorage } from 'electron'
import { WarrenError } from '@shared/errors'
import type { Keyring } from '@shared/ipc'
import type { Settings } from '@shared/settings'

/** Until it was asked: the question goes over the session bus, and the first paint does not wait for it. */
export const unknownKeyring: Keyring = { available: false, backend: 'unknown' }

/** What seals secrets. Electron's, or a test's. */
export interface Sealer {
  readonly keyring: () => Keyring
  readonly seal: (text: string) => string
  /** Throws `secret.unreadable`. */
  readonly open: (sealed: string) => string
}

/** Backends of Chromium that keep nothing secret: the key is a constant of its source. */
const notKeyrings: ReadonlySet<string> = new Set(['basic_text', 'unknown'])

/** Whether a keyring of this name protects anything. `basic_text` only hides secrets from a passing glance. */
export function judgeKeyring(backend: string, isEncrypting: boolean): Keyring {
  return { available: isEncrypting && !notKeyrings.has(backend), backend }
}

/** May a secret be kept? Without a keyring only after the person said so. */
export function mayKeep(keyring: Keyring, setting: Settings['secretsWithoutKeyring']): boolean {
  return keyring.available || setting === 'allow'
}

export function createSealer(): Sealer {
  let known: Keyring | null = null
  const ask = (): Keyring => {
    // A keyring that is locked now may be open later; one that is there stays.
    if (known?.available === true) return known
    known = judgeKeyring(backend(), safeStorage.isEncryptionAvailable())
    return known
  }
  return {
    keyring: ask,
    seal: (text) => {
      // Electron refuses to write under its constant key until told that this is meant.
      if (!ask().available && process.platform === 'linux') safeStorage.setUsePlainTextEncryption(true)
      return safeStorage.encryptString(text).toString('base64')
    },
    open: (sealed) => {
      try {
        if (!ask().available && process.platform === 'linux') safeStorage.setUsePlainTextEncryption(true)
        return safeStorage.decryptString(Buffer.from(sealed, 'base64'))
      } catch (error) {
        throw new WarrenError('secret.unreadable', 'A saved secret cannot be read: the keyring has another key.', {
          fix: 'Enter it again; saving replaces it.',
          cause: error,
        })
      }
    },
  }
}

function backend(): string {
  if (process.platform === 'darwin') return 'keychain'
  if (process.platform === 'win32') return 'dpapi'
  return safeStorage.getSelectedStorageBackend()
}
