/** Notices that a file of the ssh config changed, came or went. */
import { watch, type FSWatcher } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { matchesGlob } from '@engine'

/** An editor writes, renames and sets permissions in one breath. */
const SETTLE_MS = 150

export interface ConfigWatch {
  /** From now on these files (also ones that are not there) and patterns of Include lines. */
  readonly set: (what: { readonly files: readonly string[]; readonly patterns: readonly string[] }) => Promise<void>
  readonly close: () => void
}

export interface ConfigWatchOptions {
  readonly onChange: () => void
  readonly log: (message: string) => void
}

type Interest = (name: string) => boolean

/**
 * Watches folders, not files: an editor that saves by renaming leaves a watched file behind. A folder that does not exist is awaited
 * in the nearest one above it that does.
 */
export function createConfigWatch({ onChange, log }: ConfigWatchOptions): ConfigWatch {
  const watchers = new Map<string, { watcher: FSWatcher; interests: Interest[] }>()
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, SETTLE_MS)
    timer.unref()
  }
  const open = (folder: string, interests: Interest[]): void => {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || interests.some((wants) => wants(name))) changed()
      })
      watcher.on('error', (error) => {
        log(`watching ${folder}: ${error.message}`)
        watcher.close()
        watchers.delete(folder)
        changed()
      })
      watchers.set(folder, { watcher, interests })
    } catch (error) {
      // It went away between the look and the watch, or the system has no watches left.
      log(`watching ${folder}: ${String(error)}`)
    }
  }
  const closeAll = (): void => {
    for (const { watcher } of watchers.values()) watcher.close()
    watchers.clear()
  }
  return {
    set: async ({ files, patterns }) => {
      const wanted = new Map<string, Interest[]>()
      const want = async (folder: string, interest: Interest): Promise<void> => {
        const at = await existing(folder)
        const awaited = folder
          .slice(at.length)
          .split('/')
          .find((part) => part !== '')
        const interests = wanted.get(at) ?? []
        interests.push(awaited === undefined ? interest : (name) => name === awaited)
        wanted.set(at, interests)
      }
      for (const file of await withTargets(files)) {
        const name = file.slice(file.lastIndexOf('/') + 1)
        await want(dirname(file), (changedName) => changedName === name)
      }
      for (const pattern of patterns) {
        for (const { folder, part } of steps(pattern)) await want(folder, (name) => matchesGlob(name, part))
      }
      if (closed) return
      for (const [folder, { watcher }] of watchers) {
        if (wanted.has(folder)) continue
        watcher.close()
        watchers.delete(folder)
      }
      for (const [folder, interests] of wanted) {
        const watched = watchers.get(folder)
        if (watched === undefined) open(folder, interests)
        else watched.interests.splice(0, watched.interests.length, ...interests)
      }
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      closeAll()
    },
  }
}

// --- internal ---

/** A config is often a link into another folder; both ends can change. */
async function withTargets(files: readonly string[]): Promise<readonly string[]> {
  const all = new Set(files.map((file) => file.split(sep).join('/')))
  for (const file of files) {
    const target = await realpath(file).catch(() => null)
    if (target !== null) all.add(target.split(sep).join('/'))
  }
  return [...all]
}

/** The folder itself, or the nearest one above that is there. */
async function existing(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const isFolder = await stat(at).then(
      (info) => info.isDirectory(),
      () => false,
    )
    if (isFolder || dirname(at) === at) return at
  }
}

/** The folders a pattern looks into as far as they are named outright, and what it looks for there. */
function steps(pattern: string): readonly { folder: string; part: string }[] {
  const parts = pattern.split('/').filter((part) => part !== '')
  const magic = parts.findIndex((part) => /(?<!\\)[*?[]/.test(part))
  const at = magic === -1 ? parts.length - 1 : magic
  // On Windows it begins with a drive.
  const root = pattern.startsWith('/') ? '/' : ''
  const plain = (names: readonly string[]): string =>
    `${root}${names.map((name) => name.replace(/\\(.)/g, '$1')).join('/')}`
  return at < 0 ? [] : [{ folder: plain(parts.slice(0, at)), part: parts[at] ?? '*' }]
}
