import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, tail } from './_run.mjs'
import { SetupError, say, seconds } from './_say.mjs'
import { contentDigest, listingDigest, readStamp } from './_stamp.mjs'

/** Everything the bundles are made from. */
const SOURCES = [
  'src',
  'resources',
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
  'electron.vite.config.ts',
  'vite.node.config.ts',
  'vite.alias.ts',
]
const BUNDLES = ['out/main', 'out/preload', 'out/renderer', 'out/node']
const STAMP = 'out/.build.json'

/**
 * Builds the app when its sources or its bundles differ from those of the last build.
 *
 * @param {string} folder
 * @returns {Promise<boolean>} whether anything was done
 */
export async function ensureBuild(folder) {
  const since = performance.now()
  const sources = await contentDigest(folder, SOURCES)
  const stamp = await readStamp(join(folder, STAMP))
  if (stamp && stamp['sources'] === sources && stamp['bundles'] === (await listingDigest(folder, BUNDLES))) return false

  const { code, output } = await npm(['run', 'build', '--silent'], { cwd: folder })
  if (code !== 0) throw new SetupError('setup.build', `The build failed; its last words were:\n${tail(output, 40)}`)
  await mkdir(join(folder, 'out'), { recursive: true })
  await writeFile(join(folder, STAMP), JSON.stringify({ sources, bundles: await listingDigest(folder, BUNDLES) }))
  say('build', `made the app in ${seconds(since)}, because ${stamp ? 'its sources changed' : 'there was none'}`)
  return true
}
