/** Passwords and passphrases: in memory, for headless machines in a 0600 file that the user asked for, and what a team shares. */
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { WarrenError } from '@shared/errors'
import { sync as writeFileAtomic } from 'write-file-atomic'
import { z } from 'zod'

const PRIVATE_FILE = 0o600
const OTHERS = 0o077
/** A secret given without saying for which login or key file. */
const ANY = '*'

type Kind = 'password' | 'passphrase' | 'proxy'

const fileSchema = z.strictObject({
  version: z.literal(1),
  secrets: z.array(
    z.strictObject({ serverId: z.string(), kind: z.enum(['password', 'passphrase', 'proxy']), value: z.string() }),
  ),
})
type Saved = z.output<typeof fileSchema>['secrets'][number]

export interface Secrets {
  readonly get: (serverId: string, kind: Kind, subject: string) => Promise<string | null>
  readonly accepted: (serverId: string, kind: Kind, entry: { subject: string; value: string }) => void
  readonly refused: (serverId: string, kind: Kind, subject: string) => void
  readonly set: (serverId: string, kind: Kind, entry: { value: string; keep: 'memory' | 'file' }) => void
  readonly forget: (serverId: string) => void
  /** Every secret held in memory, for redaction. */
  readonly values: () => Iterable<string>
  /** A private key that others share for this server. */
  readonly sharedKey: (serverId: string) => Promise<string | null>
  /** Asked when nothing is held here. */
  readonly useLast: (source: LastSource) => void
}

/** Secrets that others share; what it gives is not taken over, so that it ends with the sharing. */
export interface LastSource {
  readonly get: (serverId: string, kind: 'password' | 'passphrase', subject: string) => string | null
  readonly keyOf: (serverId: string) => string | null
  /** Everything it holds in clear, for redaction. */
  readonly values: () => Iterable<string>
}

/**
 * The daemon's secrets. The file is read at each use, so that a person may edit or delete it.
 *
 * @throws `secret.unreadable` from `get` and `set` when the file is open to others or not what Warren wrote.
 */
export function createSecrets(file: string): Secrets {
  const memory = new Map<string, string>()
  const refused = new Map<string, ReadonlySet<string>>()
  let last: LastSource = { get: () => null, keyOf: () => null, values: () => [] }
  const shared = (serverId: string, kind: Kind, subject: string): string | null =>
    kind === 'proxy' ? null : last.get(serverId, kind, subject)
  const key = (...parts: string[]): string => JSON.stringify(parts)
  return {
    get: (serverId, kind, subject) =>
      settle(() => {
        const kept = memory.get(key(serverId, kind, subject)) ?? memory.get(key(serverId, kind, ANY))
        if (kept !== undefined) return kept
        const saved = readSaved(file).find((entry) => entry.serverId === serverId && entry.kind === kind)
        const wasRefused = (value: string): boolean => refused.get(key(serverId, kind, subject))?.has(value) ?? false
        if (saved === undefined || wasRefused(saved.value)) {
          const value = shared(serverId, kind, subject)
          return value === null || wasRefused(value) ? null : value
        }
        // In memory from now on, so that redaction knows it.
        memory.set(key(serverId, kind, ANY), saved.value)
        return saved.value
      }),
    accepted: (serverId, kind, { subject, value }) => {
      if (shared(serverId, kind, subject) === value) return
      memory.set(key(serverId, kind, subject), value)
    },
    refused: (serverId, kind, subject) => {
      const held = [subject, ANY].flatMap((name) => memory.get(key(serverId, kind, name)) ?? [])
      for (const name of [subject, ANY]) memory.delete(key(serverId, kind, name))
      // Nothing was held: then it was the shared one.
      const values = held.length > 0 ? held : [shared(serverId, kind, subject)].filter((value) => value !== null)
      const name = key(serverId, kind, subject)
      refused.set(name, new Set([...(refused.get(name) ?? []), ...values]))
    },
    set: (serverId, kind, { value, keep }) => {
      if (keep === 'file') {
        const others = readSaved(file).filter((entry) => entry.serverId !== serverId || entry.kind !== kind)
        writeSaved(file, [...others, { serverId, kind, value }])
      }
      memory.set(key(serverId, kind, ANY), value)
      for (const name of [...refused.keys()]) {
        if (name.startsWith(key(serverId, kind).slice(0, -1))) refused.delete(name)
      }
    },
    forget: (serverId) => {
      for (const map of [memory, refused]) {
        for (const name of [...map.keys()]) {
          if (name.startsWith(key(serverId).slice(0, -1))) map.delete(name)
        }
      }
      const saved = readSaved(file)
      const others = saved.filter((entry) => entry.serverId !== serverId)
      if (others.length < saved.length) writeSaved(file, others)
    },
    values: () => [...memory.values(), ...last.values()],
    sharedKey: (serverId) => settle(() => last.keyOf(serverId)),
    useLast: (source) => {
      last = source
    },
  }
}

function settle<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work())
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)))
  }
}

function readSaved(file: string): Saved[] {
  let text: string
  try {
    const mode = statSync(file).mode
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new WarrenError('secret.unreadable', `Others can read ${file}; Warren does not use it.`, {
        fix: `chmod 600 ${file}`,
        field: file,
      })
    }
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    if (error instanceof WarrenError) throw error
    throw new WarrenError('secret.unreadable', `${file} cannot be read.`, { field: file, cause: error })
  }
  try {
    return fileSchema.parse(JSON.parse(text)).secrets
  } catch {
    // No cause: a parser's message may quote the file.
    throw new WarrenError('secret.unreadable', `${file} is not what Warren wrote.`, {
      fix: 'Move it away and give the secrets again.',
      field: file,
    })
  }
}

function writeSaved(file: string, secrets: readonly Saved[]): void {
  try {
    writeFileAtomic(file, `${JSON.stringify({ version: 1, secrets }, null, 2)}\n`, { mode: PRIVATE_FILE })
    if (process.platform !== 'win32') chmodSync(file, PRIVATE_FILE)
  } catch (error) {
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC'
    throw new WarrenError(isFull ? 'store.full' : 'store.unwritable', `${file} cannot be written.`, {
      field: file,
      cause: error,
    })
  }
}
