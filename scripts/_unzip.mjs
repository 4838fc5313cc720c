import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

const EXECUTABLE = 0o755
const PLAIN = 0o644

/**
 * Unpacks a zip, file by file, keeping who may execute what.
 *
 * @param {string} file
 * @param {string} into
 * @param {(name: string) => string | null} placeOf the path below `into` for a name in the zip; null leaves the file out
 */
export async function unzip(file, into, placeOf) {
  // Loaded late: it is there only once the npm packages are.
  const { default: yauzl } = await import('yauzl')
  const zip = await yauzl.openPromise(file)
  try {
    for await (const entry of zip.eachEntry()) {
      const place = entry.fileName.endsWith('/') ? null : placeOf(entry.fileName)
      if (place === null) continue
      const path = resolve(into, place)
      // A name with `..` must not write outside.
      if (!path.startsWith(resolve(into) + sep)) throw new Error(`${file} names a file outside: ${entry.fileName}`)
      await mkdir(dirname(path), { recursive: true })
      const mayRun = ((entry.externalFileAttributes >>> 16) & 0o111) !== 0
      await pipeline(
        await zip.openReadStreamPromise(entry),
        createWriteStream(path, { mode: mayRun ? EXECUTABLE : PLAIN }),
      )
    }
  } finally {
    zip.close()
  }
}
