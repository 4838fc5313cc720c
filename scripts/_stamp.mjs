import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/**
 * A digest of the content of files and folders: names and bytes, in a fixed order.
 *
 * What does not exist counts as absent and is no error.
 *
 * @param {string} base
 * @param {string[]} entries files or folders below `base`
 */
export async function contentDigest(base, entries) {
  const hash = createHash('sha256')
  for (const file of await filesBelow(base, entries)) {
    hash.update(`${slashed(relative(base, file))}\0`)
    hash.update(
      createHash('sha256')
        .update(await readFile(file))
        .digest(),
    )
  }
  return hash.digest('hex')
}

/**
 * A digest of what a folder holds without reading it: names, sizes and times.
 *
 * @param {string} base
 * @param {string[]} entries
 */
export async function listingDigest(base, entries) {
  const hash = createHash('sha256')
  for (const file of await filesBelow(base, entries)) {
    const { size, mtimeMs } = await stat(file)
    hash.update(`${slashed(relative(base, file))}\0${size}\0${mtimeMs}\0`)
  }
  return hash.digest('hex')
}

/**
 * The stamp a step left behind, or null when there is none or it cannot be read.
 *
 * @param {string} file
 * @returns {Promise<Record<string, unknown> | null>}
 */
export async function readStamp(file) {
  try {
    const value = /** @type {unknown} */ (JSON.parse(await readFile(file, 'utf8')))
    return typeof value === 'object' && value !== null ? /** @type {Record<string, unknown>} */ (value) : null
  } catch {
    return null
  }
}

/**
 * @param {string} base
 * @param {string[]} entries
 * @returns {Promise<string[]>}
 */
async function filesBelow(base, entries) {
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(base, entry)
      const info = await stat(path).catch(() => null)
      if (!info) return []
      if (!info.isDirectory()) return [path]
      const below = await readdir(path, { recursive: true, withFileTypes: true })
      return below.filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name))
    }),
  )
  return found.flat().sort()
}

/** @param {string} path */
function slashed(path) {
  return path.split(sep).join('/')
}
