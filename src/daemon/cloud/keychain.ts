/** Where the login of the cloud rests: the desktop's keychain, a file for its owner alone, or memory. */
import { createHash } from 'node:crypto'
import { chmod, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WarrenError } from '@shared/errors'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { keyringEntry, type KeyringEntry } from './_keyring'
import type { Kept, Keychain, KeychainOptions } from './types'

const PRIVATE_FILE = 0o600
const OTHERS = 0o077
const FILE = 'cloud-login.json'
const NOTHING: Kept = { tokens: null, privateKey: null }

const keptSchema = z.strictObject({
  version: z.literal(1),
  tokens: z.strictObject({ token: z.string(), refreshToken: z.string().nullable() }).nullable(),
  privateKey: z.string().nullable(),
  userId: z.string().optional(),
  url: z.string().optional(),
})

/**
 * Opens the place and reads what rests there.
 *
 * Rejects with `secret.no-keyring` when there is no keychain (or nobody unlocks it), `secret.unreadable` when what rests there is not what
 * Warren wrote, or others can read it.
 */
export async function openKeychain({ home, url, keep, isNew = false }: KeychainOptions): Promise<Keychain> {
  const place = placeOf({ home, url, keep })
  let kept = parse(await place.get(), isNew)
  let isOver = false
  // One write after another: the newest refresh token must be what rests at the end.
  let tail: Promise<unknown> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = tail.then(work)
    tail = mine.catch(() => undefined)
    return mine
  }
  return {
    keeps: keep,
    get: () => kept,
    set: (part) => {
      if (isOver) return Promise.resolve()
      kept = { ...kept, ...part }
      return inTurn(() => place.set(JSON.stringify({ version: 1, ...kept })))
    },
    clear: () => {
      isOver = true
      kept = NOTHING
      return inTurn(() => place.clear())
    },
    retire: () => {
      isOver = true
    },
  }
}

// --- internal ---

function placeOf({ home, url, keep }: KeychainOptions): KeyringEntry {
  switch (keep) {
    case 'keychain':
      return keyringEntry(
        createHash('sha256')
          .update(JSON.stringify([home, url]))
          .digest('hex')
          .slice(0, 32),
      )
    case 'file':
      return fileEntry(join(home, FILE))
    case 'memory':
      return { get: () => Promise.resolve(null), set: () => Promise.resolve(), clear: () => Promise.resolve() }
  }
}

function fileEntry(path: string): KeyringEntry {
  return {
    get: async () => {
      try {
        const { mode } = await stat(path)
        if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
          throw new WarrenError('secret.unreadable', `Others can read ${path}; Warren does not use it.`, {
            fix: `chmod 600 ${path}`,
            field: path,
          })
        }
        return await readFile(path, 'utf8')
      } catch (error) {
        if (error instanceof WarrenError) throw error
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw new WarrenError('secret.unreadable', `${path} cannot be read.`, { field: path, cause: error })
      }
    },
    set: async (text) => {
      try {
        await writeFileAtomic(path, `${text}\n`, { mode: PRIVATE_FILE })
        if (process.platform !== 'win32') await chmod(path, PRIVATE_FILE)
      } catch (error) {
        const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC'
        throw new WarrenError(isFull ? 'store.full' : 'store.unwritable', `${path} cannot be written.`, {
          field: path,
          cause: error,
        })
      }
    },
    clear: () => rm(path, { force: true }),
  }
}

function parse(text: string | null, isNew: boolean): Kept {
  if (text === null) return NOTHING
  try {
    const { version: _version, ...kept } = keptSchema.parse(JSON.parse(text))
    return kept
  } catch {
    if (isNew) return NOTHING
    // No cause: a parser's message may quote it.
    throw new WarrenError('secret.unreadable', 'The login that was kept is not what Warren wrote.', {
      fix: 'Sign in again.',
    })
  }
}
