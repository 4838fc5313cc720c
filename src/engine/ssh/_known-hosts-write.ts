/** Adding to a known_hosts file, which Warren does only when a person asks for it. */
import { randomBytes } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WarrenError } from '@shared/errors'
import { hashedName, isHashed, matchesHost, readKnownHosts } from './_known-hosts'
import type { HostKeyPin } from './types'

const SALT_BYTES = 20
const NEWLINE = 0x0a

export interface WriteOptions {
  readonly file: string
  /** ssh_config HashKnownHosts; without it a new line is as the lines that are there. */
  readonly hashed?: boolean | undefined
}

/**
 * Appends a line in one write: what is there stays, and two writers never mix their lines.
 *
 * The file is made with 0600 and its folder with 0700 when they are missing. Resolves `false` when the key was there already.
 * Rejects with `trust.unwritable`.
 */
export async function appendKnownHost(pin: HostKeyPin, { file, hashed }: WriteOptions): Promise<boolean> {
  const known = await readKnownHosts(file)
  if (known.some((entry) => entry.marker === null && entry.key === pin.key && matchesHost(entry, pin.host))) {
    return false
  }
  const hides = hashed ?? known.some((entry) => isHashed(entry))
  const name = hides ? hashedName(pin.host, randomBytes(SALT_BYTES)) : pin.host
  try {
    await makeFolder(dirname(file))
    await append(file, `${name} ${pin.keyType} ${pin.key}\n`)
    return true
  } catch (error) {
    throw new WarrenError('trust.unwritable', `The key could not be written to ${file}: ${(error as Error).message}.`, {
      fix: 'Check that the file may be written. Warren itself trusts the key all the same.',
      cause: error,
    })
  }
}

// --- internal ---

/** `~/.ssh`, but not what should be above it. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

async function append(file: string, line: string): Promise<void> {
  // "a+" is O_APPEND: the write lands at the end of whatever others wrote meanwhile.
  const handle = await open(file, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const last = Buffer.alloc(1)
    if (size > 0) await handle.read(last, 0, 1, size - 1)
    const begin = size > 0 && last[0] !== NEWLINE ? '\n' : ''
    await handle.writeFile(`${begin}${line}`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
