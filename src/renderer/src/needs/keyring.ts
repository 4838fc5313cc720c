/** What may be kept on this desktop, in words. */
import type { Keyring } from '@shared/ipc'
import type { Settings } from '@shared/settings'

/** Where a saved secret would go. */
export function keyringName(keyring: Keyring | null): string {
  if (isUnknown(keyring)) return 'not known yet'
  if (keyring?.available !== true) return 'no keyring'
  const { backend } = keyring
  if (backend.startsWith('gnome')) return 'the GNOME keyring'
  if (backend.startsWith('kwallet')) return 'KWallet'
  if (backend === 'keychain') return 'the keychain of macOS'
  if (backend === 'dpapi') return 'the data protection of Windows'
  return `the keyring of this desktop (${backend})`
}

export type Saving =
  | { readonly kind: 'keyring'; readonly where: string }
  /** Without a keyring, and the person said that is fine. */
  | { readonly kind: 'file' }
  /** Without a keyring, and the person has not said. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'never' }
  /** The desktop has not answered yet. */
  | { readonly kind: 'unknown' }

/** How saving a secret stands now. */
export function savingOf(keyring: Keyring | null, setting: Settings['secretsWithoutKeyring']): Saving {
  if (keyring?.available === true) return { kind: 'keyring', where: keyringName(keyring) }
  if (isUnknown(keyring)) return { kind: 'unknown' }
  switch (setting) {
    case 'allow':
      return { kind: 'file' }
    case 'ask':
      return { kind: 'ask' }
    case 'never':
      return { kind: 'never' }
  }
}

/** Main asks the desktop after the first paint; until then nothing true can be said. */
export function isUnknown(keyring: Keyring | null): boolean {
  return keyring === null || (!keyring.available && keyring.backend === 'unknown')
}
