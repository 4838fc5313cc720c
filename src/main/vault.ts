/** Saved passwords and passphrases: one 0600 file of sealed values. No secret is ever in a log, an error or the renderer. */
import { readFileSync, renameSync } from 'node:fs'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { WarrenError } from '@shared/errors'
import type { SavedSecret } from '@shared/ipc'
import type { PassphraseNeed, PasswordNeed } from '@shared/needs'
import type { Sealer } from './keyring'

const PRIVATE_FILE = 0o600

/** What a secret opens: a login at a server, or a key file used for it. */
export type SecretOwner = SavedSecret

const fileSchema = z.object({
  version: z.literal(1),
  secrets: z.array(
    z.object({
      serverId: z.string(),
      kind: z.enum(['password', 'passphrase']),
      subject: z.string(),
      /** Base64 of what the keyring sealed. */
      sealed: z.string(),
    }),
  ),
})
type Entry = z.output<typeof fileSchema>['secrets'][number]

export interface Vault {
  /** The secret, or `null` when none is saved. Throws `secret.unreadable`. */
  readonly find: (owner: SecretOwner) => string | null
  /** Seals at once, throwing `secret.no-keyring`; what it returns writes the file. */
  readonly prepare: (owner: SecretOwner, secret: string) => () => void
  readonly forget: (owner: SecretOwner) => void
  /** Whose secrets are saved. Throws `secret.unreadable`. */
  readonly owners: () => readonly SecretOwner[]
  /** Forgets what belongs to one server, or everything. */
  readonly forgetServer: (serverId: string | null) => void
}

/** The owner of the secret that a need asks for. */
export function ownerOf(need: PasswordNeed | PassphraseNeed): SecretOwner {
  if (need.kind === 'password' && need.proxy !== undefined) {
    return { serverId: need.serverId, kind: need.kind, subject: `proxy ${need.login}` }
  }
  const subject = need.kind === 'password' ? need.username : need.keyFile
  return { serverId: need.serverId, kind: need.kind, subject }
}

export function openVault(path: string, sealer: Sealer): Vault {
  let entries: readonly Entry[] | null = null
  const read = (): readonly Entry[] => (entries ??= readEntries(path))
  const write = (next: readonly Entry[]): void => {
    try {
      writeFileAtomic.sync(path, JSON.stringify({ version: 1, secrets: next }), { mode: PRIVATE_FILE })
    } catch (error) {
      throw new WarrenError('store.unwritable', `The secret cannot be kept: ${path} cannot be written.`, {
        fix: 'Free the disk or make the folder writable, then save again.',
        field: path,
        cause: error,
      })
    }
    entries = next
  }
  const without = (owner: SecretOwner): readonly Entry[] => read().filter((entry) => !belongs(entry, owner))
  return {
    find: (owner) => {
      const found = read().find((entry) => belongs(entry, owner))
      return found === undefined ? null : sealer.open(found.sealed)
    },
    prepare: (owner, secret) => {
      const { serverId, kind, subject } = owner
      const sealed = sealer.seal(secret)
      return () => {
        write([...without(owner), { serverId, kind, subject, sealed }])
      }
    },
    forget: (owner) => {
      const left = without(owner)
      if (left.length !== read().length) write(left)
    },
    owners: () => read().map(({ serverId, kind, subject }) => ({ serverId, kind, subject })),
    forgetServer: (serverId) => {
      const left = serverId === null ? [] : read().filter((entry) => entry.serverId !== serverId)
      if (left.length !== read().length) write(left)
    },
  }
}

// --- internal ---

function belongs(entry: SecretOwner, owner: SecretOwner): boolean {
  return entry.serverId === owner.serverId && entry.kind === owner.kind && entry.subject === owner.subject
}

/** A damaged file is set aside: the secrets in it can be entered again, and nothing is overwritten. */
function readEntries(path: string): readonly Entry[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new WarrenError('secret.unreadable', `The saved secrets cannot be read: ${path}.`, {
      field: path,
      cause: error,
    })
  }
  try {
    return fileSchema.parse(JSON.parse(text)).secrets
  } catch {
    renameSync(path, `${path}.damaged-${Date.now()}`)
    return []
  }
}
