import { readFile, readdir, stat, access, lstat } from 'node:fs/promises'
import { devNull } from 'node:os'
import { matchesGlob } from './_glob'
import type { ReadResult, SshConfigEnvironment, SshConfigPorts } from './types'

const MAX_BYTES = 16 * 1024 * 1024

export type SystemFiles = Pick<Required<SshConfigPorts>, 'readFile' | 'glob' | 'exists'>

/** The files of this machine, with ssh's idea of who may write a config: root or the person, and nobody else. */
export function createSystemFiles({ uid }: Pick<SshConfigEnvironment, 'uid'>): SystemFiles {
  return {
    readFile: (path) => readConfig(path, uid),
    glob: globFiles,
    exists: async (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
  }
}

async function readConfig(path: string, uid: number): Promise<ReadResult> {
  try {
    const info = await stat(path)
    const owned = process.platform === 'win32' || info.uid === 0 || info.uid === uid
    const writable = process.platform !== 'win32' && (info.mode & 0o022) !== 0
    // A folder and the null device can be opened and have no lines; a pipe could keep the reader waiting for ever.
    const isEmpty = info.isDirectory() || path === devNull
    if (!isEmpty && !info.isFile()) return { kind: 'unreadable', reason: 'it is no regular file' }
    if (info.size > MAX_BYTES) return { kind: 'unreadable', reason: 'it is too large for a config' }
    const text = isEmpty ? '' : await readFile(path, 'utf8')
    return { kind: 'text', text, trusted: owned && !writable }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT') return { kind: 'missing' }
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) }
  }
}

const magic = /(?<!\\)[*?[]/

/** glob(3): `*`, `?` and `[…]` within one name, no leading dots, sorted by bytes. Folders that cannot be read match nothing. */
async function globFiles(pattern: string): Promise<readonly string[]> {
  const parts = pattern.split('/')
  let found = [parts[0] === '' ? '/' : '']
  for (const part of parts.filter((each) => each !== '')) {
    const next: string[] = []
    for (const folder of found) {
      for (const name of await namesIn(folder, part)) {
        next.push(`${folder}${folder === '' || folder.endsWith('/') ? '' : '/'}${name}`)
      }
    }
    found = next
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

async function namesIn(folder: string, part: string): Promise<string[]> {
  if (!magic.test(part)) {
    const name = part.replace(/\\(.)/g, '$1')
    const exists = await lstat(`${folder}${folder.endsWith('/') ? '' : '/'}${name}`).then(
      () => true,
      () => false,
    )
    return exists ? [name] : []
  }
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => matchesGlob(name, part))
}
