/** The desktop's keyring, as Electron's `safeStorage` reaches it. */
import { safeStorage } from 'electron'
import { WarrenError } from '@shared/errors'
import type { Keyring } from '@shared/ipc'
import type { Settings } from '@shared/settings'

/** What seals secrets. Electron's, or a test's. */
export interface Sealer {
  /** What is known without asking the keyring: a question may wait for a person who unlocks it. */
  readonly keyring: () => Keyring
  /** Throws `secret.no-keyring`. */
  readonly seal: (text: string) => string
  /** Throws `secret.unreadable`. */
  readonly open: (sealed: string) => string
}

/** Backends of Chromium that keep nothing secret: the key is a constant of its source. */
const notKeyrings: ReadonlySet<string> = new Set(['basic_text', 'unknown'])

/** Whether a keyring of this name protects anything. `basic_text` only hides secrets from a passing glance. */
export function judgeKeyring(backend: string, doesAnswer: boolean): Keyring {
  return { available: doesAnswer && !notKeyrings.has(backend), backend }
}

/** May a secret be kept? Without a keyring only after the person said so. */
export function mayKeep(keyring: Keyring, setting: Settings['secretsWithoutKeyring']): boolean {
  return keyring.available || setting === 'allow'
}

/**
 * Seals with the desktop's keyring. `onNews` hears when the keyring turns out not to answer.
 *
 * Electron asks the keyring over the session bus and holds the whole process until it answers, which on a locked keyring is when
 * the person has typed the password. So it is asked only when a secret is about to be sealed or opened.
 */
export function createSealer(onNews: (keyring: Keyring) => void): Sealer {
  let known: Keyring | null = null
  const keyring = (): Keyring => (known ??= judgeKeyring(backend(), true))
  const learn = (doesAnswer: boolean): void => {
    const before = keyring()
    known = judgeKeyring(before.backend, doesAnswer)
    if (known.available !== before.available) onNews(known)
  }
  return {
    keyring,
    seal: (text) => {
      allowPlainText()
      const doesAnswer = safeStorage.isEncryptionAvailable()
      learn(doesAnswer)
      if (!doesAnswer) throw noKeyring()
      return safeStorage.encryptString(text).toString('base64')
    },
    open: (sealed) => {
      try {
        allowPlainText()
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

export function noKeyring(): WarrenError {
  return new WarrenError('secret.no-keyring', 'This desktop has no keyring to keep the secret in.', {
    fix: 'Go on without saving it, or allow saving without a keyring in Settings.',
  })
}

/** Electron refuses to use its constant key until told that this is meant; whether it is was decided before. */
function allowPlainText(): void {
  if (process.platform === 'linux' && notKeyrings.has(backend())) safeStorage.setUsePlainTextEncryption(true)
}

function backend(): string {
  if (process.platform === 'darwin') return 'keychain'
  if (process.platform === 'win32') return 'dpapi'
  return safeStorage.getSelectedStorageBackend()
}
