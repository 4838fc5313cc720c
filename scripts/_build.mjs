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
const NODE_BUNDLES = ['out/node']
const NODE_STAMP = 'out/.build-node.json'

/**
 * Builds the app when its sources or its bundles differ from those of the last build.
 *
 * @param {string} folder
 * @returns {Promise<boolean>} whether anything was done
 */
export async function ensureBuild(folder) {
  const sources = await contentDigest(folder, SOURCES)
  if (await isBuilt(folder, sources, { stamp: STAMP, bundles: BUNDLES })) return false
  await build(folder, { script: 'build', what: 'the app' })
  await writeFile(join(folder, STAMP), JSON.stringify({ sources, bundles: await listingDigest(folder, BUNDLES) }))
  return true
}

/**
 * The same for the bundles that run on plain Node alone: a server needs no Electron to be built.
 *
 * @param {string} folder
 * @returns {Promise<boolean>} whether anything was done
 */
export async function ensureNodeBuild(folder) {
  const sources = await contentDigest(folder, SOURCES)
  if (await isBuilt(folder, sources, { stamp: STAMP, bundles: BUNDLES })) return false
  if (await isBuilt(folder, sources, { stamp: NODE_STAMP, bundles: NODE_BUNDLES })) return false
  await build(folder, { script: 'build:node', what: 'the bundles for Node' })
  const bundles = await listingDigest(folder, NODE_BUNDLES)
  await writeFile(join(folder, NODE_STAMP), JSON.stringify({ sources, bundles }))
  return true
}

/**
 * @param {string} folder
 * @param {string} sources
 * @param {{ stamp: string, bundles: string[] }} made
 */
async function isBuilt(folder, sources, made) {
  const stamp = await readStamp(join(folder, made.stamp))
  return stamp?.['sources'] === sources && stamp['bundles'] === (await listingDigest(folder, made.bundles))
}

/**
 * @param {string} folder
 * @param {{ script: string, what: string }} wish
 */
async function build(folder, { script, what }) {
  const since = performance.now()
  const { code, output } = await npm(['run', script, '--silent'], { cwd: folder })
  if (code !== 0) throw new SetupError('setup.build', `The build failed; its last words were:\n${tail(output, 40)}`)
  await mkdir(join(folder, 'out'), { recursive: true })
  say('build', `made ${what} in ${seconds(since)}, because there was none of these sources`)
}
