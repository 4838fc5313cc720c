import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The doors between layers, as every bundler and vitest sees them; tsconfig.base.json says the same to the compiler. */
export const alias = [
  { find: /^@shared\//, replacement: here('./src/shared/') },
  { find: /^@sqlite$/, replacement: here('./src/sqlite/index.ts') },
  { find: /^@sync$/, replacement: here('./src/sync/index.ts') },
  { find: /^@engine$/, replacement: here('./src/engine/index.ts') },
  { find: /^@daemon\/client$/, replacement: here('./src/daemon/client.ts') },
]

/**
 * What bundles for plain Node hold: everything, because one file is read in half the time of some hundred, and `warren` is started
 * for every command. What has native parts stays in node_modules, what few need and is loaded then, and what wants its `__filename`.
 */
export const node = {
  target: 'node' as const,
  noExternal: true as const,
  external: ['ssh2', 'libsql', '@napi-rs/keyring', 'pg', 'libsodium-wrappers', 'hash-wasm', 'write-file-atomic'],
}

/** What the bundles of one build have in common: src/daemon/build.ts reads it. */
export const define = { __WARREN_BUILD_ID__: JSON.stringify(buildId()) }

/** A hash of the sources that decide how daemon and clients talk and behave, so that both bundlers find the same one. */
function buildId(): string {
  const hash = createHash('sha256')
  for (const folder of ['./src/shared', './src/engine', './src/sqlite', './src/sync', './src/daemon']) {
    const files = readdirSync(here(folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    )
    for (const name of files.sort()) hash.update(name).update(readFileSync(join(here(folder), name)))
  }
  return hash
    .update(readFileSync(here('./package-lock.json')))
    .digest('hex')
    .slice(0, 12)
}
