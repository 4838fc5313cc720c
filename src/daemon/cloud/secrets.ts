/** Sealed secrets on their way to the engine: opened when a login asks, offered to the server they were sealed for and to no other. */
import { SHARED_KEY } from '@engine'
import { generationOf, isSameServer } from '@sync'
import type { LastSource } from '../secrets'
import type { Keys, SealedField, SealedFields, SecretField } from './types'

export interface SealedSecretsOptions {
  readonly sealed: Pick<SealedFields, 'ofServer'>
  /** `null`: nobody is signed in. */
  readonly keys: () => Pick<Keys, 'open'> | null
  /** Where a server of this machine is dialled now, as `serverAddress` says it; `null` when there is none. */
  readonly addressOf: (serverId: string) => string | null
  /** Of the login: tokens and the private key. */
  readonly ofLogin: () => readonly string[]
  readonly log: (message: string) => void
}

export interface SealedSecrets extends LastSource {
  /** The login or the keys are others now: what could not be opened may open. */
  readonly forget: () => void
}

export function sealedSecrets(options: SealedSecretsOptions): SealedSecrets {
  const { sealed, keys, addressOf, log } = options
  /** For redaction, as long as the daemon lives: a login may be under way with it. */
  const opened = new Set<string>()
  const told = new Set<string>()

  const tryOpen = (field: SealedField): string | null => {
    try {
      const value = keys()?.open(field) ?? null
      if (value !== null) opened.add(value)
      return value
    } catch (error) {
      // Once for each text: a login that is tried again must not fill the log.
      if (!told.has(field.text)) log(`a shared secret is not used: ${error instanceof Error ? error.message : ''}`)
      told.add(field.text)
      return null
    }
  }
  const find = (serverId: string, wanted: SecretField): string | null => {
    const address = addressOf(serverId)
    if (address === null) return null
    // What is sealed with the newest key was shared last.
    const fields = sealed
      .ofServer(serverId)
      .filter(({ field, serverAddress }) => field === wanted && isSameServer(serverAddress, address))
      .toSorted((one, other) => (generationOf(other.text) ?? 0) - (generationOf(one.text) ?? 0))
    for (const field of fields) {
      const value = tryOpen(field)
      if (value !== null) return value
    }
    return null
  }
  const hasKey = (serverId: string): boolean => sealed.ofServer(serverId).some(({ field }) => field === 'keyContent')
  return {
    get: (serverId, kind, subject) => {
      // A passphrase that comes with a key is that key's: one's own files are not tried with it.
      if (kind === 'passphrase' && subject !== SHARED_KEY && hasKey(serverId)) return null
      return find(serverId, kind)
    },
    keyOf: (serverId) => find(serverId, 'keyContent'),
    values: () => [...opened, ...options.ofLogin()],
    forget: () => told.clear(),
  }
}
